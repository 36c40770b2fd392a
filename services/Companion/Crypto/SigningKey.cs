namespace Companion.Crypto;

/// <summary>A key that is there for signatures alone, made of a seed of 32 bytes.</summary>
internal sealed class SigningKey : OlmObject
{
    public SigningKey(byte[] seed)
        : base(Native.olm_pk_signing_size(), Native.olm_pk_signing, Native.olm_clear_pk_signing)
    {
        PublicKey = Text(Native.olm_pk_signing_public_key_length(),
            buffer => Checked(Native.olm_pk_signing_key_from_seed(Self, buffer, (nuint)buffer.Length, seed, (nuint)seed.Length)));
    }

    public static int SeedLength => (int)Native.olm_pk_signing_seed_length();

    /// <summary>The ed25519 key that others check with, in Base64.</summary>
    public string PublicKey { get; }

    public string Sign(string message)
    {
        var bytes = Bytes(message);
        return Text(Native.olm_pk_signature_length(), buffer => Checked(Native.olm_pk_sign(Self, bytes, (nuint)bytes.Length, buffer, (nuint)buffer.Length)));
    }

    protected override string Error() => ErrorText(Native.olm_pk_signing_last_error(Self));
}
