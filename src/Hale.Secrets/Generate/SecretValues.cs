using System.Security.Cryptography;
using System.Text;
using Hale.Secrets.Native;

namespace Hale.Secrets;

/// <summary>Makes values that nobody has to think up: each from the system's source of randomness, without bias.</summary>
public static class SecretValues
{
    /// <summary>A text.</summary>
    /// <param name="length">How many characters; at least 1.</param>
    /// <param name="alphabet">The characters, each once; at least 2.</param>
    public static byte[] Text(int length, string alphabet)
    {
        ArgumentNullException.ThrowIfNull(alphabet);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (alphabet.Length < 2 || alphabet.Distinct().Count() != alphabet.Length)
            throw new ArgumentException("An alphabet has at least two characters, each once.", nameof(alphabet));
        var characters = RandomNumberGenerator.GetItems<char>(alphabet, length);
        var bytes = Encoding.UTF8.GetBytes(characters);
        Array.Clear(characters);
        return bytes;
    }

    /// <summary>Random bytes in hexadecimal, lower case.</summary>
    /// <param name="bytes">How many bytes; twice as many digits.</param>
    public static byte[] Hex(int bytes) => Written(bytes, static random => Convert.ToHexStringLower(random));

    /// <summary>Random bytes in base64, padded.</summary>
    /// <param name="bytes">How many bytes.</param>
    public static byte[] Base64(int bytes) => Written(bytes, static random => Convert.ToBase64String(random));

    /// <summary>An age key: AGE-SECRET-KEY-1… and age1….</summary>
    public static SecretPair Age()
    {
        var identity = new X25519Identity(RandomNumberGenerator.GetBytes(LibCrypto.PointLength));
        return new SecretPair(Encoding.ASCII.GetBytes(identity.SecretText()), identity.Recipient.ToString());
    }

    /// <summary>An ed25519 key as OpenSSH keeps it: its private key file, and the line of its .pub file.</summary>
    /// <param name="comment">What the key is called; no line ends.</param>
    public static SecretPair Ssh(string comment)
    {
        ArgumentNullException.ThrowIfNull(comment);
        var seed = RandomNumberGenerator.GetBytes(LibCrypto.PointLength);
        var text = OpenSshKey.Text(seed, comment);
        var line = $"{SshEd25519Recipient.Type} {Convert.ToBase64String(SshEd25519Recipient.WireOf(LibCrypto.Ed25519Public(seed)))}";
        CryptographicOperations.ZeroMemory(seed);
        return new SecretPair(text, comment.Length == 0 ? line : $"{line} {comment}");
    }

    /// <summary>A WireGuard key (X25519), as wg genkey and wg pubkey write it: base64 of 32 bytes.</summary>
    public static SecretPair WireGuard()
    {
        var scalar = RandomNumberGenerator.GetBytes(LibCrypto.PointLength);
        // RFC 7748, 5: the scalar as it will be used, as wg genkey stores it.
        scalar[0] &= 248;
        scalar[31] = (byte)((scalar[31] & 127) | 64);
        var pair = new SecretPair(
            Encoding.ASCII.GetBytes(Convert.ToBase64String(scalar)), Convert.ToBase64String(LibCrypto.X25519Public(scalar)));
        CryptographicOperations.ZeroMemory(scalar);
        return pair;
    }

    private static byte[] Written(int count, Func<byte[], string> write)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var random = RandomNumberGenerator.GetBytes(count);
        var bytes = Encoding.ASCII.GetBytes(write(random));
        CryptographicOperations.ZeroMemory(random);
        return bytes;
    }
}

/// <summary>A key in its two halves. It prints as its public one.</summary>
/// <param name="secret">The private half; the caller wipes it.</param>
/// <param name="publicText">The public half.</param>
public sealed class SecretPair(byte[] secret, string publicText)
{
    /// <summary>The private half, as text in UTF-8.</summary>
    public ReadOnlyMemory<byte> Secret => secret;

    /// <summary>The public half.</summary>
    public string PublicText { get; } = publicText;

    /// <summary>Wipes the private half.</summary>
    public void Wipe() => CryptographicOperations.ZeroMemory(secret);

    /// <summary>The public half.</summary>
    public override string ToString() => PublicText;
}
