using System.Security.Cryptography;

namespace Hale.Secrets;

/// <summary>
/// Encrypts and decrypts age files, version 1 (C2SP, age.md): any size in constant memory, binary or armored.
/// </summary>
public static class Age
{
    /// <summary>Encrypts everything up to the end of <paramref name="plaintext"/>.</summary>
    /// <param name="plaintext">What to encrypt.</param>
    /// <param name="file">Where the age file goes. It is complete only when this method has returned.</param>
    /// <param name="recipients">Who can decrypt it; at least one, and a passphrase only alone.</param>
    /// <param name="armored">Text (ASCII armor) instead of bytes; a third larger.</param>
    /// <exception cref="SecretsError">No recipient, or a passphrase among others.</exception>
    public static void Encrypt(Stream plaintext, Stream file, IReadOnlyCollection<AgeRecipient> recipients, bool armored = false)
    {
        ArgumentNullException.ThrowIfNull(plaintext);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(recipients);
        if (recipients.Count == 0)
            throw new SecretsError("Nobody could decrypt the file: it has no recipient.", "Name at least one recipient, age1….");
        if (recipients.Count > 1 && recipients.Any(recipient => recipient is ScryptRecipient))
            throw new SecretsError("A passphrase has to be the only recipient of an age file.", "Encrypt to keys, or with one passphrase.");

        var fileKey = FileKey.New();
        var nonce = RandomNumberGenerator.GetBytes(ChunkCipher.NonceLength);
        using var cipher = new ChunkCipher(fileKey, nonce);
        var header = Header.Of([.. recipients.Select(recipient => recipient.Wrap(fileKey))], fileKey);
        CryptographicOperations.ZeroMemory(fileKey);

        using var armor = armored ? new ArmorWriter(file) : null;
        var target = armor ?? file;
        target.Write(header.Bytes());
        target.Write(nonce);
        Payload.Seal(cipher, plaintext, target);
        armor?.Finish();
    }

    /// <summary>Decrypts an age file, binary or armored.</summary>
    /// <param name="file">The age file; it is read to its end.</param>
    /// <param name="plaintext">
    /// Where the content goes. Every byte is authentic when it is written, but only a return says that all of them were there:
    /// whoever writes to a file removes it when this throws.
    /// </param>
    /// <param name="identities">What may open it, tried in order; at least one.</param>
    /// <exception cref="SecretsError">
    /// No identity opens it (<see cref="SecretsFault.NoMatch"/>), or it is not a whole, untouched age file: the fault says which part.
    /// </exception>
    public static void Decrypt(Stream file, Stream plaintext, IReadOnlyCollection<AgeIdentity> identities)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(plaintext);
        ArgumentNullException.ThrowIfNull(identities);
        if (identities.Count == 0)
            throw new SecretsError(
                "There is no key to decrypt with.", "Set SOPS_AGE_KEY_FILE, or SOPS_AGE_KEY.")
            { Fault = SecretsFault.NoMatch };

        var source = new ByteSource(file);
        if (!source.Peek(Header.Version.Length).StartsWith("age-encryption.org/"u8) && ArmorReader.Looks(source.Peek(2 * ArmorReader.MaximumSpace)))
            source = new ByteSource(new ArmorReader(source));
        var header = Header.Read(source);
        var nonce = new byte[ChunkCipher.NonceLength];
        var nonceRead = source.Read(nonce);

        var fileKey = Unwrapped(header, identities);
        if (!header.IsAuthentic(fileKey))
            throw new SecretsError(
                "The header of the age file was changed after it was written.",
                "Fetch the file again, or take it from a backup.")
            { Fault = SecretsFault.Tampered };
        if (nonceRead < nonce.Length)
            throw Header.Malformed("the file ends right after it");
        using var cipher = new ChunkCipher(fileKey, nonce);
        CryptographicOperations.ZeroMemory(fileKey);
        Payload.Open(cipher, source, plaintext);
    }

    /// <summary>Encrypts something small.</summary>
    /// <inheritdoc cref="Encrypt(Stream, Stream, IReadOnlyCollection{AgeRecipient}, bool)"/>
    /// <returns>The age file.</returns>
    public static byte[] Encrypt(ReadOnlySpan<byte> plaintext, IReadOnlyCollection<AgeRecipient> recipients, bool armored = false)
    {
        var plain = plaintext.ToArray();
        using var file = new MemoryStream();
        Encrypt(new MemoryStream(plain), file, recipients, armored);
        CryptographicOperations.ZeroMemory(plain);
        return file.ToArray();
    }

    /// <summary>Decrypts something small: all of it or nothing.</summary>
    /// <inheritdoc cref="Decrypt(Stream, Stream, IReadOnlyCollection{AgeIdentity})"/>
    /// <returns>The content.</returns>
    public static byte[] Decrypt(ReadOnlySpan<byte> file, IReadOnlyCollection<AgeIdentity> identities)
    {
        using var plaintext = new MemoryStream();
        Decrypt(new MemoryStream(file.ToArray()), plaintext, identities);
        var result = plaintext.ToArray();
        CryptographicOperations.ZeroMemory(plaintext.GetBuffer());
        return result;
    }

    private static byte[] Unwrapped(Header header, IReadOnlyCollection<AgeIdentity> identities)
    {
        // Alone, or whoever knows one of several keys could pass a file off as written by somebody who knows the passphrase.
        if (header.Stanzas.Count > 1 && header.Stanzas.Any(stanza => stanza.Type == ScryptRecipient.Type))
            throw Header.Malformed("a passphrase is not its only recipient");
        foreach (var identity in identities)
            foreach (var stanza in header.Stanzas)
                if (identity.Unwrap(stanza) is { } fileKey)
                    return fileKey;
        throw new SecretsError(
            $"No key at hand opens the age file; tried {string.Join(", ", identities.Select(identity => identity.Recipient.ToString()).Take(5))}"
                + $"{(identities.Count > 5 ? $" and {identities.Count - 5} more" : "")}. It is encrypted to {string.Join(", ", Kinds(header))}.",
            header.Stanzas[0].Type == ScryptRecipient.Type ? "The passphrase is wrong." : "Use the key it was encrypted to, or have it encrypted to yours.")
        { Fault = SecretsFault.NoMatch };
    }

    private static IEnumerable<string> Kinds(Header header) =>
        header.Stanzas.GroupBy(stanza => stanza.Type).Take(5).Select(group => $"{group.Count()} {group.Key}");
}
