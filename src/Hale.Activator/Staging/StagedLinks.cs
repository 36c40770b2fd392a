using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// Links to staged secrets at the places where programs look for them. A link into <c>/run/secrets</c> is Hale's; nothing else is
/// touched.
/// </summary>
internal static class StagedLinks
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    internal static IEnumerable<ActivationError> InTheWay(MachineFiles files, SystemManifest manifest) =>
        Of(manifest).Where(l => files.Exists(l.Path) && !IsOwn(files, l.Path)).Select(l => new ActivationError(
            $"{l.Path} is in the way: a link to the secret at {l.Target} must stand there, and what is there is not Hale's.",
            $"Move it aside on the machine: mv {l.Path} {l.Path}.before-hale"));

    /// <summary>Makes the links that a system wants, and removes those that others have left.</summary>
    internal static void Settle(MachineFiles files, IEnumerable<SystemManifest> known, SystemManifest? wanted)
    {
        var keep = wanted is null ? [] : Of(wanted).ToDictionary(l => l.Path, l => l.Target, StringComparer.Ordinal);
        foreach (var gone in known.SelectMany(Of).Select(l => l.Path).Distinct().Where(p => !keep.ContainsKey(p) && IsOwn(files, p)))
            files.Remove(gone);
        foreach (var (path, target) in keep)
            if (!files.Exists(path) || IsOwn(files, path))
            {
                files.MakeFolder(Path.GetDirectoryName(path)!, FolderMode);
                files.SetLink(path, target);
            }
    }

    /// <summary>Every path where such a link may be half made.</summary>
    internal static IEnumerable<string> Paths(SystemManifest manifest) => Of(manifest).Select(l => l.Path);

    internal static IEnumerable<Link> Of(SystemManifest manifest) =>
        StagedNames.All(manifest).Where(s => s.Link.Length > 0).Select(s => new Link(s.Link, $"{StageArea.MainLink}/{StagedItem.NameOf(s)}"));

    private static bool IsOwn(MachineFiles files, string path) =>
        files.Target(path)?.StartsWith(StageArea.MainLink + "/", StringComparison.Ordinal) == true;
}
