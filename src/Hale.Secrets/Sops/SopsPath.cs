using System.Globalization;

namespace Hale.Secrets;

/// <summary>Names of values: the keys and list indexes on the way to them, joined by "/".</summary>
internal static class SopsPath
{
    /// <summary>The names of all leaves in order.</summary>
    internal static IEnumerable<string> Names(SopsNode node, string? prefix = null) => node switch
    {
        SopsMap map => map.Entries.SelectMany(entry => Names(entry.Value, Joined(prefix, entry.Key))),
        SopsList list => list.Items.Where(item => item is not SopsComment).SelectMany(
            (item, index) => Names(item, Joined(prefix, index.ToString(CultureInfo.InvariantCulture)))),
        _ => [prefix ?? ""],
    };

    /// <summary>The node of a name; null where there is none. A key may itself hold a "/".</summary>
    internal static SopsNode? Find(SopsNode node, string name)
    {
        if (node is SopsList list)
        {
            var (head, tail) = Split(name, name.IndexOf('/', StringComparison.Ordinal));
            var items = list.Items.Where(item => item is not SopsComment).ToList();
            return int.TryParse(head, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < items.Count
                ? tail is null ? items[index] : Find(items[index], tail)
                : null;
        }

        if (node is not SopsMap map)
            return null;
        for (var at = name.IndexOf('/', StringComparison.Ordinal); ; at = name.IndexOf('/', at + 1))
        {
            var (head, tail) = Split(name, at);
            if (map[head] is { } value && (tail is null ? value : Find(value, tail)) is { } found)
                return found;
            if (tail is null)
                return null;
        }
    }

    /// <summary>The keys and the entry's map on the way to a node of a name that <see cref="Find"/> finds; indexes left out.</summary>
    internal static (SopsMap? Map, SopsEntry? Entry) Owner(SopsMap root, SopsNode wanted)
    {
        foreach (var entry in root.Entries)
        {
            if (ReferenceEquals(entry.Value, wanted))
                return (root, entry);
            foreach (var inner in Maps(entry.Value))
                if (Owner(inner, wanted) is (not null, not null) owner)
                    return owner;
        }

        return (null, null);
    }

    private static IEnumerable<SopsMap> Maps(SopsNode node) => node switch
    {
        SopsMap map => [map],
        SopsList list => list.Items.SelectMany(Maps),
        _ => [],
    };

    private static (string Head, string? Tail) Split(string name, int at) => at < 0 ? (name, null) : (name[..at], name[(at + 1)..]);

    private static string Joined(string? prefix, string key) => prefix is null ? key : $"{prefix}/{key}";
}
