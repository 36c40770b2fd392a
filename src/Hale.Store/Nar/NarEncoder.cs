using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Hale.Store.Paths;

namespace Hale.Store.Nar;

/// <summary>
/// Makes the bytes of an archive from calls in its order, through one large buffer: what fills it is hashed, searched for references
/// where asked, and passed on where a target is given. The caller sees to the order of entries.
/// </summary>
internal sealed class NarEncoder : IDisposable
{
    private const int BufferSize = 256 * 1024;
    private static readonly byte[] Zeros = new byte[8];
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Stream? target;
    private readonly ReferenceScanner? scanner;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int filled;
    private long total;

    internal NarEncoder(Stream? target = null, ReferenceScanner? scanner = null)
    {
        (this.target, this.scanner) = (target, scanner);
        Text(NarFormat.Magic);
    }

    /// <summary>Begins a file; exactly <paramref name="length"/> bytes come next, by <see cref="Room"/> and <see cref="Advance"/>, or <see cref="Content"/>.</summary>
    internal void BeginFile(bool executable, long length)
    {
        Raw(executable ? NarTokens.ExecutableFile : NarTokens.File);
        Number(length);
    }

    /// <summary>Ends a file of that length.</summary>
    internal void EndFile(long length)
    {
        Raw(Zeros.AsSpan(0, NarFormat.Padding(length)));
        Raw(NarTokens.Close);
    }

    internal void File(bool executable, ReadOnlySpan<byte> content)
    {
        BeginFile(executable, content.Length);
        Content(content);
        EndFile(content.Length);
    }

    internal void Link(string to)
    {
        Raw(NarTokens.Link);
        Text(to);
        Raw(NarTokens.Close);
    }

    internal void BeginFolder() => Raw(NarTokens.Folder);

    internal void EndFolder() => Raw(NarTokens.Close);

    internal void BeginEntry(string name)
    {
        Raw(NarTokens.Entry);
        Text(name);
        Raw(NarTokens.Node);
    }

    internal void EndEntry() => Raw(NarTokens.Close);

    /// <summary>Where the next bytes of a file may be put.</summary>
    internal Span<byte> Room()
    {
        if (filled == buffer.Length)
            Drain();
        return buffer.AsSpan(filled);
    }

    /// <summary>Says how many bytes were put there.</summary>
    internal void Advance(int count) => filled += count;

    internal void Content(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = Room();
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    internal NarDigest Finish()
    {
        Drain();
        Span<byte> result = stackalloc byte[32];
        hash.GetHashAndReset(result);
        return new(Sha256Hash.FromBytes(result), total);
    }

    public void Dispose()
    {
        hash.Dispose();
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    private void Number(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Raw(bytes);
    }

    private void Text(string text)
    {
        var length = NarFormat.Utf8.GetByteCount(text);
        Number(length);
        if (buffer.Length - filled < length)
            Drain();
        filled += NarFormat.Utf8.GetBytes(text, buffer.AsSpan(filled));
        Raw(Zeros.AsSpan(0, NarFormat.Padding(length)));
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        if (buffer.Length - filled < bytes.Length)
            Drain();
        bytes.CopyTo(buffer.AsSpan(filled));
        filled += bytes.Length;
    }

    private void Drain()
    {
        var bytes = buffer.AsSpan(0, filled);
        hash.AppendData(bytes);
        scanner?.Observe(bytes);
        target?.Write(bytes);
        total += filled;
        filled = 0;
    }
}

/// <summary>Runs of words that always stand together, encoded once.</summary>
internal static class NarTokens
{
    internal static readonly byte[] File = Encode("(", "type", "regular", "contents");
    internal static readonly byte[] ExecutableFile = Encode("(", "type", "regular", "executable", "", "contents");
    internal static readonly byte[] Link = Encode("(", "type", "symlink", "target");
    internal static readonly byte[] Folder = Encode("(", "type", "directory");
    internal static readonly byte[] Entry = Encode("entry", "(", "name");
    internal static readonly byte[] Node = Encode("node");
    internal static readonly byte[] Close = Encode(")");

    private static byte[] Encode(params string[] words)
    {
        var bytes = new List<byte>();
        foreach (var word in words)
        {
            bytes.AddRange(BitConverter.GetBytes((long)word.Length));
            bytes.AddRange(NarFormat.Utf8.GetBytes(word));
            bytes.AddRange(new byte[NarFormat.Padding(word.Length)]);
        }

        return [.. bytes];
    }
}
