using System.Runtime.InteropServices;

namespace Hale.Store.Signing;

/// <summary>Ed25519 (RFC 8032) by libcrypto's EVP, the one-shot calls with a null digest (EVP_SIGNATURE-ED25519(7)).</summary>
internal static unsafe partial class Ed25519
{
    internal const int KeyLength = 32;
    internal const int SignatureLength = 64;
    private const int Type = 1087;

    internal static byte[] PublicKeyOf(ReadOnlySpan<byte> seed)
    {
        using var key = PrivateKey(seed);
        var result = new byte[KeyLength];
        nuint length = KeyLength;
        fixed (byte* to = result)
            Check(EVP_PKEY_get_raw_public_key(key, to, &length));
        return result;
    }

    internal static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        using var key = PrivateKey(seed);
        using var context = DigestContext.Create();
        Check(EVP_DigestSignInit(context, 0, 0, 0, key));
        var result = new byte[SignatureLength];
        nuint length = SignatureLength;
        fixed (byte* to = result)
        fixed (byte* from = message)
            Check(EVP_DigestSign(context, to, &length, from, (nuint)message.Length));
        return result;
    }

    internal static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureLength)
            return false;
        using var key = new Key();
        fixed (byte* from = publicKey)
            key.Take(EVP_PKEY_new_raw_public_key(Type, 0, from, (nuint)publicKey.Length));
        using var context = DigestContext.Create();
        Check(EVP_DigestVerifyInit(context, 0, 0, 0, key));
        fixed (byte* at = signature)
        fixed (byte* from = message)
        {
            var valid = EVP_DigestVerify(context, at, (nuint)signature.Length, from, (nuint)message.Length) == 1;
            // A refused signature leaves an entry in OpenSSL's error queue, which the platform's own cryptography would trip over.
            ERR_clear_error();
            return valid;
        }
    }

    private static Key PrivateKey(ReadOnlySpan<byte> seed)
    {
        var key = new Key();
        fixed (byte* from = seed)
            key.Take(EVP_PKEY_new_raw_private_key(Type, 0, from, (nuint)seed.Length));
        return key;
    }

    private static void Check(int result)
    {
        if (result == 1)
            return;
        ERR_clear_error();
        throw new InvalidOperationException("libcrypto refused an Ed25519 operation.");
    }

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial nint EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial int EVP_PKEY_get_raw_public_key(Key key, byte* to, nuint* length);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial nint EVP_MD_CTX_new();

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial int EVP_DigestSignInit(DigestContext context, nint keyContext, nint digest, nint engine, Key key);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial int EVP_DigestSign(DigestContext context, byte* signature, nuint* length, byte* message, nuint messageLength);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial int EVP_DigestVerifyInit(DigestContext context, nint keyContext, nint digest, nint engine, Key key);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial int EVP_DigestVerify(DigestContext context, byte* signature, nuint length, byte* message, nuint messageLength);

    [LibraryImport(NativeLibraries.Crypto)]
    private static partial void ERR_clear_error();

    private sealed class Key() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        internal void Take(nint key)
        {
            SetHandle(key);
            Check(key == 0 ? 0 : 1);
        }

        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }

    private sealed class DigestContext() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        internal static DigestContext Create()
        {
            var context = new DigestContext();
            context.SetHandle(EVP_MD_CTX_new());
            Check(context.IsInvalid ? 0 : 1);
            return context;
        }

        protected override bool ReleaseHandle()
        {
            EVP_MD_CTX_free(handle);
            return true;
        }
    }
}
