using System.IO.Compression;

namespace Hale.Store.Compression;

/// <summary>
/// The way into everything compressed. Input is hostile until a hash says otherwise: whatever is corrupt, truncated, or grows past
/// the caller's limit is an <see cref="InvalidDataException"/>, and memory stays bounded whatever the input claims.
/// </summary>
public static class Decompressor
{
    /// <summary>A stream of the plain bytes of <paramref name="source"/>; reading is forward only.</summary>
    /// <param name="source">The compressed bytes, read in large blocks and past the end of the compressed data.</param>
    /// <param name="format">How they are compressed.</param>
    /// <param name="limit">The most plain bytes to give out; one more is an <see cref="InvalidDataException"/>.</param>
    /// <param name="leaveOpen">Whether disposing the result leaves the source open.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative limit, or an unknown format.</exception>
    public static Stream Open(Stream source, CompressionFormat format, long limit, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return format switch
        {
            CompressionFormat.None => new LimitedStream(source, limit, leaveOpen),
            CompressionFormat.Gzip => new LimitedStream(new GzipMemberStream(source, leaveOpen), limit, leaveOpen: false),
            CompressionFormat.Xz => new DecodingStream(source, new XzDecoder(), limit, leaveOpen),
            CompressionFormat.Zstd => new DecodingStream(source, new ZstdDecoder(), limit, leaveOpen),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "not a compression"),
        };
    }

    /// <summary>The format that the first bytes of a file tell; <see cref="CompressionFormat.None"/> where they tell none.</summary>
    /// <param name="head">At least six bytes, where the file has them.</param>
    public static CompressionFormat Detect(ReadOnlySpan<byte> head) => head switch
    {
        [0x1f, 0x8b, ..] => CompressionFormat.Gzip,
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => CompressionFormat.Xz,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionFormat.Zstd,
        _ => CompressionFormat.None,
    };

    /// <summary>The error of a stream that grows past its limit.</summary>
    internal static InvalidDataException TooLong(long limit) =>
        new($"The data is longer than the {limit} bytes allowed when decompressed.");
}
