using Hale.Store;
using Hale.Store.Debian;

namespace Hale.Lab;

/// <summary>Where Debian comes from, for the base image and for the machines' own apt.</summary>
/// <param name="Settings">The archives, and how to reach them.</param>
/// <param name="AptOptions">
/// What this computer's apt is told about time stamps (the index of a frozen mirror can be out of date), as lines of apt.conf.
/// </param>
internal sealed record LabMirror(MirrorSettings Settings, IReadOnlyList<string> AptOptions)
{
    /// <summary>The archive of the releases, as apt's sources name it.</summary>
    public string Archive => Settings.Archive.AbsoluteUri.TrimEnd('/');

    /// <summary>Every archive that the machines may reach.</summary>
    public IReadOnlyList<Uri> Archives => Settings.Security is { } security ? [Settings.Archive, security] : [Settings.Archive];

    /// <summary>What was said, or else what this computer's own apt uses.</summary>
    /// <param name="settings">Null for this computer's own.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="UserError">This computer's apt has no source of Debian.</exception>
    public static async Task<LabMirror> ReadAsync(MirrorSettings? settings, CancellationToken cancellation)
    {
        var options = await Command.SucceedAsync("apt-config", ["dump", "--format", "%F \"%v\";%n", "Acquire"], cancellation: cancellation);
        return new LabMirror(
            settings ?? MirrorSettings.OfThisComputer(),
            [.. options.Split('\n').Where(line => line.StartsWith("Acquire::Check-", StringComparison.Ordinal))]);
    }
}
