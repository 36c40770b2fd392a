namespace Hale.Secrets;

/// <summary>Lines NAME=value and # comments, as sops reads them: no quotes, no blanks around, \n for a line end in a value.</summary>
internal sealed class DotenvDocument : SopsDocument
{
    private const string Prefix = "sops_";
    private readonly List<TextRange> own = [];
    private readonly List<SopsEntry> metadata = [];

    internal DotenvDocument(string file, string text)
        : base(file, text)
    {
        var items = new List<SopsNode>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (int start = 0, end; start < Text.Length; start = end + 1)
        {
            end = Text.IndexOf('\n', start) is var feed && feed < 0 ? Text.Length : feed;
            if (end == start)
                continue;
            if (Text[start] == '#')
            {
                items.Add(new SopsComment(new TextRange(start + 1, end), Text[(start + 1)..end]));
                continue;
            }

            var equals = Text.IndexOf('=', start, end - start);
            if (equals < 0)
                throw Malformed("the line is neither NAME=value nor a comment", start);
            var key = Text[start..equals];
            CheckNew(keys, key, start);
            var leaf = new SopsLeaf(new TextRange(equals + 1, end), SopsKind.Str, FlatMetadata.Decode(Text[(equals + 1)..end]));
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                own.Add(new TextRange(start, Math.Min(Text.Length, end + 1)));
                metadata.Add(new SopsEntry(new TextRange(start, end), key[Prefix.Length..], leaf));
            }
            else
            {
                items.Add(new SopsEntry(new TextRange(start, end), key, leaf));
            }
        }

        Root = new SopsMap(new TextRange(0, Text.Length), items);
        Metadata = metadata.Count > 0 ? FlatMetadata.Unflatten(this, metadata) : null;
    }

    internal override SopsMap Root { get; }

    internal override SopsMap? Metadata { get; }

    internal override string Scalar(SopsKind kind, string text, SopsLeaf at) => text.Contains("\\n", StringComparison.Ordinal)
        ? throw new SecretsError(
            $"{File}: a value holds a backslash before an n, which a dotenv file cannot tell from a line end.",
            "Write it with hale secrets set; it is kept encrypted.")
        : FlatMetadata.Encode(text);

    internal override Splice Insert(SopsMap map, IReadOnlyList<string> keys, string text)
    {
        if (keys.Count > 1 || keys[0].Length == 0 || keys[0].AsSpan().IndexOfAny("=\n#") >= 0
            || keys[0].StartsWith(Prefix, StringComparison.Ordinal))
            throw new SecretsError(
                $"{File}: \"{string.Join('/', keys)}\" cannot be a name in a dotenv file.",
                "Names there are flat, without = and #, and do not start with sops_.");
        var at = Root.Entries.LastOrDefault() is { } last ? Math.Min(Text.Length, last.Range.End + 1) : 0;
        return new Splice(new TextRange(at, at), (at > 0 && Text[at - 1] != '\n' ? "\n" : "") + $"{keys[0]}={text}\n");
    }

    internal override Splice Delete(SopsMap map, SopsEntry entry) =>
        new(new TextRange(entry.Range.Start, Math.Min(Text.Length, entry.Range.End + 1)), "");

    internal override (string Body, string Metadata) Detach() =>
        (Splice.Apply(Text, own.Select(range => new Splice(range, ""))), string.Concat(own.Select(range => range.Of(Text))));

    internal override string Attach(string metadata) => (Text.Length == 0 || Text.EndsWith('\n') ? Text : Text + "\n") + metadata;

    internal override IEnumerable<Splice> ReplaceRecipients(IReadOnlyList<SopsRecipient> recipients)
    {
        var first = true;
        foreach (var (entry, line) in metadata.Zip(own).Where(pair => FlatMetadata.IsAge(pair.First.Key)))
        {
            yield return new Splice(line, first ? Lines(FlatMetadata.Flatten(recipients)) : "");
            first = false;
        }

        if (first)
            yield return new Splice(new TextRange(own[0].Start, own[0].Start), Lines(FlatMetadata.Flatten(recipients)));
    }

    internal override string NewMetadata(IReadOnlyList<SopsRecipient> recipients, IReadOnlyList<(string Name, string Value)> fields) =>
        Lines(FlatMetadata.Flatten(recipients).Concat(fields));

    private static string Lines(IEnumerable<(string Name, string Value)> fields) =>
        string.Concat(fields.Select(field => $"{Prefix}{field.Name}={field.Value}\n"));
}
