namespace Hale.Secrets;

/// <summary>Part of a text, by its first character and the one after its last.</summary>
internal readonly record struct TextRange(int Start, int End)
{
    internal string Of(string text) => text[Start..End];
}

/// <summary>
/// What a document holds, each part with the place in the text that it came from, so that an edit changes that place and no other.
/// </summary>
internal abstract record SopsNode(TextRange Range);

/// <summary>A value. The range is what another value replaces.</summary>
/// <param name="Range">The scalar, with its quotes.</param>
/// <param name="Kind">What it is, if it is not encrypted.</param>
/// <param name="Text">Its text; of a number, bool or time the canonical one.</param>
/// <param name="Column">How far the line is indented that it belongs to.</param>
/// <param name="Flow">Whether it stands within brackets, on what may be one line.</param>
internal sealed record SopsLeaf(TextRange Range, SopsKind Kind, string Text, int Column = 0, bool Flow = true) : SopsNode(Range)
{
    /// <summary>The text may be a secret.</summary>
    public override string ToString() => $"({Kind} at {Range.Start})";
}

/// <summary>A comment; the range and the text are what follows its mark.</summary>
internal sealed record SopsComment(TextRange Range, string Text) : SopsNode(Range)
{
    public override string ToString() => $"(comment at {Range.Start})";
}

/// <summary>Values and comments in order.</summary>
internal sealed record SopsList(TextRange Range, IReadOnlyList<SopsNode> Items) : SopsNode(Range);

/// <summary>Entries and comments in order.</summary>
/// <param name="Range">From the first entry, or the bracket.</param>
/// <param name="Items">In the document's order.</param>
/// <param name="Column">How far its keys are indented.</param>
/// <param name="Flow">Whether it is written in braces.</param>
internal sealed record SopsMap(TextRange Range, IReadOnlyList<SopsNode> Items, int Column = 0, bool Flow = true) : SopsNode(Range)
{
    internal IEnumerable<SopsEntry> Entries => Items.OfType<SopsEntry>();

    internal SopsNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;
}

/// <summary>A key and its value; the range is from the key to the value's end.</summary>
internal sealed record SopsEntry(TextRange Range, string Key, SopsNode Value) : SopsNode(Range);

/// <summary>A replacement of a part of a text.</summary>
internal readonly record struct Splice(TextRange Range, string Text)
{
    internal static string Apply(string text, IEnumerable<Splice> splices)
    {
        var result = new System.Text.StringBuilder();
        var at = 0;
        foreach (var splice in splices.OrderBy(splice => splice.Range.Start))
        {
            result.Append(text, at, splice.Range.Start - at).Append(splice.Text);
            at = splice.Range.End;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }
}
