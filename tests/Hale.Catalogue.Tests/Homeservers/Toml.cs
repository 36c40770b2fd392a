namespace Hale.Catalogue.Tests;

/// <summary>Reads the part of TOML that Hale writes: a table's header, and a key with its value, each on one line.</summary>
internal static class Toml
{
    /// <summary>The values as they are written, by dotted key.</summary>
    public static IReadOnlyDictionary<string, string> Values(string text) => Lines(text.Split('\n')).ToDictionary(pair => pair.Key, pair => pair.Value);

    /// <summary>The keys that an example documents: written as settings behind a <c>#</c> right before the key, in tables that may be behind one as well.</summary>
    public static IReadOnlySet<string> Documented(string example) =>
        Lines(example.Split('\n').Where(line => !line.StartsWith("##", StringComparison.Ordinal)).Select(line => line.TrimStart('#')).Where(line => !line.StartsWith(' ')))
            .Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<KeyValuePair<string, string>> Lines(IEnumerable<string> lines)
    {
        var table = "";
        foreach (var line in lines)
            if (line.StartsWith('[') && line.TrimEnd().EndsWith(']'))
                table = line.Trim('[', ']', ' ') + ".";
            else if (line.Split(" =", 2) is [var key, var value] && key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                yield return new(table + key, value.Trim());
    }
}
