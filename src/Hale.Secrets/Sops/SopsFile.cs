using System.Security.Cryptography;
using System.Text;

namespace Hale.Secrets;

/// <summary>
/// An encrypted sops file (YAML, JSON, dotenv, ini or binary; age keys), as sops itself reads and writes it. Immutable; an edit gives another.
/// Keys, structure and comments' places are readable by everybody, values only after <see cref="Decrypt"/>.
/// </summary>
public sealed class SopsFile
{
    private SopsFile(SopsDocument document, SopsFormat format)
    {
        Document = document;
        Format = format;
        Metadata = SopsMetadata.Read(document);
    }

    /// <summary>The encrypted text.</summary>
    public string Text => Document.Text;

    /// <summary>The file's path, or what stands for it in messages.</summary>
    public string Name => Document.File;

    /// <summary>The format.</summary>
    public SopsFormat Format { get; }

    /// <summary>The names of all values in order: keys and list indexes joined by "/".</summary>
    public IReadOnlyList<string> Names => [.. SopsPath.Names(Document.Root)];

    /// <summary>Who can decrypt the file by age, as it says; kinds that Hale does not know among them.</summary>
    public IReadOnlyList<string> Recipients => [.. Metadata.Recipients.Select(recipient => recipient.Recipient)];

    internal SopsDocument Document { get; }

    internal SopsMetadata Metadata { get; }

    /// <summary>Reads an encrypted file; the format is that of its name (.yaml, .yml, .json, .env, .ini, else binary).</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The path for messages; the path itself where null.</param>
    /// <exception cref="SecretsError">The file is missing, malformed, in the middle of a merge, or not encrypted.</exception>
    public static SopsFile Read(string path, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        name ??= path;
        try
        {
            return Parse(SopsValue.Utf8.GetString(File.ReadAllBytes(path)), SopsFormats.Of(path), name);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SecretsError($"{name}: there is no such file.", "hale secrets edit makes it.");
        }
        catch (DecoderFallbackException)
        {
            throw new SecretsError($"{name}: the file is not UTF-8 text, so it was not encrypted with sops.", "Encrypt it: sops encrypt.");
        }
    }

    /// <summary>Reads the text of an encrypted file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="format">Its format.</param>
    /// <param name="name">The path for messages.</param>
    /// <exception cref="SecretsError">The text is malformed, in the middle of a merge, or not encrypted.</exception>
    public static SopsFile Parse(string text, SopsFormat format, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new SopsFile(SopsDocument.Parse(name, text, format), format);
    }

    /// <summary>Encrypts a new file.</summary>
    /// <param name="plaintext">Its content in the format; comments and formatting stay.</param>
    /// <param name="format">The format.</param>
    /// <param name="name">The path for messages.</param>
    /// <param name="rule">Who can decrypt it, and what of it is encrypted; <see cref="SopsRules.For"/> finds it.</param>
    /// <param name="now">The time that the file is marked with.</param>
    /// <exception cref="SecretsError">The content is malformed, or already encrypted.</exception>
    public static SopsFile Encrypt(ReadOnlySpan<byte> plaintext, SopsFormat format, string name, SopsRule rule, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var key = RandomNumberGenerator.GetBytes(SopsCipher.KeyLength);
        try
        {
            var recipients = SopsContent.Wrapped(key, rule.Recipients);
            var body = SopsContent.EncryptedBody(plaintext, format, name, rule.Crypt, key, reuse: (_, _) => null);
            var text = body.Attach(body.NewMetadata(recipients, SopsMetadata.NewFields(rule.Crypt, rule.MacOnlyEncrypted)));
            return Parse(SopsSeal.Reseal(SopsDocument.Parse(name, text, format), key, now), format, name);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Decrypts all values and checks the code over them; nothing is given out before that.</summary>
    /// <param name="identities">What may open the file.</param>
    /// <returns>The content; dispose it to wipe the values.</returns>
    /// <exception cref="SecretsError">
    /// No key opens the file (<see cref="SecretsFault.NoMatch"/>), or it was changed (<see cref="SecretsFault.Tampered"/>): file and key are named, no value.
    /// </exception>
    public SopsContent Decrypt(IReadOnlyCollection<AgeIdentity> identities)
    {
        ArgumentNullException.ThrowIfNull(identities);
        var key = DataKey(identities);
        try
        {
            return new SopsContent(this, key, SopsSeal.Open(Document, Metadata, key));
        }
        catch
        {
            CryptographicOperations.ZeroMemory(key);
            throw;
        }
    }

    /// <summary>The file's name and format.</summary>
    public override string ToString() => $"{Name} ({Format})";

    private static bool IsNamed(string recipient, AgeIdentity identity)
    {
        try
        {
            return AgeRecipient.Parse(recipient).Equals(identity.Recipient);
        }
        catch (SecretsError)
        {
            return false;
        }
    }

    private byte[] DataKey(IReadOnlyCollection<AgeIdentity> identities)
    {
        if (Metadata.Recipients.Count == 0)
            throw new SecretsError(
                $"{Name}: the file has no age recipient, only {string.Join(", ", Metadata.OtherKinds)}.",
                "Add one with sops, on a computer that can decrypt it: sops updatekeys.")
            { Fault = SecretsFault.NoMatch };
        if (identities.Count == 0)
            throw new SecretsError(
                $"{Name}: there is no key to decrypt with.",
                "hale secrets init makes one. Where you have one: set SOPS_AGE_KEY_FILE or SOPS_AGE_KEY, or put it into ~/.config/sops/age/keys.txt.")
            { Fault = SecretsFault.NoMatch };
        SecretsError? damaged = null;
        foreach (var recipient in Metadata.Recipients)
            try
            {
                var key = Age.Decrypt(Encoding.UTF8.GetBytes(recipient.Encrypted), identities);
                if (key.Length != SopsCipher.KeyLength)
                    throw SopsSeal.Tampered(
                        $"{Name}: the data key for {recipient.Recipient} has {key.Length} bytes, not {SopsCipher.KeyLength}.");
                if (!identities.Any(identity => IsNamed(recipient.Recipient, identity)))
                    throw SopsSeal.Tampered($"{Name}: the entry of {recipient.Recipient} is encrypted to another key.");
                return key;
            }
            catch (SecretsError error) when (error.Fault is not SecretsFault.NoMatch)
            {
                damaged ??= error.Message.StartsWith(Name, StringComparison.Ordinal)
                    ? error
                    : SopsSeal.Tampered($"{Name}: the data key for {recipient.Recipient} is damaged: {error.Message}");
            }
            catch (SecretsError)
            {
                // Another recipient's.
            }

        throw damaged ?? new SecretsError(
            $"{Name}: no key at hand opens the file. It is encrypted to {string.Join(", ", Recipients)}; "
                + $"at hand: {string.Join(", ", identities.Select(identity => identity.Recipient))}.",
            "Use one of those keys; or have somebody who can decrypt the file add yours: hale secrets recipients add.")
        { Fault = SecretsFault.NoMatch };
    }
}
