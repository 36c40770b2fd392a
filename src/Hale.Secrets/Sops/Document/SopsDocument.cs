namespace Hale.Secrets;

/// <summary>
/// A text of one of the formats, its values with their places, and how that format writes and changes them.
/// A document is what the text says; it knows nothing of encryption.
/// </summary>
internal abstract class SopsDocument(string file, string text)
{
    /// <summary>The key that sops keeps its own under.</summary>
    internal const string MetadataKey = "sops";

    /// <summary>Deeper nesting is refused.</summary>
    protected const int MaximumDepth = 64;

    internal string File { get; } = file;

    internal string Text { get; } = text;

    /// <summary>The user's part.</summary>
    internal abstract SopsMap Root { get; }

    /// <summary>sops's part; null where there is none: the file is not encrypted.</summary>
    internal abstract SopsMap? Metadata { get; }

    /// <summary>A value as this format writes it in the place of another.</summary>
    internal abstract string Scalar(SopsKind kind, string text, SopsLeaf at);

    /// <summary>A new entry at the end of a map; the keys after the first make nested maps.</summary>
    internal abstract Splice Insert(SopsMap map, IReadOnlyList<string> keys, string text);

    /// <summary>Takes an entry out, with its line.</summary>
    internal abstract Splice Delete(SopsMap map, SopsEntry entry);

    /// <summary>The document without sops's part, and that part's text.</summary>
    internal abstract (string Body, string Metadata) Detach();

    /// <summary>This document, which has no part of sops's, with one.</summary>
    internal abstract string Attach(string metadata);

    /// <summary>Other recipients in sops's part.</summary>
    internal abstract IEnumerable<Splice> ReplaceRecipients(IReadOnlyList<SopsRecipient> recipients);

    /// <summary>sops's part of a new file.</summary>
    internal abstract string NewMetadata(IReadOnlyList<SopsRecipient> recipients, IReadOnlyList<(string Name, string Value)> fields);

    internal SecretsError Malformed(string what, int at, string hint = "Mend the line; an editor that knows the format shows it.") =>
        new($"{File}:{LineOf(at)}: {what}.", hint);

    /// <summary>What follows a place on its line.</summary>
    protected ReadOnlySpan<char> Tail(int at)
    {
        var rest = Text.AsSpan(at);
        return rest.IndexOf('\n') is var feed && feed < 0 ? rest : rest[..feed];
    }

    internal int LineOf(int at) => Text.AsSpan(0, Math.Min(at, Text.Length)).Count('\n') + 1;

    /// <summary>Refuses a key that the map has already.</summary>
    protected void CheckNew(HashSet<string> keys, string key, int at)
    {
        if (!keys.Add(key))
            throw Malformed($"the key \"{key}\" stands twice in its map", at, "Remove one of the two; which one counts is not defined.");
    }

    /// <summary>Reads a text, which need not be encrypted.</summary>
    internal static SopsDocument Parse(string file, string text, SopsFormat format)
    {
        CheckConflicts(file, text);
        return format switch
        {
            SopsFormat.Yaml => new YamlDocument(file, text),
            SopsFormat.Dotenv => new DotenvDocument(file, text),
            SopsFormat.Ini => new IniDocument(file, text),
            _ => new JsonDocument(file, text),
        };
    }

    private static void CheckConflicts(string file, string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.StartsWith("<<<<<<< ") || line.StartsWith(">>>>>>> ") || line.SequenceEqual("======="))
                throw new SecretsError(
                    $"{file}:{number}: the file holds the markers of a merge conflict.",
                    "Take one side whole (git checkout --ours or --theirs), then make the other side's changes again with hale secrets.");
        }
    }
}

/// <summary>One way to the data key: an age recipient, and the key encrypted to it (an armored age file).</summary>
internal sealed record SopsRecipient(string Recipient, string Encrypted);
