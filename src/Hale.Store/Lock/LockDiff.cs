using System.Text.Json;

namespace Hale.Store.Lock;

/// <summary>One difference between two locks, for a person.</summary>
/// <param name="Entry">The entry: <c>debian/caddy/amd64</c>.</param>
/// <param name="Item">The package within it: <c>libc6</c>; <c>request</c> or <c>content</c> where only that changed and no package.</param>
/// <param name="Old">The version before, empty where none changed; null where it is new.</param>
/// <param name="New">The version after, empty where none changed; null where it is gone.</param>
public sealed record LockChange(string Entry, string Item, string? Old, string? New)
{
    /// <summary><c>debian/caddy/amd64: libc6 2.41-12 → 2.41-13</c>.</summary>
    public override string ToString() => (Old, New) switch
    {
        (null, _) => $"{Entry}: {Item} {New} (new)",
        (_, null) => $"{Entry}: {Item} {Old} (gone)",
        ("", "") => $"{Entry}: another {Item}, the same packages",
        _ when Old == New => $"{Entry}: {Item} {New} (the same version with another content)",
        _ => $"{Entry}: {Item} {Old} → {New}",
    };
}

/// <summary>
/// Compares locks without knowing the sources: within an entry, each object that has a <c>version</c> is a package, called by its
/// <c>name</c>, or else by the key it stands under.
/// </summary>
public static class LockDiff
{
    /// <summary>What changed from one lock to another, by entry, then item; empty where nothing did.</summary>
    public static IReadOnlyList<LockChange> Between(LockFile old, LockFile @new)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(@new);
        return [.. old.Entries.Keys.Union(@new.Entries.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .SelectMany(name => Compare(name, old.Entries.GetValueOrDefault(name), @new.Entries.GetValueOrDefault(name)))];
    }

    private static List<LockChange> Compare(string entry, LockEntry? old, LockEntry? @new)
    {
        var (before, after) = (Items(entry, old), Items(entry, @new));
        var changes = before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Where(item => before.GetValueOrDefault(item) != after.GetValueOrDefault(item))
            .Select(item => new LockChange(entry, item, before.GetValueOrDefault(item)?.Version, after.GetValueOrDefault(item)?.Version))
            .ToList();
        // Something else than a package changed: the entry stands for itself.
        if (changes.Count == 0 && Text(old) != Text(@new))
            changes.Add(new(entry, Request(old) == Request(@new) ? "content" : "request", old is null ? null : "", @new is null ? null : ""));
        return changes;
    }

    private static string? Text(LockEntry? entry) =>
        entry is null ? null : LockWriter.Canonical(entry.Request) + LockWriter.Canonical(entry.Content);

    private static string? Request(LockEntry? entry) => entry is null ? null : LockWriter.Canonical(entry.Request);

    private static Dictionary<string, Package> Items(string entry, LockEntry? locked)
    {
        var items = new Dictionary<string, Package>(StringComparer.Ordinal);
        if (locked is not null)
            Collect(locked.Content, LockFile.NameToUpdate(entry), items);
        return items;
    }

    private static void Collect(JsonElement element, string key, Dictionary<string, Package> items)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                Collect(item, key, items);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            if (element.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.String)
            {
                var name = element.TryGetProperty("name", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString()! : key;
                items[name] = new(version.GetString()!, LockWriter.Canonical(element));
            }

            foreach (var property in element.EnumerateObject())
                Collect(property.Value, property.Name, items);
        }
    }

    private sealed record Package(string Version, string Content);
}
