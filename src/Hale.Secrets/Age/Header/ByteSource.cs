namespace Hale.Secrets;

/// <summary>A forward reader with a look ahead: lines for a header, then large blocks for a payload, of the same stream.</summary>
internal sealed class ByteSource(Stream stream)
{
    private readonly byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;

    /// <summary>What comes next, as far as the stream gives it, up to the given number of bytes (at most the buffer's 64 KiB).</summary>
    internal ReadOnlySpan<byte> Peek(int count)
    {
        while (end - start < count && Fill())
        {
        }

        return buffer.AsSpan(start, Math.Min(count, end - start));
    }

    /// <summary>Appends a line with its line feed; false where the input or the limit on the whole ends before it.</summary>
    internal bool ReadLine(MemoryStream into, int limit)
    {
        while (into.Length < limit)
        {
            if (start == end && !Fill())
                return false;
            var rest = buffer.AsSpan(start, (int)Math.Min(end - start, limit - into.Length));
            var feed = rest.IndexOf((byte)'\n');
            var taken = feed < 0 ? rest.Length : feed + 1;
            into.Write(rest[..taken]);
            start += taken;
            if (feed >= 0)
                return true;
        }

        return false;
    }

    /// <summary>Fills the span, or as much of it as there is left.</summary>
    internal int Read(Span<byte> into)
    {
        var buffered = Math.Min(into.Length, end - start);
        buffer.AsSpan(start, buffered).CopyTo(into);
        start += buffered;
        return buffered + stream.ReadAtLeast(into[buffered..], into.Length - buffered, throwOnEndOfStream: false);
    }

    private bool Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        var read = end < buffer.Length ? stream.Read(buffer, end, buffer.Length - end) : 0;
        end += read;
        return read > 0;
    }
}
