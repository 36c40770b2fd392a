using System.Security.Cryptography;

namespace Hale.Secrets;

/// <summary>
/// What opens an age file: an age secret key, an unencrypted ssh-ed25519 private key, or a passphrase.
/// It prints as its recipient, never as itself.
/// </summary>
public abstract class AgeIdentity
{
    /// <summary>age's own work factor of scrypt: about a second, 256 MiB.</summary>
    internal const int DefaultWorkFactor = 18;

    private protected AgeIdentity()
    {
    }

    /// <summary>Who to encrypt to, so that this identity can decrypt.</summary>
    public abstract AgeRecipient Recipient { get; }

    /// <summary>A new age key.</summary>
    public static AgeIdentity Generate() => new X25519Identity(RandomNumberGenerator.GetBytes(Native.LibCrypto.PointLength));

    /// <summary>Reads <c>AGE-SECRET-KEY-1…</c>.</summary>
    /// <param name="text">The key; white space around it is ignored.</param>
    /// <exception cref="SecretsError">It is not a secret key, or mistyped. The message does not repeat it.</exception>
    public static AgeIdentity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        if (text.StartsWith("age1", StringComparison.Ordinal) || text.StartsWith("ssh-", StringComparison.Ordinal))
            throw new SecretsError(
                $"A secret key is wanted, and {text} is a public one.", "The secret key is the line that starts with AGE-SECRET-KEY-1.");
        if (text.StartsWith("AGE-PLUGIN-", StringComparison.OrdinalIgnoreCase) || text.StartsWith("AGE-SECRET-KEY-PQ-", StringComparison.OrdinalIgnoreCase))
            throw new SecretsError(
                "Keys of plugins and post-quantum keys are not supported.",
                "Use a key that starts with AGE-SECRET-KEY-1; age-keygen makes one.");
        return Bech32.Decode(text) is { Prefix: X25519Identity.Prefix, Data: { Length: Native.LibCrypto.PointLength } scalar }
            ? new X25519Identity(scalar)
            : throw new SecretsError(
                "This is not an age secret key, or a character of it is mistyped.",
                "It starts with AGE-SECRET-KEY-1, in capitals, and has 74 characters.");
    }

    /// <summary>An identity that opens what was encrypted with a passphrase.</summary>
    /// <param name="passphrase">The passphrase; not empty.</param>
    public static AgeIdentity FromPassphrase(string passphrase)
    {
        ArgumentException.ThrowIfNullOrEmpty(passphrase);
        return new ScryptIdentity(passphrase);
    }

    /// <summary>
    /// Reads a key file: lines of secret keys, comments and empty lines; or one OpenSSH ed25519 private key without a passphrase.
    /// </summary>
    /// <param name="path">The file; nobody but its owner may have access to it.</param>
    /// <returns>The identities in order, at least one.</returns>
    /// <exception cref="SecretsError">The file is missing, others can read it, a line is not a key, or there is none.</exception>
    public static IReadOnlyList<AgeIdentity> ReadKeyFile(string path) => KeyFile.Read(path);

    /// <summary>Reads the text of a key file, such as an environment variable holds it.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The identities in order, at least one.</returns>
    /// <exception cref="SecretsError">A line is not a key, or there is none; the message says which line, not what is in it.</exception>
    public static IReadOnlyList<AgeIdentity> ParseKeyFile(string text) => KeyFile.Parse(text);

    /// <summary>The text of a key file for an age key, as age-keygen writes it. It is secret.</summary>
    /// <param name="created">When the key was made, for the comment.</param>
    /// <exception cref="InvalidOperationException">The identity is an SSH key or a passphrase.</exception>
    public string ToKeyFile(DateTimeOffset created) => KeyFile.Text(this, created);

    /// <summary>Writes a key file that only its owner can read (0600). The file must not exist: a key is never written over.</summary>
    /// <param name="path">Where; its folder is made, for the owner alone, where it is missing.</param>
    /// <param name="created">When the key was made, for the comment.</param>
    /// <exception cref="SecretsError">The file exists.</exception>
    public void WriteKeyFile(string path, DateTimeOffset created) => KeyFile.Write(path, this, created);

    /// <summary>The recipient, said to be one's own; never the secret.</summary>
    public sealed override string ToString() => $"the key of {Recipient}";

    /// <summary>The file key; null where the stanza is for somebody else.</summary>
    /// <exception cref="SecretsError">The stanza is of this identity's type and malformed.</exception>
    internal abstract byte[]? Unwrap(Stanza stanza);
}
