using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hale.Store.Unpack;

/// <summary>
/// Reads the dialects of tar that archives are made in (v7, ustar, GNU's long names and large sizes, pax headers where they may be),
/// and refuses all else: whatever comes here is hostile until shown otherwise, so nothing is allocated by what a header claims.
/// </summary>
/// <param name="stream">The plain bytes, read forward.</param>
/// <param name="mayHavePax">Whether pax headers are read; deb(5) allows a package none.</param>
internal sealed class TarReader(Stream stream, bool mayHavePax = false) : IArchive
{
    private const int Block = 512;
    private const int MaxName = 4096;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] header = new byte[Block];
    private readonly byte[] buffer = new byte[1 << 17];
    private long contentLeft;
    private int padding;

    /// <summary>Moves to the next entry, past what was not read of the current one; null at the end.</summary>
    /// <exception cref="InvalidDataException">The archive is malformed, truncated, or holds what no package may.</exception>
    public ArchiveEntry? Next()
    {
        string? longName = null;
        string? longTarget = null;
        long? paxSize = null;
        while (true)
        {
            Skip(contentLeft + padding);
            contentLeft = 0;
            padding = 0;
            Fill(header);
            if (!header.AsSpan().ContainsAnyExcept((byte)0)) return null;
            if (!HasChecksum()) throw new InvalidDataException("a tar header's checksum is wrong");
            var size = Number(124, 12);
            switch ((char)header[156])
            {
                case 'L':
                    longName = LongText(size);
                    break;
                case 'K':
                    longTarget = LongText(size);
                    break;
                case 'x' when mayHavePax:
                    var records = Pax(size);
                    (longName, longTarget, paxSize) = (records.Path ?? longName, records.LinkPath ?? longTarget, records.Size ?? paxSize);
                    break;
                case 'g' when mayHavePax:
                    // Of the whole archive: a comment of git's, or a time. What it said of an entry would be said of every one.
                    if (Pax(size) != new PaxRecords(null, null, null)) throw new InvalidDataException("a global pax header names a path or a size");
                    break;
                default:
                    return Entry(longName ?? Name(), longTarget ?? Text(157, 100), paxSize ?? size);
            }
        }
    }

    /// <summary>Writes the current entry's content to a file.</summary>
    /// <exception cref="InvalidDataException">The archive ends in the middle.</exception>
    public void CopyContent(SafeFileHandle target)
    {
        for (var written = 0L; contentLeft > 0;)
        {
            var part = ReadContent();
            RandomAccess.Write(target, part, written);
            written += part.Length;
        }
    }

    /// <summary>The current entry's content, for small files.</summary>
    /// <exception cref="InvalidDataException">The archive ends in the middle.</exception>
    public byte[] ReadAllContent()
    {
        var all = new MemoryStream();
        while (contentLeft > 0) all.Write(ReadContent());
        return all.ToArray();
    }

    /// <summary>Ends reading.</summary>
    public void Dispose() => stream.Dispose();

    private ReadOnlySpan<byte> ReadContent()
    {
        var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, contentLeft));
        Fill(part);
        contentLeft -= part.Length;
        return part;
    }

    private ArchiveEntry Entry(string name, string target, long size)
    {
        var type = (char)header[156];
        EntryKind kind = type switch
        {
            // In the oldest form a folder is a file whose name ends with a slash.
            '\0' or '0' => type == '\0' && name.EndsWith('/') ? EntryKind.Directory : EntryKind.File,
            '1' => EntryKind.HardLink,
            '2' => EntryKind.SymbolicLink,
            '5' => EntryKind.Directory,
            '3' or '4' => throw new InvalidDataException($"`{name}` is a device node"),
            '6' => throw new InvalidDataException($"`{name}` is a named pipe"),
            'x' or 'g' => throw new InvalidDataException("it has pax headers, which no Debian package may have"),
            _ => throw new InvalidDataException($"`{name}` is an entry of the unknown kind {(int)type}"),
        };
        if (kind == EntryKind.File)
        {
            contentLeft = size;
            padding = (int)(-size & (Block - 1));
        }
        else if (size != 0)
        {
            throw new InvalidDataException($"`{name}` has content, though it is a {kind}");
        }

        var executable = (Number(100, 8) & 0b001_000_000) != 0;
        return new ArchiveEntry(name, kind, executable, size, kind is EntryKind.HardLink or EntryKind.SymbolicLink ? target : "");
    }

    private string Name()
    {
        var name = Text(0, 100);
        // Only POSIX's form has the prefix; GNU's keeps times there.
        var posix = header.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        return posix && header[345] != 0 ? $"{Text(345, 155)}/{name}" : name;
    }

    private string LongText(long size)
    {
        if (size is <= 0 or > MaxName) throw new InvalidDataException($"a name is {size} bytes long; {MaxName} are allowed");
        var text = new byte[size];
        Fill(text);
        Skip(-size & (Block - 1));
        return Decode(text);
    }

    private PaxRecords Pax(long size)
    {
        if (size > PaxRecords.MaxSize) throw new InvalidDataException($"a pax header is {size} bytes long; {PaxRecords.MaxSize} are allowed");
        var records = new byte[size];
        Fill(records);
        Skip(-size & (Block - 1));
        return PaxRecords.Parse(records);
    }

    private string Text(int offset, int length) => Decode(header.AsSpan(offset, length));

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        if (end >= 0) bytes = bytes[..end];
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"the name `{Encoding.UTF8.GetString(bytes)}` is not UTF-8");
        }
    }

    // Octal digits, or with the first bit set a big-endian binary number (GNU).
    private long Number(int offset, int length)
    {
        var field = header.AsSpan(offset, length);
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            if (field[0] != 0x80 || field[1..^8].ContainsAnyExcept((byte)0)) throw new InvalidDataException(
                "a tar header holds a number out of range");
            value = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return value >= 0 ? value : throw new InvalidDataException("a tar header holds a negative number");
        }

        var digits = field.Trim(" \0"u8);
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7') throw new InvalidDataException("a tar header holds a malformed number");
            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    // The sum of all bytes, those of the checksum's own field counted as blanks.
    private bool HasChecksum()
    {
        var sum = 8 * ' ';
        for (var i = 0; i < Block; i++)
            if (i is < 148 or >= 156) sum += header[i];
        return Number(148, 8) == sum;
    }

    private void Fill(Span<byte> target)
    {
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
            throw new InvalidDataException("its data ends in the middle");
    }

    private void Skip(long count)
    {
        for (; count > 0; count -= Math.Min(count, buffer.Length))
            Fill(buffer.AsSpan(0, (int)Math.Min(count, buffer.Length)));
    }
}
