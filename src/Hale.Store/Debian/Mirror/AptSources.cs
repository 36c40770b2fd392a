namespace Hale.Store.Debian;

/// <summary>One address of an archive of binary packages, as apt's sources name it.</summary>
/// <param name="Uri">The address, of any scheme apt knows.</param>
/// <param name="Suite">The suite.</param>
/// <param name="Components">Its components.</param>
/// <param name="SignedBy">The keyring it is held to, or the key itself; empty where none is named.</param>
internal sealed record AptSource(string Uri, string Suite, IReadOnlyList<string> Components, string SignedBy);

/// <summary>Reads apt's sources (sources.list(5)), both styles. What is not understood is passed over.</summary>
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
            var (rest, signedBy) = TakeOptions(line.Split('#')[0]);
            var words = rest.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["deb", var uri, var suite, ..])
                yield return new AptSource(uri, suite, words[3..], signedBy);
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
                    yield return new AptSource(uri, suite, Words(fields, "Components"), fields.GetValueOrDefault("Signed-By", ""));
        }
    }

    private static (string Line, string SignedBy) TakeOptions(string line)
    {
        var open = line.IndexOf('[', StringComparison.Ordinal);
        var close = open < 0 ? -1 : line.IndexOf(']', open);
        if (close < 0) return (line, "");
        var options = line[(open + 1)..close].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var signedBy = Array.Find(options, static option => option.StartsWith("signed-by=", StringComparison.OrdinalIgnoreCase))?[10..] ?? "";
        return (line.Remove(open, close - open + 1), signedBy);
    }

    private static string[] Words(IReadOnlyDictionary<string, string> fields, string name) =>
        fields.GetValueOrDefault(name, "").Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
