using System.Buffers.Binary;
using System.Text.Json;
using Hale.Store.Compression;
using Hale.Store.Paths;

namespace Hale.Store.Transfer;

/// <summary>
/// Takes a transfer apart: headers, and archives as streams that end where the header says. Whatever breaks the format is an
/// <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class TransferReader(Stream source) : IDisposable
{
    // The transfer as a whole may be large; each header and each archive has a limit of its own.
    private readonly Stream plain = Decompressor.Open(source, CompressionFormat.Zstd, long.MaxValue, leaveOpen: true);
    private SectionStream? archive;

    /// <summary>The next path's info; null at the end. What was left of the last archive is skipped.</summary>
    internal PathInfo? Next()
    {
        archive?.CopyTo(Stream.Null);
        var length = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
        if (length == 0)
            return plain.ReadByte() < 0 ? null : throw Bad("bytes follow its end");
        if (length is < 0 or > TransferFormat.LongestHeader)
            throw Bad($"a header has {(ulong)length} bytes, and {TransferFormat.LongestHeader} are allowed");
        var info = Header(Take((int)length));
        archive = new SectionStream(plain, info.NarSize);
        return info;
    }

    /// <summary>The archive of the path that <see cref="Next"/> gave last.</summary>
    internal Stream Archive() => archive ?? throw new InvalidOperationException("No path is open.");

    public void Dispose() => plain.Dispose();

    internal static InvalidDataException Bad(string what) => new($"The transfer is refused: {what}.");

    private static PathInfo Header(byte[] json)
    {
        PathInfo info;
        try
        {
            info = PathInfo.Read(json);
        }
        catch (JsonException error)
        {
            throw Bad($"a header is malformed ({error.Message})");
        }

        if (info.NarSize <= 0)
            throw Bad($"{info.Path} claims an archive of {info.NarSize} bytes");
        return info.IsContentAddressed ? info : throw Bad($"{info.Path} is not the path that its hash and references give");
    }

    private byte[] Take(int count)
    {
        var bytes = new byte[count];
        return plain.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count ? bytes : throw Bad("it is cut short");
    }

    /// <summary>The next so many bytes of a stream.</summary>
    private sealed class SectionStream(Stream source, long length) : ForwardStream
    {
        private long left = length;

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override int Read(Span<byte> buffer)
        {
            if (left == 0 || buffer.IsEmpty)
                return 0;
            var read = source.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
            left -= read;
            return read > 0 ? read : throw Bad("it is cut short");
        }
    }
}
