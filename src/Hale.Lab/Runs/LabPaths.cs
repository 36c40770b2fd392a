namespace Hale.Lab;

/// <summary>Where the lab keeps things on this computer.</summary>
/// <param name="Cache">What can be made again: base images and Debian packages. The user's.</param>
/// <param name="State">
/// One folder for each run that lives: its record, keys and machines. One place for the whole computer, whoever's cache is used, so that
/// any run finds what a crashed one left; on disk, so that it outlasts a reboot.
/// </param>
public sealed record LabPaths(string Cache, string State)
{
    /// <summary>The folder of the state of all runs of this computer.</summary>
    public const string DefaultState = "/var/lib/hale-lab";

    /// <summary>The user's own: under $HALE_CACHE, or $XDG_CACHE_HOME/hale, or ~/.cache/hale.</summary>
    public static LabPaths OfUser()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var cache = Variable("HALE_CACHE")
            ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "hale");
        return new LabPaths(Path.Combine(Path.GetFullPath(cache), "lab"), DefaultState);

        static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
    }

    internal string Images => Path.Combine(Cache, "base");

    internal string Packages => Path.Combine(Cache, "packages");
}
