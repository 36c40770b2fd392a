using System.Buffers.Binary;

namespace Sodium;

/// <summary>SHA-256, and what is made of it.</summary>
public static unsafe class SodiumHash
{
    /// <summary>The bytes of a hash.</summary>
    public const int Size = 32;

    /// <summary>SHA-256 (FIPS 180-4).</summary>
    public static byte[] Sha256(ReadOnlySpan<byte> message)
    {
        var hash = new byte[Size];
        fixed (byte* to = hash, from = message)
            _ = Native.crypto_hash_sha256(to, from, (ulong)message.Length);
        return hash;
    }

    /// <summary>The first block of PBKDF2 with HMAC-SHA-256 (RFC 8018, section 5.2): a key of 32 bytes.</summary>
    /// <param name="iterations">How often it is hashed, from 1: 100,000 take about 0.1 s.</param>
    public static byte[] Pbkdf2(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        // A state that has taken the password in is copied for each round, which spares hashing the password each time. Of ulongs: C wants it so aligned.
        var words = (int)(Native.crypto_auth_hmacsha256_statebytes() + sizeof(ulong) - 1) / sizeof(ulong);
        Span<ulong> keyed = stackalloc ulong[words], state = stackalloc ulong[words];
        Span<byte> first = [.. salt, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(first[^sizeof(int)..], 1);
        Span<byte> round = stackalloc byte[Size];
        var key = new byte[Size];

        fixed (byte* secret = password)
        fixed (ulong* to = keyed)
            _ = Native.crypto_auth_hmacsha256_init(to, secret, (nuint)password.Length);
        for (var number = 0; number < iterations; number++)
        {
            keyed.CopyTo(state);
            Code(state, number == 0 ? first : round, round);
            for (var at = 0; at < Size; at++)
                key[at] ^= round[at];
        }
        return key;
    }

    private static void Code(Span<ulong> state, ReadOnlySpan<byte> message, Span<byte> code)
    {
        fixed (ulong* at = state)
        fixed (byte* from = message, to = code)
        {
            _ = Native.crypto_auth_hmacsha256_update(at, from, (ulong)message.Length);
            _ = Native.crypto_auth_hmacsha256_final(at, to);
        }
    }
}
