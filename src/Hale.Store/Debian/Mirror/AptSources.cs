using System.Text;

namespace Hale.Store.Debian;

/// <summary>One address of an archive of binary packages, as apt's sources name it.</summary>
internal sealed record AptSource(string Uri, string Suite, IReadOnlyList<string> Components);

/// <summary>Reads apt's sources (sources.list(5)), both styles. What is not understood is passed over: it is apt's file, not ours.</summary>
internal static class AptSources
{
    /// <summary>The enabled binary sources below a configuration folder, in apt's order.</summary>
    /// <param name="folder">apt's configuration folder: <c>/etc/apt</c>.</param>
    public static IReadOnlyList<AptSource> Read(string folder)
    {
        var parts = Path.Combine(folder, "sources.list.d");
        string[] files =
        [
            Path.Combine(folder, "sources.list"),
            .. (Directory.Exists(parts) ? Directory.GetFiles(parts) : []).Order(StringComparer.Ordinal),
        ];
        return [.. files.Where(File.Exists).SelectMany(static file => Path.GetExtension(file) switch
        {
            ".list" => ParseLines(File.ReadAllText(file)),
            ".sources" => ParseParagraphs(File.ReadAllBytes(file)),
            _ => [],
        })];
    }

    /// <summary>The one-line style: <c>deb [options] uri suite component…</c>.</summary>
    public static IEnumerable<AptSource> ParseLines(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var words = WithoutOptions(line.Split('#')[0]).Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["deb", var uri, var suite, ..])
                yield return new AptSource(uri, suite, words[3..]);
        }
    }

    /// <summary>The style of paragraphs (deb822).</summary>
    public static IEnumerable<AptSource> ParseParagraphs(byte[] content)
    {
        IReadOnlyList<IReadOnlyDictionary<string, string>> paragraphs;
        try
        {
            paragraphs = Deb822Reader.ReadAll(new MemoryStream(content));
        }
        catch (FormatException)
        {
            yield break;
        }

        foreach (var fields in paragraphs)
        {
            if (!Words(fields, "Types").Contains("deb")) continue;
            if (Words(fields, "Enabled") is ["no" or "false" or "off" or "0" or "without", ..]) continue;
            foreach (var uri in Words(fields, "URIs"))
                foreach (var suite in Words(fields, "Suites"))
                    yield return new AptSource(uri, suite, Words(fields, "Components"));
        }
    }

    private static string WithoutOptions(string line)
    {
        var open = line.IndexOf('[', StringComparison.Ordinal);
        var close = open < 0 ? -1 : line.IndexOf(']', open);
        return close < 0 ? line : new StringBuilder(line).Remove(open, close - open + 1).ToString();
    }

    // A comment line may stand between the lines of a value (deb822(5)).
    private static string[] Words(IReadOnlyDictionary<string, string> fields, string name) => !fields.TryGetValue(name, out var value)
        ? []
        : [.. value.Split('\n').Where(static line => !line.StartsWith('#'))
            .SelectMany(static line => line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries))];
}
