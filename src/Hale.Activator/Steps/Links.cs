using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>
/// Links of units, wants and files. New ones are made before the switch, and old ones removed after the commit; until then either
/// dangle harmlessly. A machine whose power is cut in between boots with every link that its committed system wants.
/// </summary>
internal static class Links
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    /// <summary>What stands where a link must go and is not Hale's. It is never overwritten.</summary>
    internal static IEnumerable<ActivationError> InTheWay(MachineFiles files, SystemManifest? old, SystemManifest @new)
    {
        var own = Paths(old);
        var folders = new Dictionary<string, Place>(StringComparer.Ordinal);
        foreach (var link in LinkSet.All(@new))
        {
            var folder = Path.GetDirectoryName(link.Path)!;
            if (!folders.TryGetValue(folder, out var place))
                folders[folder] = place = Place.Of(files, link.Path, own);
            var inTheWay = place.Taken ?? (!place.InStore && !files.Has(link) && files.Exists(link.Path) && !IsFolderOfOwn(files, link.Path, own) ? link.Path : null);
            if (inTheWay is not null)
                yield return new ActivationError(
                    $"{inTheWay} is in the way: it is {Kind(files, inTheWay)} that Hale did not make.",
                    $"Take over in the declaration what you need of it, then move it aside on the machine: mv {inTheWay} {inTheWay}.before-hale");
        }
    }

    /// <summary>Where a link goes: what above it is no folder, and whether one of Hale's own links is, below which lies the store; that link gives way.</summary>
    private sealed record Place(string? Taken, bool InStore)
    {
        internal static Place Of(MachineFiles files, string path, HashSet<string> own) => new(
            LinkSet.Above(path).FirstOrDefault(p => files.Exists(p) && !Directory.Exists(files.At(p)) && !own.Contains(p)),
            LinkSet.Above(path).Any(p => own.Contains(p) && files.Target(p) is not null));
    }

    /// <summary>A folder left over from the old system's deeper links, which give way to one link; only if nothing else is in it.</summary>
    private static bool IsFolderOfOwn(MachineFiles files, string path, HashSet<string> own) =>
        files.IsFolder(path) && files.Names(path).Select(n => $"{path}/{n}").All(p => own.Contains(p) || IsFolderOfOwn(files, p, own));

    /// <summary>Makes the links that only the new system has and that have a place already.</summary>
    internal static void Add(ActivationContext context, SystemManifest? old, SystemManifest @new)
    {
        var own = Paths(old);
        var folders = own.SelectMany(LinkSet.Above).ToHashSet(StringComparer.Ordinal);
        foreach (var link in LinkSet.All(@new).Where(l => !folders.Contains(l.Path) && !LinkSet.Above(l.Path).Any(own.Contains) && !context.Files.Has(l)))
            Make(context, link);
    }

    /// <summary>
    /// Where a path of the new system lies in a folder that was one link of the old, or the other way round, the two cannot stand side
    /// by side: the new system's stands from the switch on.
    /// </summary>
    internal static void Replace(ActivationContext context, SystemManifest? old, SystemManifest @new)
    {
        var wanted = LinkSet.All(@new).Where(l => !context.Files.Has(l)).ToList();
        foreach (var link in old is null || wanted.Count == 0 ? [] : LinkSet.All(old).Where(o => wanted.Any(w => LinkSet.Nested(o.Path, w.Path))).ToList())
            context.Files.Remove(link.Path);
        foreach (var link in wanted)
            Make(context, link);
    }

    /// <summary>
    /// Brings the links to what one system wants: of all the paths that may be Hale's, the others go. Finishes an activation,
    /// and finishes or reverts an interrupted one; where all is as it should be, it touches nothing.
    /// </summary>
    /// <returns>Whether something differed.</returns>
    internal static bool Settle(ActivationContext context, IEnumerable<SystemManifest> known, SystemManifest? wanted)
    {
        var keep = Paths(wanted);
        var gone = known.SelectMany(LinkSet.All).Distinct().Where(l => !keep.Contains(l.Path) && context.Files.Has(l)).ToList();
        foreach (var link in gone)
        {
            context.Files.Remove(link.Path);
            context.Did(StepKind.Links, link.Path, "removed");
        }

        foreach (var folder in gone.Select(l => Path.GetDirectoryName(l.Path)!).Distinct().Where(f => f.EndsWith(".wants", StringComparison.Ordinal)))
            context.Files.RemoveFolderIfEmpty(folder);
        var missing = wanted is null ? [] : LinkSet.All(wanted).Where(l => !context.Files.Has(l)).ToList();
        foreach (var link in missing)
            Make(context, link);
        return gone.Count + missing.Count > 0;
    }

    /// <summary>Links of a system that are not as it wants them, by path.</summary>
    internal static IReadOnlyList<string> Drifted(MachineFiles files, SystemManifest manifest) =>
        [.. LinkSet.All(manifest).Where(l => !files.Has(l)).Select(l => l.Path).Order(StringComparer.Ordinal)];

    private static void Make(ActivationContext context, Link link)
    {
        RemoveEmptyFolders(context.Files, link.Path);
        context.Files.MakeFolder(Path.GetDirectoryName(link.Path)!, FolderMode);
        context.Files.SetLink(link.Path, link.Target);
        context.Did(StepKind.Links, link.Path, "made");
    }

    /// <summary>What is left of a folder whose links went gives way to the link; a folder with anything in it stays and is told of.</summary>
    private static void RemoveEmptyFolders(MachineFiles files, string path)
    {
        if (!files.IsFolder(path))
            return;
        foreach (var name in files.Names(path).ToList())
            RemoveEmptyFolders(files, $"{path}/{name}");
        files.RemoveFolderIfEmpty(path);
    }

    private static HashSet<string> Paths(SystemManifest? manifest) =>
        manifest is null ? [] : LinkSet.All(manifest).Select(l => l.Path).ToHashSet(StringComparer.Ordinal);

    private static string Kind(MachineFiles files, string path) =>
        files.Target(path) is { } target ? $"a link to {target}" : files.IsFolder(path) ? "a folder" : "a file";
}
