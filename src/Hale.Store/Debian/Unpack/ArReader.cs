using System.Globalization;
using System.Text;

namespace Hale.Store.Debian;

/// <summary>Reads an ar archive (deb(5)) forward: a magic line, then members with a header of 60 bytes each.</summary>
internal sealed class ArReader(Stream stream)
{
    private const int HeaderSize = 60;
    private readonly byte[] header = new byte[HeaderSize];
    private long memberEnd;
    private long position;

    /// <summary>The current member's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The current member's size in bytes.</summary>
    public long Size { get; private set; }

    /// <summary>Reads the magic.</summary>
    /// <exception cref="InvalidDataException">It is no ar archive.</exception>
    public void Begin()
    {
        var magic = new byte[8];
        if (stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.AsSpan().SequenceEqual("!<arch>\n"u8))
            throw new InvalidDataException("it is not an ar archive");
        position = memberEnd = magic.Length;
    }

    /// <summary>Moves to the next member; false at the end.</summary>
    /// <exception cref="InvalidDataException">A header is malformed, or names a member longer than the file.</exception>
    public bool Next()
    {
        // Members begin at even places.
        position = memberEnd + (memberEnd & 1);
        if (position >= stream.Length) return false;
        stream.Position = position;
        if (stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize || header[58] != '`' || header[59] != '\n')
            throw new InvalidDataException($"the ar header at byte {position} is malformed");
        Name = Encoding.Latin1.GetString(header, 0, 16).TrimEnd(' ').TrimEnd('/');
        var text = Encoding.Latin1.GetString(header, 48, 10).TrimEnd(' ');
        position += HeaderSize;
        if (!long.TryParse(text, NumberStyles.None, null, out var size) || size > stream.Length - position)
            throw new InvalidDataException($"the member `{Name}` claims a size of `{text}` bytes, which the file does not have");
        Size = size;
        memberEnd = position + size;
        return true;
    }

    /// <summary>The current member's content; valid until the next move.</summary>
    public Stream Content() => new Part(stream, Size);

    private sealed class Part(Stream whole, long size) : Compression.ForwardStream
    {
        private long left = size;

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override int Read(Span<byte> buffer)
        {
            var read = whole.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
            left -= read;
            return read;
        }
    }
}
