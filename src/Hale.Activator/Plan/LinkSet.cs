using Hale.Store.Closure;

namespace Hale.Activator.Plan;

/// <summary>A link on the machine: where it lies and, always through <c>/run/hale/system</c>, where it leads.</summary>
internal sealed record Link(string Path, string Target);

/// <summary>
/// The links that a system wants below <c>/etc</c>. Their targets are the same in every generation: a changed unit or file
/// changes with the one rename of <c>/run/hale/system</c>, and only names that come or go touch a link.
/// </summary>
internal static class LinkSet
{
    internal const string Through = "/run/hale/system";

    internal static IEnumerable<Link> Units(SystemManifest manifest) =>
        manifest.Units.SelectMany(unit => unit.WantedBy
            .Select(target => $"/etc/systemd/system/{target}.wants/{unit.Name}")
            .Prepend($"/etc/systemd/system/{unit.Name}")
            .Select(path => new Link(path, $"{Through}/units/{unit.Name}")));

    internal static IEnumerable<Link> Files(SystemManifest manifest) =>
        manifest.Files.Select(Of);

    internal static Link Of(ManifestFile file) => new(file.Target, $"{Through}{file.Target}");

    internal static IEnumerable<Link> All(SystemManifest manifest) => Units(manifest).Concat(Files(manifest));

    /// <summary>
    /// Whether one path lies below the other, so that the two cannot be links at one time: <c>/etc/x</c> as a folder from the
    /// store leaves no place for <c>/etc/x/y</c>.
    /// </summary>
    internal static bool Nested(string a, string b) => IsBelow(a, b) || IsBelow(b, a);

    /// <summary>The folders above a path, the nearest first, up to those directly in <c>/etc</c>.</summary>
    internal static IEnumerable<string> Above(string path)
    {
        for (var folder = System.IO.Path.GetDirectoryName(path); folder?.Length > "/etc".Length; folder = System.IO.Path.GetDirectoryName(folder))
            yield return folder;
    }

    private static bool IsBelow(string path, string folder) =>
        path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal);
}
