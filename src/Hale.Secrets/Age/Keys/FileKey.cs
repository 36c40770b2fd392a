using System.Security.Cryptography;

namespace Hale.Secrets;

/// <summary>The 16 bytes that a file is encrypted with, and how they are wrapped for one recipient.</summary>
internal static class FileKey
{
    internal const int Length = 16;
    private const int TagLength = 16;

    internal static byte[] New() => RandomNumberGenerator.GetBytes(Length);

    /// <summary>ChaCha20-Poly1305 with a zero nonce, which is safe because a wrapping key is used once.</summary>
    internal static byte[] Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> fileKey)
    {
        var body = new byte[Length + TagLength];
        using var cipher = new ChaCha20Poly1305(wrappingKey);
        cipher.Encrypt(stackalloc byte[12], fileKey, body.AsSpan(0, Length), body.AsSpan(Length));
        return body;
    }

    /// <summary>The file key; null where it was wrapped for somebody else.</summary>
    internal static byte[]? Unwrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> body)
    {
        var fileKey = new byte[Length];
        using var cipher = new ChaCha20Poly1305(wrappingKey);
        try
        {
            cipher.Decrypt(stackalloc byte[12], body[..Length], body[Length..], fileKey);
            return fileKey;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>HKDF-SHA-256: 32 bytes.</summary>
    internal static byte[] Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info)
    {
        // In two steps, for OpenSSL's one does not take an empty secret, which the tweak of an SSH key has.
        var key = new byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, HMACSHA256.HashData(salt, secret), key, info);
        return key;
    }
}
