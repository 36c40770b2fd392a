namespace Hale.Produce;

/// <summary>
/// Lines that run a service on a root of its own: it sees that root, the paths of the store that its unit names (and what those name
/// in turn), and of the host only what a program cannot do without. A fresh, empty /var is needed, for a state directory cannot be made
/// on a read-only one.
/// </summary>
public static class HermeticRoot
{
    /// <summary>The folder, seen from inside, where a unit finds the configuration that <see cref="Config"/> hands it.</summary>
    public const string ConfigFolder = "/run/config";

    // Mount points cannot be made in a root, which is part of the store itself.
    private static readonly UnitLine EmptyStore = new("Service", "TemporaryFileSystem", "/nix/store:ro,mode=0755");

    /// <summary>Runs the service on this root.</summary>
    public static IEnumerable<UnitLine> On(DebianRoot root) => [.. Base(root), EmptyStore];

    /// <summary>
    /// Runs the service on this root, with the whole store in sight: for one that reloads onto paths which were not there when it
    /// started. Nothing secret is in the store.
    /// </summary>
    public static IEnumerable<UnitLine> WithWholeStore(DebianRoot root) => [.. Base(root), new("Service", "BindReadOnlyPaths", "/nix/store")];

    /// <summary>
    /// Shows a file of /etc at <c>/run/config/NAME</c>. The path stays the same when the content changes: with
    /// <see cref="Unit.ReloadOn"/>, the change reloads.
    /// </summary>
    public static UnitLine Config(EtcFile file, string name) =>
        new("Service", "BindReadOnlyPaths", $"{file.Path}:{ConfigFolder}/{name}");

    /// <summary>What a unit on an empty store is shown of it: all that its lines and templates name, whatever leads there; not its root.</summary>
    internal static IEnumerable<UnitLine> StorePaths(Unit unit)
    {
        if (!unit.Body.Contains(EmptyStore))
            yield break;
        var roots = unit.Body.Where(line => line.Key == "RootDirectory").SelectMany(line => line.Value.Uses).ToHashSet();
        var seen = new HashSet<Derivation>();
        var waiting = new Queue<Derivation>(unit.Body.Select(line => line.Value)
            .Concat(unit.Credentials.Select(credential => credential.Template?.Content.Text).OfType<Text>())
            .SelectMany(text => text.Uses));
        while (waiting.TryDequeue(out var next))
            if (!roots.Contains(next) && seen.Add(next))
                foreach (var input in next.Inputs)
                    waiting.Enqueue(input);
        foreach (var derivation in seen.OrderBy(one => one.Name, StringComparer.Ordinal).ThenBy(one => one.Path, StringComparer.Ordinal))
            yield return new("Service", "BindReadOnlyPaths", $"{derivation}");
    }

    private static IEnumerable<UnitLine> Base(DebianRoot root)
    {
        yield return new("Service", "RootDirectory", $"{root}");
        yield return new("Service", "MountAPIVFS", "yes");
        yield return new("Service", "TemporaryFileSystem", "/var:ro,mode=0755");
        foreach (var path in (string[])["/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id", "/etc/localtime", "/etc/passwd", "/etc/group"])
            yield return new("Service", "BindReadOnlyPaths", $"-{path}");
    }
}
