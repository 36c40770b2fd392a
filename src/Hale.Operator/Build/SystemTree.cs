using System.Text.Json;
using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Build;

/// <summary>A system as a tree: its manifest, and links to everything it is made of.</summary>
internal static class SystemTree
{
    /// <summary>Adds the tree to the store.</summary>
    public static PathInfo Add(SystemManifest manifest, StorePath activator, StorePath runtime, LocalStore store)
    {
        var entries = new List<KeyValuePair<string, TreeEntry>>
        {
            new("manifest.json", TreeEntry.Text(JsonSerializer.Serialize(manifest, ManifestJson.Default.SystemManifest) + "\n")),
            new("activator", TreeEntry.Link(activator.ToString())),
            new("runtime", TreeEntry.Link(runtime.ToString())),
        };
        entries.AddRange(manifest.Units.Select(unit => KeyValuePair.Create($"units/{unit.Name}", TreeEntry.Link(unit.Path))));
        entries.AddRange(manifest.Files.Select(file => KeyValuePair.Create(file.Target.TrimStart('/'), TreeEntry.Link(file.Path))));
        return store.AddTree($"hale-system-{manifest.Host}", entries, References(manifest).Append(activator).Append(runtime));
    }

    private static IEnumerable<StorePath> References(SystemManifest manifest) =>
        manifest.Units.SelectMany(unit => unit.ReloadTriggers.Concat(unit.RestartTriggers).Append(unit.Path))
            .Concat(manifest.Files.Select(file => file.Path))
            .Select(StorePath.Parse);
}
