using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hale.Secrets;

/// <summary>A JSON object; also what holds the one value of a binary file.</summary>
internal sealed class JsonDocument : SopsDocument
{
    private readonly SopsMap whole;
    private readonly SopsEntry? sops;

    internal JsonDocument(string file, string text)
        : base(file, text)
    {
        whole = Read();
        sops = whole.Entries.FirstOrDefault(entry => entry.Key == MetadataKey);
        if (sops is { Value: not SopsMap })
            throw Malformed("the key sops holds no object", sops.Range.Start, "It is sops's own; give yours another name.");
        Root = whole with { Items = [.. whole.Items.Where(item => item != sops)] };
        Metadata = (SopsMap?)sops?.Value;
    }

    internal override SopsMap Root { get; }

    internal override SopsMap? Metadata { get; }

    internal override string Scalar(SopsKind kind, string text, SopsLeaf at) => kind switch
    {
        SopsKind.Null => "null",
        SopsKind.Bool => text == "True" ? "true" : "false",
        SopsKind.Int or SopsKind.Float when text is not ("NaN" or "+Inf" or "-Inf") => text,
        _ => Quoted(text),
    };

    internal override Splice Insert(SopsMap map, IReadOnlyList<string> keys, string text)
    {
        var entry = string.Concat(
            keys.Select((key, depth) => $"{(depth > 0 ? "{" : "")}{Quoted(key)}: ")) + text + new string('}', keys.Count - 1);
        // In a file without values sops's own part stands alone.
        return ReferenceEquals(map, Root) && sops is not null && !map.Entries.Any()
            ? new Splice(new TextRange(sops.Range.Start, sops.Range.Start), $"{entry},{(IndentOf(sops.Range.Start) is { } indent ? "\n" + indent : " ")}")
            : Inserted(map, entry);
    }

    internal override Splice Delete(SopsMap map, SopsEntry entry)
    {
        var entries = (ReferenceEquals(map, Root) ? whole : map).Entries.ToList();
        var index = entries.IndexOf(entry);
        if (index > 0)
            return new Splice(new TextRange(entries[index - 1].Range.End, entry.Range.End), "");
        return new Splice(new TextRange(entry.Range.Start, entries.Count > 1 ? entries[1].Range.Start : entry.Range.End), "");
    }

    internal override (string Body, string Metadata) Detach()
    {
        if (sops is null)
            return (Text, "");
        var splice = Delete(whole, sops);
        return (Splice.Apply(Text, [splice]), sops.Range.Of(Text));
    }

    internal override string Attach(string metadata) => Splice.Apply(Text, [Inserted(whole, metadata)]);

    internal override IEnumerable<Splice> ReplaceRecipients(IReadOnlyList<SopsRecipient> recipients)
    {
        var indent = IndentOf(Metadata!.Entries.First().Range.Start);
        return Metadata["age"] is { } age
            ? [new Splice(age.Range, Recipients(recipients, indent ?? "\t\t"))]
            : [new Splice(
                new TextRange(Metadata.Range.Start + 1, Metadata.Range.Start + 1), $"\"age\": {Recipients(recipients, "\t\t")}, ")];
    }

    internal override string NewMetadata(IReadOnlyList<SopsRecipient> recipients, IReadOnlyList<(string Name, string Value)> fields) =>
        $"\"sops\": {{\n\t\t\"age\": {Recipients(recipients, "\t\t")}"
            + string.Concat(
                fields.Select(field => $",\n\t\t\"{field.Name}\": {(field.Value == "true" ? "true" : Quoted(field.Value))}")) + "\n\t}";

    private static string Recipients(IReadOnlyList<SopsRecipient> recipients, string indent)
    {
        var entries = recipients.Select(recipient =>
            $"\n{indent}\t{{\n{indent}\t\t\"recipient\": {Quoted(recipient.Recipient)},"
                + $"\n{indent}\t\t\"enc\": {Quoted(recipient.Encrypted)}\n{indent}\t}}");
        return $"[{string.Join(",", entries)}\n{indent}]";
    }

    private Splice Inserted(SopsMap map, string entry)
    {
        if (map.Entries.LastOrDefault() is { } last)
            return new Splice(
                new TextRange(last.Range.End, last.Range.End),
                IndentOf(last.Range.Start) is { } indent ? $",\n{indent}{entry}" : ", " + entry);
        return new Splice(new TextRange(map.Range.Start + 1, map.Range.End - 1), map == whole ? $"\n\t{entry}\n" : entry);
    }

    /// <summary>The white space before something that starts its line; null where it does not.</summary>
    private string? IndentOf(int at)
    {
        var start = Text.LastIndexOf('\n', Math.Max(0, at - 1)) + 1;
        return start > 0 && string.IsNullOrWhiteSpace(Text[start..at]) ? Text[start..at] : null;
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Relaxed);

    // Readable base64: + stays +. The file is never part of a web page.
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private SopsMap Read()
    {
        var bytes = Encoding.UTF8.GetBytes(Text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaximumDepth });
        var places = new Places(bytes);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw Malformed("the file is not a JSON object", 0, "sops wants an object at the top: {\"data\": …}.");
            var map = Map(ref reader, places);
            reader.Read();
            return map;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            // The reader's own words may repeat a piece of the file, which may be a secret.
            throw Malformed(
                "the file is not JSON",
                places.CharAt((int)reader.BytesConsumed),
                "Look at the commas, quotes and brackets around this line.");
        }
    }

    private SopsNode Node(ref Utf8JsonReader reader, Places places)
    {
        var range = new TextRange(places.CharAt((int)reader.TokenStartIndex), places.CharAt((int)reader.BytesConsumed));
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => Map(ref reader, places),
            JsonTokenType.StartArray => List(ref reader, places),
            JsonTokenType.String => new SopsLeaf(range, SopsKind.Str, reader.GetString()!),
            // Go's decoder makes a float of every number.
            JsonTokenType.Number => new SopsLeaf(range, SopsKind.Float, GoNumber.Format(GoNumber.Float(range.Of(Text))
                ?? throw Malformed("the number is too large", range.Start, "Put it in quotes."))),
            JsonTokenType.True => new SopsLeaf(range, SopsKind.Bool, "True"),
            JsonTokenType.False => new SopsLeaf(range, SopsKind.Bool, "False"),
            _ => new SopsLeaf(range, SopsKind.Null, ""),
        };
    }

    private SopsMap Map(ref Utf8JsonReader reader, Places places)
    {
        var start = places.CharAt((int)reader.TokenStartIndex);
        var items = new List<SopsNode>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var at = places.CharAt((int)reader.TokenStartIndex);
            var key = reader.GetString()!;
            CheckNew(keys, key, at);
            reader.Read();
            var value = Node(ref reader, places);
            items.Add(new SopsEntry(new TextRange(at, value.Range.End), key, value));
        }

        return new SopsMap(new TextRange(start, places.CharAt((int)reader.BytesConsumed)), items);
    }

    private SopsList List(ref Utf8JsonReader reader, Places places)
    {
        var start = places.CharAt((int)reader.TokenStartIndex);
        var items = new List<SopsNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(Node(ref reader, places));
        return new SopsList(new TextRange(start, places.CharAt((int)reader.BytesConsumed)), items);
    }

    /// <summary>Which character a byte belongs to; asked in rising order.</summary>
    private sealed class Places(byte[] bytes)
    {
        private int lastByte;
        private int lastChar;

        internal int CharAt(int at)
        {
            if (at < lastByte)
                (lastByte, lastChar) = (0, 0);
            lastChar += Encoding.UTF8.GetCharCount(bytes, lastByte, at - lastByte);
            lastByte = at;
            return lastChar;
        }
    }
}
