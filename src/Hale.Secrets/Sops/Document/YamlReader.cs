using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Hale.Secrets;

/// <summary>
/// Reads one YAML document into nodes with their places. Structure comes from YamlDotNet's events; comments, which it does not place reliably,
/// are what starts with # between its scalars.
/// </summary>
internal sealed class YamlReader
{
    private readonly YamlDocument document;
    private readonly string text;
    private readonly int maximumDepth;
    private readonly Dictionary<AnchorName, SopsNode>? anchors;
    private readonly List<ParsingEvent> events = [];
    private readonly List<SopsComment> comments = [];
    private int next;
    private int nextComment;

    /// <param name="document">Whose text is read.</param>
    /// <param name="maximumDepth">How deep values may be nested.</param>
    /// <param name="aliases">Whether &amp;anchors and *aliases are followed; what is edited must not have any.</param>
    internal YamlReader(YamlDocument document, int maximumDepth, bool aliases)
    {
        this.document = document;
        anchors = aliases ? [] : null;
        this.maximumDepth = maximumDepth;
        text = document.Text;
    }

    /// <summary>The top map, sops's entry included.</summary>
    internal SopsMap Read()
    {
        if (text.Contains('\ufeff', StringComparison.Ordinal))
            throw document.Malformed(
                "the file has a byte order mark", text.IndexOf('\ufeff', StringComparison.Ordinal), "Save it as UTF-8 without one.");
        // YAML 1.2.2, 5.1; and the parser takes a zero for the end.
        for (var at = 0; at < text.Length; at++)
            if (text[at] is < ' ' and not ('\t' or '\n' or '\r') or '\u007f' or '\ufffe' or '\uffff')
                throw document.Malformed("the line holds a control character", at, "Remove it, or write it in double quotes: \"\\x00\".");
        ReadEvents();
        ReadComments();
        Take<StreamStart>();
        if (events[next] is StreamEnd)
            return new SopsMap(new TextRange(text.Length, text.Length), [.. comments], Flow: false);
        Take<DocumentStart>();
        var root = events[next] switch
        {
            MappingStart => (SopsMap)Node(depth: 0, column: 0, inFlow: false),
            Scalar { Style: ScalarStyle.Plain } empty when GoYaml.Resolve(empty.Value)?.Kind == SopsKind.Null => Empty(),
            var other => throw document.Malformed("the document is not a map", Start(other), "Write key: value lines."),
        };
        Take<DocumentEnd>();
        if (events[next] is not StreamEnd)
            throw document.Malformed("the file has a second document", Start(events[next]), "Put each document into a file of its own.");
        return root with { Items = [.. root.Items, .. Comments(text.Length)] };
    }

    private SopsMap Empty()
    {
        next++;
        return new SopsMap(new TextRange(text.Length, text.Length), [], Flow: false);
    }

    private SopsNode Node(int depth, int column, bool inFlow)
    {
        if (depth > maximumDepth)
            throw document.Malformed($"values are nested deeper than {maximumDepth}", Start(events[next]));
        var anchor = events[next] is NodeEvent named ? named.Anchor : AnchorName.Empty;
        var node = Unnamed(depth, column, inFlow);
        if (!anchor.IsEmpty)
            anchors![anchor] = node;
        return node;
    }

    private SopsNode Unnamed(int depth, int column, bool inFlow)
    {
        switch (events[next])
        {
            case AnchorAlias alias when anchors is not null && anchors.TryGetValue(alias.Value, out var target):
                next++;
                // What replaces the value replaces the alias; what is in a list or map stays where it was written.
                return target is SopsLeaf named
                    ? named with { Range = new TextRange(Start(alias), (int)alias.End.Index), Column = column, Flow = inFlow }
                    : target;
            case MappingStart map:
                CheckPlain(map);
                next++;
                return Map(map, depth, inFlow || map.Style == MappingStyle.Flow);
            case SequenceStart list:
                CheckPlain(list);
                next++;
                return List(list, depth, inFlow || list.Style == SequenceStyle.Flow);
            case Scalar scalar:
                next++;
                return Leaf(scalar, column, inFlow);
            default:
                throw document.Malformed(
                    "anchors and aliases are not supported", Start(events[next]), "Write the value out where it is used.");
        }
    }

    private SopsMap Map(MappingStart start, int depth, bool flow)
    {
        var items = new List<SopsNode>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var column = (int)start.Start.Column - 1;
        while (events[next] is not MappingEnd)
        {
            items.AddRange(Comments(Start(events[next])));
            var key = Key();
            CheckNewKey(keys, key);
            var value = Node(depth + 1, column, flow);
            if (value is SopsLeaf)
                items.AddRange(CommentOnLine(value.Range.End));
            items.Add(new SopsEntry(new TextRange(Start(key), Math.Max(value.Range.End, (int)key.End.Index)), key.Value, value));
        }

        var end = Closed(items, column, flow);
        return new SopsMap(new TextRange(Start(start), flow ? end : End(items, Start(start))), items, column, flow);
    }

    private SopsList List(SequenceStart start, int depth, bool flow)
    {
        var items = new List<SopsNode>();
        var column = (int)start.Start.Column - 1;
        while (events[next] is not SequenceEnd)
        {
            items.AddRange(Comments(Start(events[next]), outermost: events[next] is MappingStart or SequenceStart ? column : -1));
            var item = Node(depth + 1, column, flow);
            if (item is SopsLeaf)
                items.AddRange(CommentOnLine(item.Range.End));
            items.Add(item);
        }

        var end = Closed(items, column, flow);
        return new SopsList(new TextRange(Start(start), flow ? end : End(items, Start(start))), items);
    }

    /// <summary>Takes the end event and the comments that still belong within; the place after the closing bracket.</summary>
    private int Closed(List<SopsNode> items, int column, bool flow)
    {
        var end = Start(events[next++]);
        items.AddRange(Comments(flow ? end : text.Length > end ? end : text.Length, outermost: flow ? -1 : column, deepest: true));
        return flow ? end + 1 : end;
    }

    private static int End(List<SopsNode> items, int start) => items.LastOrDefault(item => item is not SopsComment)?.Range.End ?? start;

    private Scalar Key()
    {
        if (events[next] is not Scalar key)
            throw document.Malformed("a key is not a word", Start(events[next]), "Keys are text; put it in quotes.");
        CheckPlain(key);
        if (key.Style == ScalarStyle.Plain && GoYaml.Resolve(key.Value)?.Kind != SopsKind.Str)
            throw document.Malformed($"the key {key.Value} is not text, and sops wants text", Start(key), "Put it in quotes.");
        next++;
        return key;
    }

    private SopsLeaf Leaf(Scalar scalar, int column, bool flow)
    {
        CheckPlain(scalar);
        var start = Start(scalar);
        var end = (int)scalar.End.Index;
        // A block scalar ends where the next line begins; that line's end is not part of what another value replaces.
        if (scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded)
            end = start + text.AsSpan(start, end - start).TrimEnd().Length;
        var range = new TextRange(start, end);
        if (scalar.Style != ScalarStyle.Plain || scalar.Tag == "tag:yaml.org,2002:str")
            return new SopsLeaf(range, SopsKind.Str, scalar.Value, column, flow);
        return GoYaml.Resolve(scalar.Value) is var (kind, canonical)
            ? new SopsLeaf(range, kind, canonical, column, flow)
            : throw document.Malformed("the number is too large for sops", start, "Put it in quotes.");
    }

    private void CheckPlain(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty && anchors is null)
            throw document.Malformed("anchors and aliases are not supported", Start(node), "Write the value out where it is used.");
        if (!node.Tag.IsEmpty && !(node is Scalar && node.Tag == "tag:yaml.org,2002:str") && !node.Tag.IsNonSpecific)
            throw document.Malformed("tags are not supported", Start(node), "Leave it out; quotes make text of anything.");
    }

    private void CheckNewKey(HashSet<string> keys, Scalar key) => document.Check(keys, key.Value, Start(key));

    /// <summary>
    /// Comments up to a place; with an outermost column only until one is further out, for that one belongs to a map around.
    /// </summary>
    private IEnumerable<SopsComment> Comments(int until, int outermost = -1, bool deepest = false)
    {
        while (nextComment < comments.Count && comments[nextComment].Range.Start <= until)
        {
            var comment = comments[nextComment];
            if (outermost >= 0 && (deepest ? ColumnOf(comment) < outermost : ColumnOf(comment) > outermost))
                yield break;
            nextComment++;
            yield return comment;
        }
    }

    private IEnumerable<SopsComment> CommentOnLine(int after)
    {
        if (nextComment < comments.Count && comments[nextComment].Range.Start > after
            && !text.AsSpan(after, comments[nextComment].Range.Start - after).Contains('\n'))
            yield return comments[nextComment++];
    }

    private int ColumnOf(SopsComment comment)
    {
        var mark = comment.Range.Start - 1;
        return mark - (text.LastIndexOf('\n', Math.Max(0, mark - 1), Math.Max(0, mark)) + 1);
    }

    private void ReadEvents()
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            while (parser.MoveNext())
                events.Add(parser.Current!);
        }
        catch (Exception error) when (error is YamlException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The parser's own words may repeat a piece of the file, which may be a secret; and some input it fails on without words.
            var at = error is YamlException yaml ? yaml.Start.Index : events.LastOrDefault()?.End.Index ?? 0;
            throw document.Malformed(
                "the file is not YAML", (int)Math.Min(at, text.Length), "Look at the indentation, the quotes and the colons around this line.");
        }
    }

    private void ReadComments()
    {
        var at = 0;
        foreach (var scalar in events.OfType<Scalar>())
        {
            Between(at, Math.Min(Start(scalar), text.Length));
            at = Math.Max(at, Math.Min((int)scalar.End.Index, text.Length));
        }

        Between(at, text.Length);
    }

    private void Between(int start, int end)
    {
        for (var at = start; at < end; at++)
        {
            if (text[at] != '#' || (at > 0 && text[at - 1] is not (' ' or '\t' or '\n' or '\r')))
                continue;
            var stop = text.AsSpan(at).IndexOfAny("\n\r\u0085\u2028\u2029") is var length && length < 0 ? text.Length : at + length;
            comments.Add(new SopsComment(new TextRange(at + 1, stop), text[(at + 1)..stop]));
            at = stop;
        }
    }

    private void Take<T>()
    {
        if (events[next] is not T)
            throw document.Malformed("the document is not a map", Start(events[next]));
        next++;
    }

    private static int Start(ParsingEvent parsing) => (int)parsing.Start.Index;
}
