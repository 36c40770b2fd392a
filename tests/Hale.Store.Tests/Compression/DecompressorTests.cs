using Hale.Store.Compression;

namespace Hale.Store.Tests.Compression;

public sealed class DecompressorTests
{
    private static readonly byte[] Plain = Sample(700_001);

    public static TheoryData<CompressionFormat> Formats => [CompressionFormat.Gzip, CompressionFormat.Xz, CompressionFormat.Zstd];

    [Theory, MemberData(nameof(Formats))]
    public void What_a_peer_compressed_comes_out_again(CompressionFormat format) =>
        Assert.Equal(Plain, Read(Compress(format, Plain), format));

    [Theory, MemberData(nameof(Formats))]
    public void Nothing_compressed_is_nothing(CompressionFormat format) => Assert.Empty(Read(Compress(format, []), format));

    [Theory, MemberData(nameof(Formats))]
    public void A_format_is_known_by_its_first_bytes(CompressionFormat format) =>
        Assert.Equal(format, Decompressor.Detect(Compress(format, Plain)));

    [Theory, MemberData(nameof(Formats))]
    public void Truncated_anywhere_is_invalid(CompressionFormat format)
    {
        var whole = Compress(format, Plain);
        foreach (var length in Enumerable.Range(0, 40).Concat(Enumerable.Range(whole.Length - 40, 40)).Append(whole.Length / 2))
            Assert.Throws<InvalidDataException>(() => Read(whole[..length], format));
    }

    [Theory, MemberData(nameof(Formats))]
    public void Corrupt_anywhere_never_gives_other_bytes(CompressionFormat format)
    {
        var whole = Compress(format, Plain);
        var random = new Random(7);
        for (var round = 0; round < 100; round++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                // Some header bits (a gzip's time, say) mean nothing for the content.
                Assert.Equal(Plain, Read(damaged, format));
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_bomb_is_stopped_at_the_limit(CompressionFormat format)
    {
        var bomb = Compress(format, new byte[50_000_000]);
        Assert.True(bomb.Length < 60_000);
        using var stream = Decompressor.Open(new MemoryStream(bomb), format, limit: 1_000_000);
        var error = Assert.Throws<InvalidDataException>(() => stream.CopyTo(Stream.Null));
        Assert.Contains("1000000", error.Message);
    }

    [Theory, MemberData(nameof(Formats))]
    public void Exactly_the_limit_is_allowed(CompressionFormat format) =>
        Assert.Equal(Plain, Read(Compress(format, Plain), format, Plain.Length));

    [Theory, InlineData(CompressionFormat.Xz), InlineData(CompressionFormat.Zstd)]
    public void Concatenated_data_is_one(CompressionFormat format)
    {
        byte[] two = [.. Compress(format, Plain), .. Compress(format, [1, 2, 3])];
        Assert.Equal([.. Plain, 1, 2, 3], Read(two, format));
        Assert.Throws<InvalidDataException>(() => Read([.. two, 9], format));
    }

    [Fact]
    public void A_second_gzip_member_is_refused_not_dropped() =>
        Assert.Throws<InvalidDataException>(() =>
            Read([.. Compress(CompressionFormat.Gzip, Plain), .. Compress(CompressionFormat.Gzip, [1])], CompressionFormat.Gzip));

    [Fact]
    public void What_we_compress_zstd_reads()
    {
        if (!Peer.Has("zstd"))
            return;
        Assert.Equal(Plain, Peer.Run("zstd", ["-d", "-c"], ZstdOf(Plain)));
        Assert.Equal(ZstdOf(Plain), ZstdOf(Plain));
    }

    [Fact]
    public void A_flush_sends_what_was_written()
    {
        var target = new MemoryStream();
        using var stream = new ZstdCompressionStream(target, leaveOpen: true);
        stream.Write([1, 2, 3]);
        stream.Flush();
        using var reader = Decompressor.Open(new MemoryStream(target.ToArray()), CompressionFormat.Zstd, 10);
        Assert.Equal(3, reader.Read(new byte[10]));
    }

    private static byte[] Read(byte[] compressed, CompressionFormat format, long limit = 10_000_000)
    {
        using var stream = Decompressor.Open(new Trickle(compressed), format, limit);
        var result = new MemoryStream();
        stream.CopyTo(result, 5_000);
        return result.ToArray();
    }

    private static byte[] Compress(CompressionFormat format, byte[] plain) => format switch
    {
        CompressionFormat.Gzip => Peer.Run("gzip", ["-c"], plain),
        CompressionFormat.Xz => Peer.Run("xz", ["-c", "--check=crc64"], plain),
        CompressionFormat.Zstd => ZstdOf(plain),
        _ => plain,
    };

    private static byte[] ZstdOf(byte[] plain)
    {
        var target = new MemoryStream();
        using (var stream = new ZstdCompressionStream(target, leaveOpen: true))
            stream.Write(plain);
        return target.ToArray();
    }

    private static byte[] Sample(int length)
    {
        var random = new Random(1);
        var result = new byte[length];
        for (var at = 0; at < length; at++)
            result[at] = (byte)"the quick brown fox "[random.Next(20)];
        return result;
    }

    /// <summary>Gives odd, small pieces, as a network does.</summary>
    private sealed class Trickle(byte[] bytes) : ForwardStream
    {
        private int at;

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(Math.Min(buffer.Length, 997), bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(buffer);
            at += count;
            return count;
        }
    }
}
