using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hale.Secrets;

/// <summary>
/// STREAM (C2SP age, "Payload"): ChaCha20-Poly1305 over chunks of 64 KiB, with an 11-byte counter and a byte that marks the last one as nonce,
/// so that chunks cannot be reordered, dropped or added.
/// </summary>
internal sealed class ChunkCipher : IDisposable
{
    internal const int PlainLength = 64 << 10;
    internal const int TagLength = 16;
    internal const int SealedLength = PlainLength + TagLength;
    internal const int NonceLength = 16;

    private readonly ChaCha20Poly1305 cipher;
    private readonly byte[] nonce = new byte[12];
    private ulong counter;

    internal ChunkCipher(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> payloadNonce)
    {
        var key = FileKey.Derive(fileKey, payloadNonce, "payload"u8);
        cipher = new ChaCha20Poly1305(key);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Whether no chunk has been sealed or opened yet.</summary>
    internal bool AtStart => counter == 0;

    /// <summary>Seals the next chunk: what is written is longer by the tag.</summary>
    internal void Seal(ReadOnlySpan<byte> plain, Span<byte> chunk, bool last)
    {
        cipher.Encrypt(Nonce(last), plain, chunk[..plain.Length], chunk.Slice(plain.Length, TagLength));
        counter++;
    }

    /// <summary>
    /// Opens the next chunk; false where it is not the authentic next one, or not the last where that is asked, or the other way around.
    /// </summary>
    internal bool TryOpen(ReadOnlySpan<byte> chunk, Span<byte> plain, bool last)
    {
        try
        {
            cipher.Decrypt(Nonce(last), chunk[..^TagLength], chunk[^TagLength..], plain[..(chunk.Length - TagLength)]);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        counter++;
        return true;
    }

    public void Dispose() => cipher.Dispose();

    private ReadOnlySpan<byte> Nonce(bool last)
    {
        // 2^64 chunks are more than there are bytes on earth: the upper three bytes of the counter stay zero.
        BinaryPrimitives.WriteUInt64BigEndian(nonce.AsSpan(3), counter);
        nonce[11] = last ? (byte)1 : (byte)0;
        return nonce;
    }
}
