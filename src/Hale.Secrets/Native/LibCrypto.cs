using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Hale.Secrets.Native;

/// <summary>
/// What age and sops need and the base library lacks, from OpenSSL 3, which .NET's own cryptography on Linux already loads:
/// X25519, the public half of an Ed25519 key, scrypt, and AES-256-GCM with an IV of any length. The only native code of this project.
/// </summary>
internal static partial class LibCrypto
{
    private const string Library = "libcrypto";
    private const int X25519 = 1034;
    private const int Ed25519 = 1087;
    private const int SetIvLength = 0x9;
    private const int GetTag = 0x10;
    private const int SetTag = 0x11;

    /// <summary>Bytes of a Curve25519 scalar or point.</summary>
    internal const int PointLength = 32;

    /// <summary>Bytes of an AES-GCM tag.</summary>
    internal const int TagLength = 16;

    /// <summary>The public point of an X25519 scalar (RFC 7748, 6.1).</summary>
    internal static byte[] X25519Public(ReadOnlySpan<byte> scalar) => PublicOf(X25519, scalar);

    /// <summary>The public key of an Ed25519 seed (RFC 8032, 5.1.5).</summary>
    internal static byte[] Ed25519Public(ReadOnlySpan<byte> seed) => PublicOf(Ed25519, seed);

    /// <summary>The shared secret of a scalar and a point; null where the point is of low order and the secret would be zero.</summary>
    internal static byte[]? X25519Shared(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> point)
    {
        nint own = 0, peer = 0, context = 0;
        try
        {
            own = Made(EVP_PKEY_new_raw_private_key(X25519, 0, scalar, (nuint)scalar.Length));
            peer = Made(EVP_PKEY_new_raw_public_key(X25519, 0, point, (nuint)point.Length));
            context = Made(EVP_PKEY_CTX_new(own, 0));
            Done(EVP_PKEY_derive_init(context));
            Done(EVP_PKEY_derive_set_peer(context, peer));
            var secret = new byte[PointLength];
            var length = (nuint)secret.Length;
            // OpenSSL itself refuses an all-zero result (RFC 7748, 6.1), which is the only way this can fail.
            return EVP_PKEY_derive(context, secret, ref length) == 1 ? secret : null;
        }
        finally
        {
            EVP_PKEY_CTX_free(context);
            EVP_PKEY_free(peer);
            EVP_PKEY_free(own);
        }
    }

    /// <summary>scrypt with r = 8 and p = 1 (RFC 7914): 32 bytes.</summary>
    /// <param name="passphrase">The passphrase's bytes.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="logN">The work factor: N is two to its power, and the memory taken is 1 KiB times N.</param>
    internal static byte[] Scrypt(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int logN)
    {
        var n = 1UL << logN;
        var key = new byte[32];
        Done(EVP_PBE_scrypt(passphrase, (nuint)passphrase.Length, salt, (nuint)salt.Length, n, 8, 1, (128 * n * 8) + (64 << 20), key, (nuint)key.Length));
        return key;
    }

    /// <summary>AES-256-GCM: the ciphertext goes where the caller says, the tag is returned.</summary>
    internal static byte[] AesGcmEncrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> additional, Span<byte> cipher)
    {
        var context = Made(EVP_CIPHER_CTX_new());
        try
        {
            Start(context, key, iv, encrypt: true);
            Done(EVP_CipherUpdate(context, 0, out _, additional, additional.Length));
            Done(EVP_CipherUpdate(context, cipher, out _, plain, plain.Length));
            Done(EVP_CipherFinal_ex(context, cipher, out _));
            var tag = new byte[TagLength];
            Done(EVP_CIPHER_CTX_ctrl(context, GetTag, tag.Length, tag));
            return tag;
        }
        finally
        {
            EVP_CIPHER_CTX_free(context);
        }
    }

    /// <summary>AES-256-GCM: whether the tag is right. Where it is not, the plain buffer is wiped.</summary>
    internal static bool AesGcmDecrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> additional, Span<byte> plain)
    {
        var context = Made(EVP_CIPHER_CTX_new());
        try
        {
            Start(context, key, iv, encrypt: false);
            Done(EVP_CipherUpdate(context, 0, out _, additional, additional.Length));
            Done(EVP_CipherUpdate(context, plain, out _, cipher, cipher.Length));
            Done(EVP_CIPHER_CTX_ctrl(context, SetTag, tag.Length, tag.ToArray()));
            if (EVP_CipherFinal_ex(context, plain, out _) == 1)
                return true;
            CryptographicOperations.ZeroMemory(plain);
            return false;
        }
        finally
        {
            EVP_CIPHER_CTX_free(context);
        }
    }

    private static void Start(nint context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, bool encrypt)
    {
        Done(EVP_CipherInit_ex(context, EVP_aes_256_gcm(), 0, default, default, encrypt ? 1 : 0));
        Done(EVP_CIPHER_CTX_ctrl(context, SetIvLength, iv.Length, null));
        Done(EVP_CipherInit_ex(context, 0, 0, key, iv, encrypt ? 1 : 0));
    }

    private static byte[] PublicOf(int type, ReadOnlySpan<byte> secret)
    {
        var key = Made(EVP_PKEY_new_raw_private_key(type, 0, secret, (nuint)secret.Length));
        try
        {
            var point = new byte[PointLength];
            var length = (nuint)point.Length;
            Done(EVP_PKEY_get_raw_public_key(key, point, ref length));
            return point;
        }
        finally
        {
            EVP_PKEY_free(key);
        }
    }

    private static nint Made(nint handle) => handle != 0 ? handle : throw new CryptographicException("OpenSSL made nothing.");

    private static void Done(int result)
    {
        if (result != 1)
            throw new CryptographicException("OpenSSL refused an operation.");
    }

    // A library may install its resolver once, before its first P/Invoke: that is what a module initializer is for.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void Install() => NativeLibrary.SetDllImportResolver(typeof(LibCrypto).Assembly, Resolve);
#pragma warning restore CA2255

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return 0;
        string[] files = OperatingSystem.IsMacOS()
            ? ["libcrypto.3.dylib", "/opt/homebrew/lib/libcrypto.3.dylib", "/usr/local/lib/libcrypto.3.dylib"]
            : ["libcrypto.so.3"];
        foreach (var file in files)
            if (NativeLibrary.TryLoad(file, assembly, path, out var handle))
                return handle;
        throw new SecretsError(
            $"The library {files[0]} cannot be loaded.",
            OperatingSystem.IsMacOS() ? "Install it: brew install openssl@3." : "Install it: apt-get install libssl3.");
    }

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_new_raw_private_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_get_raw_public_key(nint key, Span<byte> point, ref nuint length);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_CTX_new(nint key, nint engine);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_derive_init(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_derive_set_peer(nint context, nint peer);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_derive(nint context, Span<byte> secret, ref nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PBE_scrypt(
        ReadOnlySpan<byte> password, nuint passwordLength, ReadOnlySpan<byte> salt, nuint saltLength,
        ulong n, ulong r, ulong p, ulong maximumMemory, Span<byte> key, nuint keyLength);

    [LibraryImport(Library)]
    private static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial nint EVP_aes_256_gcm();

    [LibraryImport(Library)]
    private static partial int EVP_CipherInit_ex(
        nint context, nint cipher, nint engine, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, int encrypt);

    [LibraryImport(Library)]
    private static partial int EVP_CIPHER_CTX_ctrl(nint context, int command, int argument, byte[]? pointer);

    [LibraryImport(Library)]
    private static partial int EVP_CipherUpdate(nint context, Span<byte> output, out int written, ReadOnlySpan<byte> input, int length);

    [LibraryImport(Library)]
    private static partial int EVP_CipherUpdate(nint context, nint output, out int written, ReadOnlySpan<byte> input, int length);

    [LibraryImport(Library)]
    private static partial int EVP_CipherFinal_ex(nint context, Span<byte> output, out int written);
}
