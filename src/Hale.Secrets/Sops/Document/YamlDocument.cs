using System.Text.Json;

namespace Hale.Secrets;

/// <summary>A YAML document.</summary>
internal sealed class YamlDocument : SopsDocument
{
    private readonly SopsMap whole;
    private readonly SopsEntry? sops;

    internal YamlDocument(string file, string text, bool aliases = false)
        : base(file, text)
    {
        whole = new YamlReader(this, MaximumDepth, aliases).Read();
        sops = whole.Entries.FirstOrDefault(entry => entry.Key == MetadataKey);
        if (sops is { Value: not SopsMap })
            throw Malformed("the key sops holds no map", sops.Range.Start, "It is sops's own; give yours another name.");
        Root = whole with { Items = [.. whole.Items.Where(item => item != sops)] };
        Metadata = (SopsMap?)sops?.Value;
    }

    internal override SopsMap Root { get; }

    internal override SopsMap? Metadata { get; }

    internal void Check(HashSet<string> keys, string key, int at) => CheckNew(keys, key, at);

    internal override string Scalar(SopsKind kind, string text, SopsLeaf at) => YamlText.Scalar(
        kind, text, at.Column, at.Flow, lines: !at.Flow && Tail(at.Range.End).IsEmpty);

    internal override Splice Insert(SopsMap map, IReadOnlyList<string> keys, string text)
    {
        var last = map.Entries.LastOrDefault();
        if (map.Flow && map.Range.End > map.Range.Start)
        {
            var nested = string.Concat(
                keys.Select((key, depth) => $"{(depth > 0 ? "{" : "")}{YamlText.Key(key)}: ")) + text + new string('}', keys.Count - 1);
            var at = last?.Range.End ?? map.Range.Start + 1;
            return new Splice(new TextRange(at, at), last is null ? nested : ", " + nested);
        }

        var indent = new string(' ', map.Column);
        var lines = string.Join(
            '\n', keys.Select((key, depth) => $"{indent}{new string(' ', 4 * depth)}{YamlText.Key(key)}:")) + " " + text + "\n";
        return last is null ? new Splice(new TextRange(0, 0), lines) : After(last, lines);
    }

    internal override Splice Delete(SopsMap map, SopsEntry entry)
    {
        var entries = map.Entries.ToList();
        var index = entries.IndexOf(entry);
        if (map.Flow)
            return entries.Count == 1 ? new Splice(entry.Range, "")
                : index > 0 ? new Splice(new TextRange(entries[index - 1].Range.End, entry.Range.End), "")
                : new Splice(new TextRange(entry.Range.Start, entries[1].Range.Start), "");
        var start = Text.LastIndexOf('\n', Math.Max(0, entry.Range.Start - 1)) + 1;
        // The first key of a list's map shares its line with the dash; and a map must not lose its last key, or it becomes null.
        if (entries.Count == 1 && map != Root)
            return new Splice(new TextRange(entry.Range.Start, entry.Range.End), "{}");
        if (!string.IsNullOrWhiteSpace(Text[start..entry.Range.Start]))
            return new Splice(new TextRange(entry.Range.Start, entries[1].Range.Start), "");
        return new Splice(new TextRange(start, LineAfter(entry.Range.End)), "");
    }

    internal override (string Body, string Metadata) Detach()
    {
        var own = Own();
        return (Text.Remove(own.Start, own.End - own.Start), own.Of(Text));
    }

    internal override string Attach(string metadata) => (Text.Length == 0 || Text.EndsWith('\n') ? Text : Text + "\n") + metadata;

    internal override IEnumerable<Splice> ReplaceRecipients(IReadOnlyList<SopsRecipient> recipients)
    {
        var age = Metadata!.Entries.FirstOrDefault(entry => entry.Key == "age");
        var block = Metadata.Flow
            ? "age: " + JsonSerializer.Serialize(
                recipients.Select(recipient => new { recipient = recipient.Recipient, enc = recipient.Encrypted }))
            : Recipients(recipients, new string(' ', Metadata.Column)).TrimEnd('\n');
        if (age is not null)
            return [new Splice(age.Range, block)];
        var start = Metadata.Entries.First().Range.Start;
        return [new Splice(new TextRange(start, start), block + (Metadata.Flow ? ", " : "\n" + new string(' ', Metadata.Column)))];
    }

    internal override string NewMetadata(IReadOnlyList<SopsRecipient> recipients, IReadOnlyList<(string Name, string Value)> fields) =>
        $"sops:\n    {Recipients(recipients, "    ")}{string.Concat(fields.Select(field => $"    {field.Name}: {Field(field.Value)}\n"))}";

    private static string Field(string value) => value == "true" ? value : YamlText.Scalar(SopsKind.Str, value, 4, flow: false, lines: false);

    /// <summary>The entry age, after its own indentation.</summary>
    private static string Recipients(IReadOnlyList<SopsRecipient> recipients, string indent) =>
        "age:\n" + string.Concat(recipients.Select(recipient =>
        $"{indent}    - recipient: {recipient.Recipient}\n{indent}      enc: |\n"
            + string.Concat(recipient.Encrypted.TrimEnd('\n').Split('\n').Select(line => $"{indent}        {line}\n"))));

    /// <summary>The lines of sops's entry.</summary>
    private TextRange Own()
    {
        if (sops is null)
            return new TextRange(Text.Length, Text.Length);
        if (whole.Flow)
        {
            var splice = Delete(whole, sops);
            return splice.Range;
        }

        return new TextRange(sops.Range.Start, LineAfter(sops.Range.End));
    }

    private Splice After(SopsEntry entry, string lines)
    {
        var at = LineAfter(entry.Range.End);
        return at > 0 && Text[at - 1] != '\n'
            ? new Splice(new TextRange(at, at), "\n" + lines.TrimEnd('\n'))
            : new Splice(new TextRange(at, at), lines);
    }

    private int LineAfter(int at) => Text.IndexOf('\n', Math.Min(at, Text.Length)) is var feed && feed < 0 ? Text.Length : feed + 1;
}
