using Hale.Store;

namespace Hale.Lab;

/// <summary>The Debian archives that this computer's own apt uses.</summary>
/// <param name="Main">The archive of the releases, the base image's source.</param>
/// <param name="All">Every Debian archive in apt's configuration, <paramref name="Main"/> among them.</param>
/// <param name="Options">What apt is told about time stamps (a frozen mirror's index can be out of date), as lines of apt.conf.</param>
internal sealed record AptMirror(Uri Main, IReadOnlyList<Uri> All, IReadOnlyList<string> Options)
{
    /// <summary>Reads apt's configuration.</summary>
    /// <exception cref="UserError">apt knows no Debian archive that is reached by HTTP.</exception>
    public static async Task<AptMirror> ReadAsync(CancellationToken cancellation)
    {
        var targets = await Command.SucceedAsync(
            "apt-get", ["indextargets", "--format", "$(CREATED_BY) $(RELEASE) $(SITE)"], cancellation: cancellation).ConfigureAwait(false);
        var options = await Command.SucceedAsync(
            "apt-config", ["dump", "--format", "%F \"%v\";%n", "Acquire"], cancellation: cancellation).ConfigureAwait(false);
        return Parse(targets, options);
    }

    internal static AptMirror Parse(string targets, string options)
    {
        var archives = targets.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .Where(fields => fields is ["Packages", _, _] && IsHttp(fields[2]))
            .Select(fields => (Release: fields[1], Site: new Uri(fields[2].TrimEnd('/'))))
            .Distinct()
            .ToArray();
        // The archive of the releases is the one that a plain suite (no "-updates", no "-security") comes from and that calls itself debian.
        var main = archives.Where(a => !a.Release.Contains('-') && a.Site.AbsolutePath.TrimEnd('/').EndsWith("/debian", StringComparison.Ordinal))
            .Select(a => a.Site)
            .FirstOrDefault()
            ?? throw new UserError(
                "The lab takes Debian from the archive that this computer's apt uses, and apt's configuration names none that is reached by HTTP.",
                "add a line for a Debian archive (its address ends in /debian) to /etc/apt/sources.list.d");
        return new AptMirror(
            main,
            [.. archives.Select(a => a.Site).Where(site => IsDebian(site)).Distinct()],
            [.. options.Split('\n').Where(line => line.StartsWith("Acquire::Check-", StringComparison.Ordinal))]);
    }

    private static bool IsHttp(string site) => Uri.TryCreate(site, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https");

    private static bool IsDebian(Uri site) => site.AbsolutePath.Contains("/debian", StringComparison.Ordinal);
}
