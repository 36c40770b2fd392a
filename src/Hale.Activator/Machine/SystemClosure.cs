using System.Text.Json;
using Hale.Activator.Plan;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Paths;

namespace Hale.Activator.Machine;

/// <summary>A system as it lies in the store: its path and what it declares.</summary>
/// <param name="Path">The store path of <c>hale-system-HOST</c>.</param>
/// <param name="Manifest">Its <c>manifest.json</c>.</param>
internal sealed record SystemClosure(string Path, SystemManifest Manifest)
{
    /// <summary>What the machine is committed to: the system that its next boot comes up in.</summary>
    internal const string BootLink = "/etc/hale/system";

    /// <summary>What it runs. All of Hale's links lead through here; gone with each boot, and led to the committed system before any unit is read.</summary>
    internal const string RunningLink = LinkSet.Through;

    /// <summary>The system that the machine runs; null before the first activation.</summary>
    internal static string? CurrentPath(MachineFiles files) => files.Target(RunningLink) ?? BootPath(files);

    /// <summary>The system that the machine is committed to; null before the first activation.</summary>
    internal static string? BootPath(MachineFiles files) => files.Target(BootLink);

    internal static SystemClosure? Current(MachineFiles files) => CurrentPath(files) is { } path ? Read(files, path) : null;

    internal static SystemClosure Read(MachineFiles files, string path) =>
        new(path, Parse(
            files.Read($"{path}/manifest.json")
                ?? throw new UserError(
                    $"{path} has no manifest.json on this machine.",
                    "It is damaged. From the computer that deploys: hale verify HOST --repair overwrite sends it anew."),
            path));

    internal static SystemManifest Parse(byte[] json, string from)
    {
        try
        {
            return ManifestReader.Read(json, version =>
            {
                if (version is not (>= 1 and <= SystemManifest.CurrentVersion))
                    throw new UserError(
                        $"The manifest of {from} has version {version}; this activator reads up to {SystemManifest.CurrentVersion}.",
                        "Operator and activator differ in age: deploy with the hale that built this system.");
            });
        }
        catch (JsonException e)
        {
            throw new UserError(
                $"The manifest of {from} cannot be read: {e.Message}",
                "One that lies in the store is damaged: from the computer that deploys, hale verify HOST --repair overwrite sends it anew. Otherwise the builder is at fault.",
                e);
        }
    }

    /// <summary>Every store path a system needs, as far as the store knows it: packages and the runtime among them.</summary>
    private static Dictionary<StorePath, PathInfo?> References(MachineFiles files, string system)
    {
        var (store, seen) = (files.Store(), new Dictionary<StorePath, PathInfo?>());
        var open = new Stack<StorePath>();
        if (StorePath.TryParse(system, out var root))
            open.Push(root);
        while (open.TryPop(out var path))
            if (seen.TryAdd(path, null) && store.Noted(path) is { } info)
            {
                seen[path] = info;
                foreach (var reference in info.References)
                    open.Push(reference);
            }

        return seen;
    }

    /// <summary>The bytes of all that a system needs, as far as the store knows it.</summary>
    internal static long Size(MachineFiles files, string system) => References(files, system).Values.Sum(info => info?.NarSize ?? 0);

    /// <summary>The store paths the system is made of that are not on the machine.</summary>
    internal IEnumerable<string> Missing(MachineFiles files) =>
        Manifest.Units.Select(u => u.Path)
            .Concat(Manifest.Files.Select(f => f.Path))
            .Concat(Manifest.Units.SelectMany(u => u.RestartTriggers.Concat(u.ReloadTriggers)))
            .Concat(Manifest.Units.Select(u => $"{Path}/units/{u.Name}"))
            .Concat(Manifest.Files.Select(f => $"{Path}{f.Target}"))
            .Concat(Manifest.Templates.Select(t => t.Path))
            .Concat(Manifest.Sealed is { } secrets ? [secrets] : [])
            .Concat(References(files, Path).Keys.Select(path => path.ToString()))
            .Distinct(StringComparer.Ordinal)
            .Where(p => !files.Exists(p));
}
