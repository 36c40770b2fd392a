namespace Hale.Store.Closure;

/// <summary>What a unit's name tells of it, systemd.unit(5).</summary>
public static class UnitNames
{
    /// <summary>The template of an instance: <c>getty@.service</c> for <c>getty@tty1.service</c>; null for a name that is no instance's.</summary>
    /// <param name="name">A unit's name, with its suffix.</param>
    public static string? TemplateOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var (at, dot) = (name.IndexOf('@', StringComparison.Ordinal), name.LastIndexOf('.'));
        return at > 0 && dot > at + 1 ? $"{name[..at]}@{name[dot..]}" : null;
    }
}
