using System.Buffers.Binary;

namespace Hale.Store.Transfer;

/// <summary>
/// Store paths on their way to a machine. Plain: for each path the length of a header (8 bytes, little-endian), the header (JSON of its
/// <see cref="Paths.PathInfo"/>), its NAR, whose length the header says; at the end a length of zero, so that a cut stream is known for one.
/// Each path comes after those it needs. Compressed: zstd frames in any division, so that archives that lie packed are sent as they lie.
/// </summary>
internal static class TransferFormat
{
    /// <summary>A header of some 10,000 references.</summary>
    internal const int LongestHeader = 1 << 20;

    internal static byte[] Length(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}

/// <summary>How far a transfer has come.</summary>
/// <param name="Path">The path that was sent or received last.</param>
/// <param name="Paths">How many are done.</param>
/// <param name="PathCount">How many there are in all; 0 for a receiver, who cannot know.</param>
/// <param name="Bytes">Bytes done: compressed ones for a sender, those of the archives for a receiver.</param>
/// <param name="ByteCount">How many there are in all; 0 for a receiver.</param>
public sealed record TransferProgress(Paths.StorePath Path, int Paths, int PathCount, long Bytes, long ByteCount);
