using System.Numerics;
using System.Security.Cryptography;
using Hale.Secrets.Native;

namespace Hale.Secrets;

/// <summary>An ssh-ed25519 public key, used as an X25519 one (C2SP age, "ssh-ed25519"; FiloSottile/age, agessh).</summary>
internal sealed class SshEd25519Recipient : AgeRecipient
{
    internal const string Type = "ssh-ed25519";
    private readonly byte[] edwards;
    private readonly byte[] montgomery;

    internal SshEd25519Recipient(byte[] edwards)
    {
        this.edwards = edwards;
        montgomery = Montgomery(edwards)
            ?? throw new SecretsError($"The recipient {this} is not a point of the curve.", "Copy the line again from the .pub file.");
    }

    internal byte[] Point => montgomery;

    /// <summary>The first four bytes of the key's hash: tells an identity whether to try.</summary>
    internal string Tag => RawBase64.Encode(SHA256.HashData(WireOf(edwards)).AsSpan(0, 4));

    public override string ToString() => $"{Type} {Convert.ToBase64String(WireOf(edwards))}";

    internal static AgeRecipient ParseLine(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts[0] != Type)
            throw new SecretsError(
                $"The SSH key type {parts[0]} cannot be encrypted to.", "Use an age key, or an ed25519 one: ssh-keygen -t ed25519.");
        var data = new byte[line.Length];
        if (parts.Length < 2 || !Convert.TryFromBase64String(parts[1], data, out var length))
            throw Malformed();
        var wire = new SshWire(data.AsSpan(0, length));
        if (!wire.Expects(Type) || !wire.TryString(out var point) || point.Length != LibCrypto.PointLength || !wire.AtEnd)
            throw Malformed();
        return new SshEd25519Recipient(point.ToArray());
    }

    internal static byte[] WireOf(ReadOnlySpan<byte> point) => SshWire.Write("ssh-ed25519"u8.ToArray(), point.ToArray());

    internal override Stanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var ephemeral = RandomNumberGenerator.GetBytes(LibCrypto.PointLength);
        var share = LibCrypto.X25519Public(ephemeral);
        var secret = Tweaked(LibCrypto.X25519Shared(ephemeral, montgomery));
        return new Stanza(Type, [Tag, RawBase64.Encode(share)], FileKey.Wrap(WrappingKey(secret, share), fileKey));
    }

    /// <summary>The shared secret, bound to this SSH key: multiplied once more, by a scalar derived from it.</summary>
    internal byte[] Tweaked(byte[]? secret) =>
        (secret is null ? null : LibCrypto.X25519Shared(FileKey.Derive([], WireOf(edwards), "age-encryption.org/v1/ssh-ed25519"u8), secret))
        ?? throw Header.Malformed("the share of a stanza ssh-ed25519 is a point of low order");

    internal byte[] WrappingKey(byte[] secret, byte[] share) =>
        FileKey.Derive(secret, [.. share, .. montgomery], "age-encryption.org/v1/ssh-ed25519"u8);

    /// <summary>
    /// The same point on the Montgomery curve: u = (1 + y) / (1 - y) modulo 2^255 - 19 (RFC 7748, 4.1). Null where no point has that y.
    /// Plain arithmetic on a public value, so that it need not run in constant time; OpenSSL has no call for it.
    /// </summary>
    private static byte[]? Montgomery(ReadOnlySpan<byte> edwards)
    {
        var p = BigInteger.Pow(2, 255) - 19;
        Span<byte> coordinate = stackalloc byte[LibCrypto.PointLength];
        edwards.CopyTo(coordinate);
        coordinate[^1] &= 0x7f; // the sign of x
        var y = new BigInteger(coordinate, isUnsigned: true) % p;
        if (y.IsOne)
            return null;

        // x² = (y² - 1) / (d·y² + 1), d = -121665/121666: there is an x exactly where this is a square (RFC 8032, 5.1.3).
        var d = Modulo(-121665 * Inverse(121666, p), p);
        var square = (y * y) % p;
        var x2 = Modulo((square - 1) * Inverse((d * square) + 1, p), p);
        if (!x2.IsZero && !BigInteger.ModPow(x2, (p - 1) / 2, p).IsOne)
            return null;

        var u = Modulo((1 + y) * Inverse(Modulo(1 - y, p), p), p);
        var result = new byte[LibCrypto.PointLength];
        u.TryWriteBytes(result, out _, isUnsigned: true);
        return result;
    }

    private static BigInteger Inverse(BigInteger value, BigInteger p) => BigInteger.ModPow(value, p - 2, p);

    private static BigInteger Modulo(BigInteger value, BigInteger p) => ((value % p) + p) % p;

    private static SecretsError Malformed() =>
        new("The ssh-ed25519 recipient is malformed.", "It is the line of the .pub file: ssh-ed25519, base64, and perhaps a comment.");
}

/// <summary>An ssh-ed25519 private key. Its scalar is the first half of the seed's SHA-512 (RFC 8032, 5.1.5); X25519 clamps it.</summary>
internal sealed class SshEd25519Identity(byte[] seed) : AgeIdentity
{
    private readonly byte[] scalar = SHA512.HashData(seed)[..LibCrypto.PointLength];
    private readonly SshEd25519Recipient recipient = new(LibCrypto.Ed25519Public(seed));

    public override AgeRecipient Recipient => recipient;

    internal override byte[]? Unwrap(Stanza stanza)
    {
        if (stanza.Type != SshEd25519Recipient.Type)
            return null;
        stanza.Require(arguments: 2);
        stanza.Bytes(0, 4);
        var share = stanza.Bytes(1, LibCrypto.PointLength);
        if (stanza.Arguments[0] != recipient.Tag)
            return null;
        var secret = recipient.Tweaked(LibCrypto.X25519Shared(scalar, share));
        return FileKey.Unwrap(recipient.WrappingKey(secret, share), stanza.Body);
    }
}
