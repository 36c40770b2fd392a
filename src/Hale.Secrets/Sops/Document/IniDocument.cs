namespace Hale.Secrets;

/// <summary>
/// Sections of name = value, as Go's ini package reads them for sops: # and ; start a comment anywhere, one pair of quotes is stripped.
/// </summary>
internal sealed class IniDocument : SopsDocument
{
    private const string DefaultSection = "DEFAULT";
    private readonly List<SopsEntry> metadata = [];
    private readonly TextRange own;

    internal IniDocument(string file, string text)
        : base(file, text)
    {
        var sections = new List<(string Name, List<SopsNode> Items, int Start)> { (DefaultSection, [], 0) };
        var names = new HashSet<string>(StringComparer.Ordinal) { DefaultSection };
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var ownStart = -1;
        own = new TextRange(Text.Length, Text.Length);
        for (int start = 0, end; start < Text.Length; start = end + 1)
        {
            end = Text.IndexOf('\n', start) is var feed && feed < 0 ? Text.Length : feed;
            var line = Trimmed(start, end);
            if (line.Start == line.End)
                continue;
            switch (Text[line.Start])
            {
                case '#' or ';':
                    sections[^1].Items.Add(CommentOf(line));
                    break;
                case '[':
                    if (ownStart >= 0 && own.End == Text.Length)
                        own = new TextRange(ownStart, start);
                    var name = SectionName(line);
                    CheckNew(names, name, start);
                    if (name == MetadataKey)
                        own = new TextRange(ownStart = start, Text.Length);
                    sections.Add((name, [], start));
                    keys.Clear();
                    break;
                default:
                    var entry = EntryOf(line);
                    CheckNew(keys, entry.Key, start);
                    sections[^1].Items.Add(entry);
                    break;
            }
        }

        metadata = [.. sections.Where(section => section.Name == MetadataKey).SelectMany(section => section.Items.OfType<SopsEntry>())
            .Select(entry => entry with { Value = Decoded((SopsLeaf)entry.Value) })];
        Metadata = names.Contains(MetadataKey) ? FlatMetadata.Unflatten(this, metadata) : null;
        Root = new SopsMap(new TextRange(0, Text.Length), [.. sections.Where(section => section.Name != MetadataKey).Select(SectionOf)]);
    }

    internal override SopsMap Root { get; }

    internal override SopsMap? Metadata { get; }

    internal override string Scalar(SopsKind kind, string text, SopsLeaf at)
    {
        var quoted = text.Length > 0 && (text != text.Trim() || text.AsSpan().IndexOfAny("#;'\"\\") >= 0);
        if (text.AsSpan().IndexOfAny("`\n\r") >= 0 || (quoted && Tail(at.Range.End).Contains('`')))
            throw new SecretsError(
                $"{File}: a value holds a backquote or a line end, which an ini file cannot show.",
                "Write it with hale secrets set; it is kept encrypted.");
        // Backquotes keep everything as it is.
        return quoted ? $"`{text}`" : text;
    }

    internal override Splice Insert(SopsMap map, IReadOnlyList<string> keys, string text)
    {
        var depth = keys.Count + (map == Root ? 0 : 1);
        if (depth != 2 || keys.Any(key => key.Length == 0 || key != key.Trim() || key.Any("=:\n[]#;\"`".Contains)))
            throw new SecretsError(
                $"{File}: \"{string.Join('/', keys)}\" cannot be a name in an ini file.",
                "A name there is SECTION/NAME, without = : # ; and brackets.");
        if (map == Root)
        {
            var at = own.Start;
            return new Splice(new TextRange(at, at), (at > 0 && Text[at - 1] != '\n' ? "\n" : "") + $"[{keys[0]}]\n{keys[1]} = {text}\n\n");
        }

        var place = Math.Min(Text.Length, map.Range.End);
        return new Splice(new TextRange(place, place), (place > 0 && Text[place - 1] != '\n' ? "\n" : "") + $"{keys[0]} = {text}\n");
    }

    internal override Splice Delete(SopsMap map, SopsEntry entry) => map == Root
        ? new(((SopsMap)entry.Value).Range, "")
        : new(new TextRange(LineStart(entry.Range.Start), LineAfter(entry.Range.End)), "");

    internal override (string Body, string Metadata) Detach() => (Text.Remove(own.Start, own.End - own.Start), own.Of(Text));

    internal override string Attach(string metadata) => (Text.Length == 0 || Text.EndsWith('\n') ? Text : Text + "\n") + metadata;

    internal override IEnumerable<Splice> ReplaceRecipients(IReadOnlyList<SopsRecipient> recipients)
    {
        var first = true;
        foreach (var entry in metadata.Where(entry => FlatMetadata.IsAge(entry.Key)))
        {
            yield return new Splice(
                new TextRange(LineStart(entry.Range.Start), LineAfter(entry.Range.End)),
                first ? Lines(FlatMetadata.Flatten(recipients)) : "");
            first = false;
        }

        if (first)
            yield return new Splice(new TextRange(LineAfter(own.Start), LineAfter(own.Start)), Lines(FlatMetadata.Flatten(recipients)));
    }

    internal override string NewMetadata(IReadOnlyList<SopsRecipient> recipients, IReadOnlyList<(string Name, string Value)> fields) =>
        "[sops]\n" + Lines(FlatMetadata.Flatten(recipients).Concat(fields));

    private static SopsLeaf Decoded(SopsLeaf leaf) => leaf with { Text = FlatMetadata.Decode(leaf.Text) };

    private static string Lines(IEnumerable<(string Name, string Value)> fields) =>
        string.Concat(fields.Select(field => $"{field.Name} = {field.Value}\n"));

    private SopsNode SectionOf((string Name, List<SopsNode> Items, int Start) section)
    {
        var end = section.Items.LastOrDefault(item => item is SopsEntry)?.Range.End + 1
            ?? (section.Name == DefaultSection ? 0 : LineAfter(section.Start));
        return new SopsEntry(
            new TextRange(section.Start, end), section.Name, new SopsMap(new TextRange(section.Start, end), section.Items));
    }

    private string SectionName(TextRange line)
    {
        var close = Text.LastIndexOf(']', line.End - 1, line.End - line.Start);
        return close > line.Start + 1
            ? Text[(line.Start + 1)..close].Trim()
            : throw Malformed("the section's name is not closed, or empty", line.Start);
    }

    private SopsComment CommentOf(TextRange line)
    {
        // Go's package drops the mark and the blanks after it.
        var start = line.Start + 1;
        while (start < line.End && Text[start] is ' ' or '#' or ';')
            start++;
        return new SopsComment(new TextRange(start, line.End), Text[start..line.End]);
    }

    private SopsEntry EntryOf(TextRange line)
    {
        var delimiter = Text.IndexOfAny(['=', ':'], line.Start, line.End - line.Start);
        if (delimiter <= line.Start)
            throw Malformed("the line is neither name = value, nor a section, nor a comment", line.Start);
        var key = Text[line.Start..delimiter].TrimEnd();
        if (key[0] is '"' or '`')
            throw Malformed("a quoted name is not supported", line.Start);
        var value = Trimmed(delimiter + 1, line.End);
        var text = value.Of(Text);
        if (text.StartsWith('`') || text.StartsWith("\"\"\"", StringComparison.Ordinal))
        {
            var quote = text[0] == '`' ? "`" : "\"\"\"";
            var close = text.LastIndexOf(quote, StringComparison.Ordinal);
            if (close < quote.Length)
                throw Malformed("a value of several lines is not supported", value.Start);
            var after = text[(close + quote.Length)..].TrimStart();
            if (after.Length > 0 && after[0] is not ('#' or ';'))
                throw Malformed("something follows a value's closing quote", value.Start);
            value = value with { End = value.Start + close + quote.Length };
            text = text[quote.Length..close];
        }
        else
        {
            if (text.EndsWith('\\'))
                throw Malformed("a value that goes on in the next line is not supported", value.Start);
            if (text.AsSpan().IndexOfAny('#', ';') is var comment && comment >= 0)
            {
                text = text[..comment].TrimEnd();
                value = value with { End = value.Start + text.Length };
            }

            if (text.Length > 1 && text[0] is '\'' or '"' && text[^1] == text[0])
                text = text[1..^1];
        }

        return new SopsEntry(new TextRange(line.Start, line.End), key, new SopsLeaf(value, SopsKind.Str, text));
    }

    private TextRange Trimmed(int start, int end)
    {
        while (start < end && char.IsWhiteSpace(Text[start]))
            start++;
        while (end > start && char.IsWhiteSpace(Text[end - 1]))
            end--;
        return new TextRange(start, end);
    }

    private int LineStart(int at) => Text.LastIndexOf('\n', Math.Max(0, at - 1)) + 1;

    private int LineAfter(int at) => Text.IndexOf('\n', Math.Min(at, Text.Length)) is var feed && feed < 0 ? Text.Length : feed + 1;
}
