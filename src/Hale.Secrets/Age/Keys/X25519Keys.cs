using System.Security.Cryptography;
using Hale.Secrets.Native;

namespace Hale.Secrets;

/// <summary>A native age key: a Curve25519 point, <c>age1…</c>.</summary>
internal sealed class X25519Recipient(byte[] point) : AgeRecipient
{
    internal const string Type = "X25519";
    internal const string Prefix = "age";

    public override string ToString() => Bech32.Encode(Prefix, point);

    /// <summary>C2SP age, "The X25519 recipient type".</summary>
    internal override Stanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var ephemeral = RandomNumberGenerator.GetBytes(LibCrypto.PointLength);
        var share = LibCrypto.X25519Public(ephemeral);
        var secret = LibCrypto.X25519Shared(ephemeral, point)
            ?? throw new SecretsError(
                $"The recipient {this} is a point of low order; nothing encrypted to it would be secret.", "Ask its owner for a real one.");
        return new Stanza(Type, [RawBase64.Encode(share)], FileKey.Wrap(WrappingKey(secret, share, point), fileKey));
    }

    internal static byte[] WrappingKey(byte[] secret, byte[] share, byte[] point) =>
        FileKey.Derive(secret, [.. share, .. point], "age-encryption.org/v1/X25519"u8);
}

/// <summary>The scalar of a native age key, <c>AGE-SECRET-KEY-1…</c>.</summary>
internal sealed class X25519Identity(byte[] scalar) : AgeIdentity
{
    internal const string Prefix = "AGE-SECRET-KEY-";
    private readonly byte[] point = LibCrypto.X25519Public(scalar);

    public override AgeRecipient Recipient => new X25519Recipient(point);

    internal string SecretText() => Bech32.Encode(Prefix, scalar);

    internal override byte[]? Unwrap(Stanza stanza)
    {
        if (stanza.Type != X25519Recipient.Type)
            return null;
        stanza.Require(arguments: 1);
        var share = stanza.Bytes(0, LibCrypto.PointLength);
        var secret = LibCrypto.X25519Shared(scalar, share) ?? throw Header.Malformed("the share of a stanza X25519 is a point of low order");
        return FileKey.Unwrap(X25519Recipient.WrappingKey(secret, share, point), stanza.Body);
    }
}
