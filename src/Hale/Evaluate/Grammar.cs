namespace Hale.Evaluate;

/// <summary>
/// The grammars of names. Written out, because every command checks a few dozen names, and would first load and make what runs
/// regular expressions.
/// </summary>
internal static class Grammar
{
    private static readonly string[] UnitTypes = ["service", "socket", "timer", "path", "target", "mount", "automount", "slice", "swap"];

    /// <summary>A user or group: small letters, digits, hyphens and underscores, at most 31, not a digit or hyphen first.</summary>
    public static bool IsAccount(string name) =>
        name.Length is > 0 and <= 31 && name[0] is (>= 'a' and <= 'z') or '_'
        && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' or '-');

    /// <summary>One or more letters, digits, dots, hyphens and underscores.</summary>
    public static bool IsPart(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>Parts joined by slashes.</summary>
    public static bool IsPathOfParts(string name) => name.Split('/').All(IsPart);

    /// <summary>An octal mode that gives others nothing.</summary>
    public static bool IsPrivateMode(string mode) =>
        (mode is [_, _, '0'] or ['0', _, _, '0']) && mode.All(c => c is >= '0' and <= '7');

    /// <summary>What begins with a digit or small letter and goes on with those and dots, hyphens, underscores; at most 64.</summary>
    public static bool IsStateName(string name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && IsPart(name) && !name.Any(char.IsAsciiLetterUpper);

    /// <summary>A version that can be ordered: a digit first.</summary>
    public static bool IsVersion(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '+' or '~' or ':' or '-');

    /// <summary>A unit's name (systemd.unit(5)), with at most one @ and a type that has a unit file.</summary>
    public static bool IsUnit(string name)
    {
        var type = name.LastIndexOf('.');
        if (name.Length >= 256 || type <= 0 || name[0] == '@' || !UnitTypes.Contains(name[(type + 1)..]))
            return false;
        var stem = name.AsSpan(0, type);
        var at = stem.IndexOf('@');
        foreach (var c in stem)
            if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '_' or '.' or '\\' or '-' or '@'))
                return false;
        return at < 0 || stem[(at + 1)..].IndexOf('@') < 0;
    }
}
