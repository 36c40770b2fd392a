namespace Hale.Secrets;

/// <summary>Copies a payload through its chunks in constant memory. Nothing is released that has not been authenticated.</summary>
internal static class Payload
{
    /// <summary>Encrypts everything up to the source's end.</summary>
    internal static void Seal(ChunkCipher cipher, Stream plaintext, Stream payload)
    {
        var source = new ByteSource(plaintext);
        var plain = new byte[ChunkCipher.PlainLength];
        var chunk = new byte[ChunkCipher.SealedLength];
        bool last;
        do
        {
            var read = source.Read(plain);
            last = read < plain.Length || source.Peek(1).IsEmpty;
            cipher.Seal(plain.AsSpan(0, read), chunk, last);
            payload.Write(chunk, 0, read + ChunkCipher.TagLength);
        }
        while (!last);
    }

    /// <summary>Decrypts up to the last chunk, which must be the source's end.</summary>
    internal static void Open(ChunkCipher cipher, ByteSource payload, Stream plaintext)
    {
        var chunk = new byte[ChunkCipher.SealedLength];
        var plain = new byte[ChunkCipher.PlainLength];
        bool last;
        do
        {
            var sealedChunk = chunk.AsSpan(0, payload.Read(chunk));
            if (sealedChunk.Length < ChunkCipher.TagLength)
                throw Damaged("it ends early");
            // A chunk of full length is the last one only by what it says of itself.
            last = sealedChunk.Length < chunk.Length;
            var first = cipher.AtStart;
            if (!cipher.TryOpen(sealedChunk, plain, last) && (last || !(last = cipher.TryOpen(sealedChunk, plain, last: true))))
                throw Damaged("a chunk was changed, moved, or is the end of a file that was cut");
            if (last && !first && sealedChunk.Length == ChunkCipher.TagLength)
                throw Damaged("its last chunk is empty");
            plaintext.Write(plain, 0, sealedChunk.Length - ChunkCipher.TagLength);
        }
        while (!last);
        if (!payload.Peek(1).IsEmpty)
            throw Damaged("something follows its end");
    }

    private static SecretsError Damaged(string what) =>
        new(
            $"The content of the age file is damaged: {what}.",
            "Fetch the file again, or take it from a backup.")
        { Fault = SecretsFault.Payload };
}
