using System.Text.Json;
using Hale.Store.Nar;
using Hale.Store.Paths;

namespace Hale.Store.Transfer;

/// <summary>
/// How paths leave a machine's store. A path is here while its content has its name and its info is there (<see cref="Find"/>), so the
/// content loses its name first, by one rename; then the info goes; then, slowly, what has no name any more. Killed or without power
/// anywhere in between, each path is here whole or is missing, and never half of one under its name.
/// </summary>
public sealed partial class MachineStore
{
    /// <summary>Told before each change that removing makes, what will change; a test cuts the power there.</summary>
    public Action<string>? Changing { get; init; }

    /// <summary>Everything that is here or whose info is left, by path. What has no info (another program's) is not among it.</summary>
    public IReadOnlyList<PathInfo> All() =>
        !Directory.Exists(infoFolder) ? [] :
        [
            .. Directory.EnumerateFiles(infoFolder, "*.json")
                .Select(file => StorePath.TryParseBaseName(Path.GetFileNameWithoutExtension(file), out var path) ? Info(path) : null)
                .OfType<PathInfo>().OrderBy(info => info.Path),
        ];

    /// <summary>Whether anything has the path's name, known or not.</summary>
    public bool Exists(StorePath path) => Path.Exists(Real(path));

    /// <summary>
    /// Says that somebody looks at what is here and builds on it, until the result is disposed: nothing is removed meanwhile. Waits while
    /// something is being removed.
    /// </summary>
    public IDisposable Use()
    {
        Directory.CreateDirectory(infoFolder);
        return Unix.LockFolder(infoFolder, alone: false, wait: true)!;
    }

    /// <summary>The right to remove, until the result is disposed; null while somebody uses the store.</summary>
    public IDisposable? TryOwn()
    {
        Directory.CreateDirectory(infoFolder);
        return Unix.LockFolder(infoFolder, alone: true, wait: false);
    }

    /// <summary>Removes paths; the caller holds <see cref="TryOwn"/> and knows that nothing else needs them.</summary>
    /// <param name="paths">What is to go, in any order: what needs another goes before it.</param>
    /// <param name="removed">Told of each path whose bytes are freed.</param>
    /// <exception cref="IOException">The file system refused; what has no name any more goes with the next <see cref="SweepRemoved"/>.</exception>
    public void Remove(IReadOnlyCollection<PathInfo> paths, Action<PathInfo>? removed = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var nameless = new List<(PathInfo Info, string Place)>();
        foreach (var info in NeedyFirst(paths))
        {
            var place = Path.Combine(storeFolder, Staging + Guid.NewGuid().ToString("n"));
            if (Path.Exists(Real(info.Path)))
            {
                Changing?.Invoke($"unname {info.Path}");
                if (!Unix.Rename(Real(info.Path), place))
                    throw new IOException($"{Real(info.Path)} could not be renamed to {place}.");
            }

            nameless.Add((info, place));
        }

        if (nameless.Count == 0)
            return;
        Changing?.Invoke("sync contents");
        Unix.Sync(storeFolder);
        foreach (var (info, _) in nameless)
        {
            Changing?.Invoke($"forget {info.Path}");
            File.Delete(InfoFile(info.Path));
        }

        Changing?.Invoke("sync infos");
        Unix.Sync(infoFolder);
        foreach (var (info, place) in nameless)
        {
            Changing?.Invoke($"delete {info.Path}");
            Trees.Delete(place);
            removed?.Invoke(info);
        }
    }

    /// <summary>Deletes what an interrupted removal or transfer left without a name; the caller holds <see cref="TryOwn"/>.</summary>
    public void SweepRemoved()
    {
        if (Directory.Exists(storeFolder))
            Sweep();
    }

    private PathInfo? Info(StorePath path) => Noted(path) is { IsContentAddressed: true } info ? info : null;

    private PathInfo? Read(StorePath path)
    {
        try
        {
            return Unix.ReadFile(InfoFile(path)) is { } json ? PathInfo.Read(json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Each path before those it needs, so that what is here is closed at every instant.</summary>
    private static List<PathInfo> NeedyFirst(IReadOnlyCollection<PathInfo> paths)
    {
        var among = paths.ToDictionary(info => info.Path);
        var ordered = new List<PathInfo>(among.Count);
        var open = new Stack<(PathInfo Info, bool Entered)>(paths.Select(info => (info, false)));
        while (open.TryPop(out var next))
            if (next.Entered)
            {
                ordered.Add(next.Info);
            }
            else if (among.Remove(next.Info.Path))
            {
                open.Push((next.Info, true));
                foreach (var reference in next.Info.References)
                    if (among.TryGetValue(reference, out var needed))
                        open.Push((needed, false));
            }

        ordered.Reverse();
        return ordered;
    }
}
