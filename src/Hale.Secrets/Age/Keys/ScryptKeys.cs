using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hale.Secrets.Native;

namespace Hale.Secrets;

/// <summary>A passphrase to encrypt with. It is always a file's only recipient, so that opening it proves who wrote it.</summary>
internal sealed class ScryptRecipient(string passphrase, int logN) : AgeRecipient
{
    internal const string Type = "scrypt";
    internal const int SaltLength = 16;

    public override string ToString() => "a passphrase";

    /// <summary>C2SP age, "The scrypt recipient type".</summary>
    internal override Stanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return new Stanza(
            Type,
            [RawBase64.Encode(salt), logN.ToString(CultureInfo.InvariantCulture)],
            FileKey.Wrap(WrappingKey(passphrase, salt, logN), fileKey));
    }

    internal static byte[] WrappingKey(string passphrase, byte[] salt, int logN)
    {
        var bytes = Encoding.UTF8.GetBytes(passphrase);
        var key = LibCrypto.Scrypt(bytes, [.. "age-encryption.org/v1/scrypt"u8, .. salt], logN);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }
}

/// <summary>A passphrase to decrypt with.</summary>
internal sealed class ScryptIdentity(string passphrase) : AgeIdentity
{
    /// <summary>A file that asks for more memory than a GiB (N = 2^20) is refused before anything is computed.</summary>
    internal const int MaximumLogN = 20;

    public override AgeRecipient Recipient => new ScryptRecipient(passphrase, DefaultWorkFactor);

    internal override byte[]? Unwrap(Stanza stanza)
    {
        if (stanza.Type != ScryptRecipient.Type)
            return null;
        stanza.Require(arguments: 2);
        var salt = stanza.Bytes(0, ScryptRecipient.SaltLength);
        return FileKey.Unwrap(ScryptRecipient.WrappingKey(passphrase, salt, WorkFactor(stanza.Arguments[1])), stanza.Body);
    }

    private static int WorkFactor(string text)
    {
        if (text.Length is 0 or > 9 || text[0] == '0' || !text.All(char.IsAsciiDigit))
            throw Header.Malformed("the work factor of a stanza scrypt is not a decimal number");
        var logN = int.Parse(text, CultureInfo.InvariantCulture);
        return logN <= MaximumLogN
            ? logN
            : throw Header.Malformed(
                $"the work factor {logN} is over {MaximumLogN} and would take more than a GiB of memory",
                "Encrypt the file again with a lower work factor; age's own is 18.");
    }
}
