using System.Runtime.InteropServices;

namespace Sodium;

/// <summary>libsodium's C interface (core.h, randombytes.h, crypto_hash_sha256.h, crypto_auth_hmacsha256.h of version 1.0.18), under its own names.</summary>
internal static unsafe partial class Native
{
    internal const string Library = "libsodium.so.23";

    // Before anything else is called: it chooses where random values come from.
    static Native()
    {
        if (sodium_init() < 0)
            throw new InvalidOperationException($"{Library} cannot make itself ready.");
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    internal static partial void randombytes_buf(byte* buffer, nuint size);

    [LibraryImport(Library)]
    internal static partial uint randombytes_uniform(uint upperBound);

    [LibraryImport(Library)]
    internal static partial int crypto_hash_sha256(byte* hash, byte* message, ulong length);

    [LibraryImport(Library)]
    internal static partial nuint crypto_auth_hmacsha256_statebytes();

    [LibraryImport(Library)]
    internal static partial int crypto_auth_hmacsha256_init(void* state, byte* key, nuint length);

    [LibraryImport(Library)]
    internal static partial int crypto_auth_hmacsha256_update(void* state, byte* message, ulong length);

    [LibraryImport(Library)]
    internal static partial int crypto_auth_hmacsha256_final(void* state, byte* code);
}
