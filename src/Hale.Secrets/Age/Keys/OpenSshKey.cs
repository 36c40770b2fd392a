using System.Security.Cryptography;
using System.Text;
using Hale.Secrets.Native;

namespace Hale.Secrets;

/// <summary>OpenSSH's own private key file (PROTOCOL.key): unencrypted, ed25519.</summary>
internal static class OpenSshKey
{
    internal const string Begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private const string End = "-----END OPENSSH PRIVATE KEY-----";
    private const int Columns = 70;
    private const string MagicText = "openssh-key-v1\0";

    internal static AgeIdentity Parse(string text)
    {
        text = text.Trim();
        if (!text.EndsWith(End, StringComparison.Ordinal))
            throw Malformed("its last line is missing");
        var lines = text[Begin.Length..^End.Length].Split((char[])['\n', '\r', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var data = new byte[text.Length];
        if (!Convert.TryFromBase64String(string.Concat(lines), data, out var length) || !data.AsSpan(0, length).StartsWith("openssh-key-v1\0"u8))
            throw Malformed("it is not base64 of a key");
        var wire = new SshWire(data.AsSpan(MagicText.Length, length - MagicText.Length));
        if (!wire.TryString(out var cipher) || !wire.TryString(out var kdf) || !wire.TryString(out _) || !wire.TryNumber(out var count))
            throw Malformed("it ends early");
        if (!cipher.SequenceEqual("none"u8) || !kdf.SequenceEqual("none"u8))
            throw new SecretsError(
                "The SSH key is protected by a passphrase.",
                "Use an age key; or remove the passphrase from a copy: ssh-keygen -p -f COPY.");
        if (count != 1 || !wire.TryString(out var publicKey) || !wire.TryString(out var privatePart) || !wire.AtEnd)
            throw Malformed("it does not hold exactly one key");
        return Key(publicKey, privatePart);
    }

    private static SshEd25519Identity Key(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> privatePart)
    {
        var wire = new SshWire(privatePart);
        if (!wire.TryNumber(out var first) || !wire.TryNumber(out var second) || first != second)
            throw Malformed("its check numbers differ");
        if (!wire.TryString(out var type))
            throw Malformed("it ends early");
        if (!type.SequenceEqual("ssh-ed25519"u8))
            throw new SecretsError(
                $"The SSH key is of type {string.Concat(Encoding.Latin1.GetString(type).Where(char.IsAsciiLetterOrDigit).Take(20))}, not ed25519.",
                "Use an age key, or an ed25519 one: ssh-keygen -t ed25519.");
        if (!wire.TryString(out var point) || !wire.TryString(out var secret) || !wire.TryString(out _)
            || point.Length != LibCrypto.PointLength || secret.Length != 2 * LibCrypto.PointLength)
            throw Malformed("its ed25519 key has another size");
        var seed = secret[..LibCrypto.PointLength];
        if (!secret[LibCrypto.PointLength..].SequenceEqual(point) || !LibCrypto.Ed25519Public(seed).AsSpan().SequenceEqual(point)
            || !publicKey.SequenceEqual(SshEd25519Recipient.WireOf(point)))
            throw Malformed("its public and its private half do not belong together");
        return new SshEd25519Identity(seed.ToArray());
    }

    /// <summary>A new private key file for a seed.</summary>
    internal static byte[] Text(byte[] seed, string comment)
    {
        var point = LibCrypto.Ed25519Public(seed);
        var check = RandomNumberGenerator.GetBytes(4);
        var keys = SshWire.Write("ssh-ed25519"u8.ToArray(), point, [.. seed, .. point], Encoding.UTF8.GetBytes(comment));
        // Filled up to blocks of 8 bytes with 1, 2, 3, …
        var padding = Enumerable.Range(1, (8 - ((check.Length * 2) + keys.Length) % 8) % 8).Select(number => (byte)number);
        byte[] one = [0, 0, 0, 1];
        byte[] whole =
        [
            .. "openssh-key-v1\0"u8, .. SshWire.Write("none"u8.ToArray(), "none"u8.ToArray(), []), .. one,
            .. SshWire.Write(SshEd25519Recipient.WireOf(point), [.. check, .. check, .. keys, .. padding]),
        ];
        var lines = Convert.ToBase64String(whole).Chunk(Columns).Select(line => new string(line) + "\n");
        var text = Encoding.ASCII.GetBytes($"{Begin}\n{string.Concat(lines)}{End}\n");
        CryptographicOperations.ZeroMemory(keys);
        CryptographicOperations.ZeroMemory(whole);
        return text;
    }

    private static SecretsError Malformed(string what) => new($"The SSH private key is malformed: {what}.", "Copy the whole file again.");
}
