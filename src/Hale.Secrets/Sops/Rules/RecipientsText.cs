using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Hale.Secrets;

/// <summary>
/// Edits of the recipients of a rule, as text: one text with commas, a list in brackets, a list with dashes, aliases of anchors.
/// Everything else in the file, comments and blanks too, stays byte for byte.
/// </summary>
internal static partial class RecipientsText
{
    /// <summary>The text with one more recipient.</summary>
    /// <param name="document">The rules.</param>
    /// <param name="age">The entry of the rule that lists recipients.</param>
    /// <param name="recipient">Who is added.</param>
    /// <param name="name">What to call it; null for nothing.</param>
    internal static string Add(YamlDocument document, SopsEntry age, AgeRecipient recipient, string? name)
    {
        var text = document.Text;
        if (age.Value is not SopsList list)
            return Splice.Apply(text, [.. CommentAbove(text, age, recipient, name), Joined(text, (SopsLeaf)age.Value, recipient)]);
        var items = list.Items.Where(item => item is not SopsComment).ToList();
        if (text[list.Range.Start] == '[')
        {
            var at = items.Count == 0 ? list.Range.Start + 1 : items[^1].Range.End;
            return Splice.Apply(text, [.. CommentAbove(text, age, recipient, name), Inserted(at, (items.Count == 0 ? "" : ", ") + recipient)]);
        }
        var anchors = Anchors(text);
        if (text[items[^1].Range.Start] == '*' && anchors.Find(one => one.Name == Word(text, items[^1].Range.Start + 1)) is { Name: not null } like
            && Prefix(text, like.Range.Start) is { } where)
        {
            if (anchors.Find(one => one.Value == recipient.ToString()) is { Name: { } known })
                return Splice.Apply(text, [Line(text, items[^1], "*" + known)]);
            var anchor = Unused(name ?? "recipient", anchors);
            return Splice.Apply(
                text,
                [
                    Inserted(LineAfter(text, like.Range.End), $"{EndOfLine(text, like.Range.End)}{where}&{anchor} {recipient}\n"),
                    Line(text, items[^1], "*" + anchor),
                ]);
        }
        return Splice.Apply(text, [Line(text, items[^1], recipient + (name is null ? "" : $"  # {name}"))]);
    }

    /// <summary>The text with one recipient less; its comment and its anchor go where nothing else needs them.</summary>
    internal static string Remove(YamlDocument document, SopsEntry age, AgeRecipient recipient)
    {
        var text = document.Text;
        var result = age.Value is SopsList list
            ? Without(text, [.. list.Items.Where(item => item is not SopsComment).Cast<SopsLeaf>()], recipient)
            : Splice.Apply(text, [Shortened(text, (SopsLeaf)age.Value, recipient)]);
        // An anchor that nothing refers to any more, in a line of its own.
        foreach (var (name, value, range) in Anchors(result))
            if (Is(value, recipient) && Aliases(result, name).Count == 0 && Prefix(result, range.Start) is not null
                && SopsRules.Parse(document.File, result) is var rules && !rules.All.Any(rule => rule.Recipients.Contains(recipient)))
            {
                var start = LineStart(result, range.Start);
                result = result.Remove(start, LineAfter(result, range.End) - start);
                break;
            }
        // A comment that named it.
        var own = new Regex($@"^[ \t]*#[^\n]*: {Regex.Escape(recipient.ToString())}[ \t]*\r?\n", RegexOptions.Multiline | RegexOptions.CultureInvariant);
        return own.Replace(result, "") is var bare && !bare.Contains(recipient.ToString(), StringComparison.Ordinal) ? bare : result;
    }

    /// <summary>What the text calls a recipient: an anchor, the comment after it, or a comment "name: recipient".</summary>
    internal static string? NameOf(string text, AgeRecipient recipient)
    {
        var wanted = recipient.ToString();
        foreach (var line in text.Split('\n'))
        {
            var at = line.IndexOf(wanted, StringComparison.Ordinal);
            if (at < 0)
                continue;
            var (before, after) = (line[..at].Trim(), line[(at + wanted.Length)..].Trim().TrimStart('"', '\'', ',').Trim());
            if (before.StartsWith('#') && before.EndsWith(':'))
                return before.Trim('#', ':', ' ');
            if (before.LastIndexOf('&') is var mark && mark >= 0)
                return before[(mark + 1)..].Trim();
            if (after.StartsWith('#') && after.Trim('#', ' ') is { Length: > 0 } comment)
                return comment;
        }
        return null;
    }

    private static Splice Inserted(int at, string text) => new(new TextRange(at, at), text);

    /// <summary>A new line of a list, like the last one's.</summary>
    private static Splice Line(string text, SopsNode last, string item)
    {
        var prefix = Prefix(text, last.Range.Start) ?? new string(' ', Math.Max(0, last.Range.Start - LineStart(text, last.Range.Start) - 2)) + "- ";
        return Inserted(LineAfter(text, last.Range.End), $"{EndOfLine(text, last.Range.End)}{prefix}{item}\n");
    }

    private static Splice Joined(string text, SopsLeaf leaf, AgeRecipient recipient)
    {
        var raw = leaf.Range.Of(text);
        if (raw.StartsWith('*'))
            return new Splice(leaf.Range, $"{leaf.Text.Trim().TrimEnd(',')},{recipient}");
        var end = raw[0] is '"' or '\'' ? leaf.Range.End - 1 : leaf.Range.End;
        var line = text[LineStart(text, end)..end];
        // One in each line, where they are written so.
        var comma = text[..end].TrimEnd().EndsWith(',') ? "" : ",";
        return Inserted(end, raw.Contains('\n', StringComparison.Ordinal) && Tokens().Count(line) == 1
            ? $"{comma}\n{line[..(line.Length - line.TrimStart().Length)]}{recipient}"
            : comma + recipient);
    }

    private static Splice Shortened(string text, SopsLeaf leaf, AgeRecipient recipient)
    {
        var raw = leaf.Range.Of(text);
        if (raw.StartsWith('*'))
            return new Splice(leaf.Range, string.Join(',', leaf.Text.Split(',').Select(one => one.Trim()).Where(one => one.Length > 0 && !Is(one, recipient))));
        var token = Tokens().Matches(raw).First(match => Is(match.Value, recipient));
        var (start, end) = (token.Index, token.Index + token.Length);
        while (end < raw.Length && (char.IsWhiteSpace(raw[end]) || raw[end] == ','))
            end++;
        if (end == raw.Length || raw[end] is '"' or '\'')
        {
            end = token.Index + token.Length;
            while (start > 0 && (char.IsWhiteSpace(raw[start - 1]) || raw[start - 1] == ','))
                start--;
        }
        return new Splice(new TextRange(leaf.Range.Start + start, leaf.Range.Start + end), "");
    }

    private static string Without(string text, IReadOnlyList<SopsLeaf> items, AgeRecipient recipient)
    {
        var index = items.ToList().FindIndex(item => item.Text.Split(',').Any(one => Is(one, recipient)));
        var item = items[index];
        if (item.Text.Contains(',', StringComparison.Ordinal))
            return Splice.Apply(text, [Shortened(text, item, recipient)]);
        // What the item is the anchor of for others, the first of those becomes.
        List<Splice> splices = [];
        if (text[item.Range.Start] != '*' && Anchors(text).Find(one => one.Range.Start <= item.Range.Start && item.Range.End <= one.Range.End) is { Name: { } name } anchor)
        {
            if (Aliases(text, name) is [var alias, ..])
                splices.Add(new Splice(alias, $"&{name} {anchor.Value}"));
            item = item with { Range = anchor.Range };
        }
        var range = Prefix(text, item.Range.Start) is not null ? new TextRange(LineStart(text, item.Range.Start), LineAfter(text, item.Range.End))
            : index > 0 ? new TextRange(items[index - 1].Range.End, item.Range.End)
            : new TextRange(item.Range.Start, items[1].Range.Start);
        return Splice.Apply(text, [.. splices, new Splice(range, "")]);
    }

    /// <summary>Where no comment fits after the recipient, one stands above its line.</summary>
    private static IEnumerable<Splice> CommentAbove(string text, SopsEntry age, AgeRecipient recipient, string? name)
    {
        var start = LineStart(text, age.Range.Start);
        var line = text[start..age.Range.Start];
        return name is null
            ? []
            : [Inserted(start, $"{line[..(line.Length - line.TrimStart().Length)]}# {name}: {recipient}\n")];
    }

    private static bool Is(string text, AgeRecipient recipient)
    {
        try
        {
            return AgeRecipient.Parse(text).Equals(recipient);
        }
        catch (SecretsError)
        {
            return false;
        }
    }

    private static List<(string? Name, string Value, TextRange Range)> Anchors(string text) =>
        [.. Events(text).OfType<Scalar>().Where(scalar => !scalar.Anchor.IsEmpty).Select(scalar =>
            ((string?)scalar.Anchor.Value, scalar.Value, new TextRange(text.LastIndexOf('&', (int)scalar.Start.Index), (int)scalar.End.Index)))];

    private static List<TextRange> Aliases(string text, string? name) =>
        [.. Events(text).OfType<AnchorAlias>().Where(alias => alias.Value.Value == name)
            .Select(alias => new TextRange((int)alias.Start.Index, (int)alias.End.Index))];

    private static IEnumerable<ParsingEvent> Events(string text)
    {
        var parser = new Parser(new StringReader(text));
        while (parser.MoveNext())
            yield return parser.Current!;
    }

    private static string Unused(string name, List<(string? Name, string Value, TextRange Range)> anchors)
    {
        var plain = NotInAnchors().Replace(name, "_").Trim('_') is { Length: > 0 } word ? word : "recipient";
        return Enumerable.Range(1, anchors.Count + 1).Select(number => number == 1 ? plain : $"{plain}_{number}")
            .First(candidate => anchors.TrueForAll(one => one.Name != candidate));
    }

    private static string Word(string text, int at) => NotInAnchors().Split(text[at..], 2)[0];

    /// <summary>Blanks and the dash before an item that starts its line; null where something else stands there.</summary>
    private static string? Prefix(string text, int at) => text[LineStart(text, at)..at] is var before && Dash().IsMatch(before) ? before : null;

    private static int LineStart(string text, int at) => at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;

    private static int LineAfter(string text, int at) => text.IndexOf('\n', at) is var feed && feed < 0 ? text.Length : feed + 1;

    /// <summary>A line end where the text has none after its last line.</summary>
    private static string EndOfLine(string text, int at) => text.IndexOf('\n', at) < 0 ? "\n" : "";

    [GeneratedRegex(@"age1[0-9a-z]+|ssh-ed25519 +[A-Za-z0-9+/=]+(?: +[^,\n""']*[^,\s""'])?", RegexOptions.CultureInvariant)]
    private static partial Regex Tokens();

    [GeneratedRegex(@"^[ \t]*-[ \t]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Dash();

    [GeneratedRegex("[^A-Za-z0-9_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex NotInAnchors();
}
