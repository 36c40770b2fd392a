using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Hale.Secrets;

/// <summary>
/// The strict ASCII armor of age (RFC 7468's strict form): exact first and last line, 64 columns, canonical base64; white space only around it.
/// </summary>
internal sealed class ArmorReader(ByteSource source) : ForwardOnlyStream
{
    internal const string Begin = "-----BEGIN AGE ENCRYPTED FILE-----";
    internal const string End = "-----END AGE ENCRYPTED FILE-----";
    internal const int Columns = 64;
    internal const int BytesPerLine = Columns / 4 * 3;

    /// <summary>Bytes of white space that may stand before, and after.</summary>
    internal const int MaximumSpace = 1024;

    private readonly byte[] block = new byte[BytesPerLine];
    private readonly MemoryStream line = new(128);
    private int start;
    private int end;
    private bool begun;
    private bool ended;

    /// <summary>Whether what comes next is meant as armor: dashes stand within the first bytes, whatever they say.</summary>
    internal static bool Looks(ReadOnlySpan<byte> start) =>
        start.IndexOf("-----"u8) >= 0;

    public override bool CanRead => true;

    public override int Read(Span<byte> buffer)
    {
        var written = 0;
        while (written < buffer.Length && (start < end || Next()))
        {
            var part = Math.Min(buffer.Length - written, end - start);
            block.AsSpan(start, part).CopyTo(buffer[written..]);
            start += part;
            written += part;
        }

        return written;
    }

    /// <summary>Decodes the next line; false at the end.</summary>
    private bool Next()
    {
        if (ended)
            return false;
        if (!begun)
            SkipToBegin();
        var text = Line();
        if (text.SequenceEqual(Encoding.ASCII.GetBytes(End)))
            return Finish();
        if (text.IsEmpty || text.Length > Columns)
            throw Malformed($"a line has {text.Length} columns");
        end = Decode(text);
        start = 0;
        if (end < BytesPerLine)
        {
            if (!Line().SequenceEqual(Encoding.ASCII.GetBytes(End)))
                throw Malformed("a short line is not the last one");
            Finish();
        }

        return true;
    }

    private void SkipToBegin()
    {
        var skipped = 0;
        while (true)
        {
            var text = Line();
            if (text.SequenceEqual(Encoding.ASCII.GetBytes(Begin)))
                break;
            if (text.IndexOfAnyExcept(" \t\r\n"u8) >= 0)
                throw Malformed($"its first line is not {Begin}");
            skipped += text.Length + 1;
            if (skipped > MaximumSpace)
                throw Malformed("there is too much white space before it");
        }

        begun = true;
    }

    private int Decode(ReadOnlySpan<byte> text)
    {
        // The base library takes white space within; canonical text is known by encoding again.
        Span<byte> again = stackalloc byte[Columns];
        if (text.Length % 4 != 0
            || Base64.DecodeFromUtf8(text, block, out _, out var bytes) != OperationStatus.Done
            || Base64.EncodeToUtf8(block.AsSpan(0, bytes), again, out _, out var length) != OperationStatus.Done
            || !again[..length].SequenceEqual(text))
            throw Malformed("a line is not canonical base64");
        return bytes;
    }

    private bool Finish()
    {
        ended = true;
        var trailing = source.Peek(MaximumSpace);
        if (trailing.IndexOfAnyExcept(" \t\r\n"u8) >= 0)
            throw Malformed("something follows its last line");
        if (trailing.Length == MaximumSpace)
            throw Malformed("there is too much white space after it");
        return false;
    }

    /// <summary>A line without its end, which is LF or CRLF; the last one may lack it.</summary>
    private ReadOnlySpan<byte> Line()
    {
        line.SetLength(0);
        var whole = source.ReadLine(line, MaximumSpace + 2);
        var text = line.GetBuffer().AsSpan(0, (int)line.Length);
        if (!whole && text.Length is 0 or > MaximumSpace)
            throw Malformed(text.IsEmpty ? "it ends early" : "a line is too long");
        if (text.EndsWith("\n"u8))
            text = text[..^1];
        return text.EndsWith("\r"u8) ? text[..^1] : text;
    }

    private static SecretsError Malformed(string what) =>
        new(
            $"The armor of the age file is malformed: {what}.",
            "Copy the whole text again, from BEGIN to END.")
        { Fault = SecretsFault.Armor };
}
