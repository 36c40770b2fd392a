namespace Hale.Produce;

/// <summary>
/// Lines that run a service on a root of its own: it sees that root, the store, and of the host only what a program cannot do
/// without. A fresh, empty /var is needed, for a state directory cannot be made on a read-only one.
/// </summary>
public static class HermeticRoot
{
    /// <summary>The folder, seen from inside, where a unit finds the configuration that <see cref="Config"/> hands it.</summary>
    public const string ConfigFolder = "/run/config";

    /// <summary>Runs the service on this root.</summary>
    public static IEnumerable<UnitLine> On(DebianRoot root)
    {
        yield return new("Service", "RootDirectory", $"{root}");
        yield return new("Service", "MountAPIVFS", "yes");
        yield return new("Service", "TemporaryFileSystem", "/var:ro,mode=0755");
        yield return new("Service", "BindReadOnlyPaths", "/nix/store");
        foreach (var path in (string[])["/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id", "/etc/localtime", "/etc/passwd", "/etc/group"])
            yield return new("Service", "BindReadOnlyPaths", $"-{path}");
    }

    /// <summary>
    /// Shows a file of /etc at <c>/run/config/NAME</c>. The path stays the same when the content changes: with
    /// <see cref="Unit.ReloadOn"/>, the change reloads.
    /// </summary>
    public static UnitLine Config(EtcFile file, string name) =>
        new("Service", "BindReadOnlyPaths", $"{file.Path}:{ConfigFolder}/{name}");
}
