using System.Text.Json;
using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Build;

/// <summary>A system as a tree: its manifest, and links to everything it is made of.</summary>
internal static class SystemTree
{
    /// <summary>Adds the tree to the store.</summary>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="activator">The activator.</param>
    /// <param name="runtime">What the activator runs on.</param>
    /// <param name="made">Everything that was made for it: what no unit or file leads to belongs to it all the same.</param>
    /// <param name="store">The store.</param>
    public static PathInfo Add(SystemManifest manifest, StorePath activator, StorePath runtime, IEnumerable<StorePath> made, LocalStore store)
    {
        var entries = new List<KeyValuePair<string, TreeEntry>>
        {
            new("manifest.json", TreeEntry.Text(JsonSerializer.Serialize(manifest, ManifestJson.Default.SystemManifest) + "\n")),
            new("activator", TreeEntry.Link(activator.ToString())),
            new("runtime", TreeEntry.Link(runtime.ToString())),
        };
        entries.AddRange(manifest.Units.Select(unit => KeyValuePair.Create($"units/{unit.Name}", TreeEntry.Link(unit.Path))));
        entries.AddRange(manifest.Files.Select(file => KeyValuePair.Create(file.Target.TrimStart('/'), TreeEntry.Link(file.Path))));
        if (manifest.Sealed is { } secrets)
            entries.Add(new("secrets", TreeEntry.Link(secrets)));
        var named = References(manifest).Append(activator).Append(runtime).Distinct().ToList();
        var reached = store.Closure(named).Select(info => info.Path).ToHashSet();
        return store.AddTree($"hale-system-{manifest.Host}", entries, [.. named, .. made.Where(path => !reached.Contains(path)).Distinct()]);
    }

    private static IEnumerable<StorePath> References(SystemManifest manifest) =>
        manifest.Units.SelectMany(unit => unit.ReloadTriggers.Concat(unit.RestartTriggers).Append(unit.Path))
            .Concat(manifest.Files.Select(file => file.Path))
            .Concat(manifest.Checks.Where(check => check.Kind == CheckKind.Command).Select(check => check.Address))
            .Concat(manifest.Templates.Select(template => template.Path))
            .Concat(manifest.Sealed is { } secrets ? [secrets] : Array.Empty<string>())
            .Select(StorePath.Parse);
}
