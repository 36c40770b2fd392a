using System.Text;

namespace Hale.Store.Debian;

/// <summary>
/// Reads Debian control data (deb822(5)) from a stream, field by field, without making a string that nobody asked for:
/// a package index of 50 MB passes through one buffer. The caller loops over paragraphs and, in each, over fields.
/// </summary>
internal sealed class Deb822Reader(Stream stream)
{
    /// <summary>The longest field accepted, in bytes: the hashes of a Release file take a few hundred thousand.</summary>
    private const int MaxField = 16 << 20;

    private byte[] buffer = new byte[1 << 18];
    private int position;
    private int end;
    private bool atEnd;
    private bool inParagraph;
    private Range name;
    private Range value;

    /// <summary>The current field's name as written; field names have no case (see <see cref="Is"/>).</summary>
    public ReadOnlySpan<byte> Name => buffer.AsSpan(name);

    /// <summary>The current field's value: the first line without its leading blanks, the lines after it as written.</summary>
    public ReadOnlySpan<byte> Value => buffer.AsSpan(value);

    /// <summary>The current value as text, without comments.</summary>
    public string Text
    {
        get
        {
            var text = Encoding.UTF8.GetString(Value);
            return Value.IndexOf("\n#"u8) < 0 ? text : string.Join('\n', text.Split('\n').Where(static line => !line.StartsWith('#')));
        }
    }

    /// <summary>Whether the current field has this name, upper or lower case alike.</summary>
    public bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>Moves before the first field of the next paragraph; false at the end. Fields not yet read are passed over.</summary>
    /// <exception cref="FormatException">What follows is not control data.</exception>
    public bool NextParagraph()
    {
        while (inParagraph && NextField())
        {
        }

        while (TryPeekLine(0, out var line))
        {
            inParagraph = !IsBlank(line) && !IsComment(line);
            if (inParagraph) return true;
            position += line.Next;
        }

        return false;
    }

    /// <summary>Moves to the next field of the paragraph; false at its end.</summary>
    /// <exception cref="FormatException">A line is neither a field nor a continuation.</exception>
    public bool NextField()
    {
        Line first;
        while (true)
        {
            if (!TryPeekLine(0, out first) || IsBlank(first)) return false;
            if (!IsComment(first)) break;
            position += first.Next;
        }

        var colon = buffer.AsSpan(position, first.Length).IndexOf((byte)':');
        if (colon <= 0 || IsIndented(first)) throw new FormatException($"`{Preview(first)}` is not a field of the form `Name: value`");

        // A comment may stand between a value's lines; one after the last line belongs to what follows.
        var (last, seen) = (first, first);
        while (TryPeekLine(seen.Next, out var more) && (IsComment(more) || (IsIndented(more) && !IsBlank(more))))
        {
            seen = more;
            if (!IsComment(more)) last = more;
        }

        var from = position + colon + 1;
        var to = position + last.Start + last.Length;
        while (from < to && buffer[from] is (byte)' ' or (byte)'\t') from++;
        while (to > from && buffer[to - 1] is (byte)' ' or (byte)'\t' or (byte)'\r') to--;
        name = position..(position + colon);
        value = from..to;
        position += last.Next;
        return true;
    }

    /// <summary>Reads small control data as dictionaries whose keys have no case.</summary>
    /// <exception cref="FormatException">The text is not control data, or repeats a field in one paragraph.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> ReadAll(Stream stream)
    {
        var reader = new Deb822Reader(stream);
        var paragraphs = new List<IReadOnlyDictionary<string, string>>();
        while (reader.NextParagraph())
        {
            var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (reader.NextField())
            {
                var name = Encoding.UTF8.GetString(reader.Name);
                if (!fields.TryAdd(name, reader.Text)) throw new FormatException($"the field `{name}` is written twice in one paragraph");
            }

            paragraphs.Add(fields);
        }

        return paragraphs;
    }

    // Places count from position, so that they stay true when the buffer's content moves.
    private readonly record struct Line(int Start, int Length, int Next);

    private bool TryPeekLine(int start, out Line line)
    {
        var searched = start;
        while (true)
        {
            var newline = buffer.AsSpan(position + searched, end - position - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                line = new Line(start, searched + newline - start, searched + newline + 1);
                return true;
            }

            searched = end - position;
            if (Fill()) continue;
            line = new Line(start, searched - start, searched);
            return searched > start;
        }
    }

    private bool Fill()
    {
        if (atEnd) return false;
        buffer.AsSpan(position, end - position).CopyTo(buffer);
        end -= position;
        position = 0;
        if (end == buffer.Length)
        {
            if (buffer.Length >= MaxField) throw new FormatException($"a field is longer than {MaxField} bytes");
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        var read = stream.Read(buffer.AsSpan(end));
        atEnd = read == 0;
        end += read;
        return !atEnd;
    }

    private ReadOnlySpan<byte> Content(Line line) => buffer.AsSpan(position + line.Start, line.Length);

    private bool IsBlank(Line line) => Content(line).IndexOfAnyExcept(" \t\r"u8) < 0;

    private bool IsComment(Line line) => Content(line) is [(byte)'#', ..];

    private bool IsIndented(Line line) => Content(line) is [(byte)' ' or (byte)'\t', ..];

    private string Preview(Line line)
    {
        var content = Content(line);
        return Encoding.UTF8.GetString(content[..Math.Min(content.Length, 60)]);
    }
}
