namespace Hale.Secrets;

/// <summary>
/// Who an age file is encrypted to: an age public key, an ssh-ed25519 public key, or a passphrase.
/// Its text is public; two recipients are equal when their texts are.
/// </summary>
public abstract class AgeRecipient : IEquatable<AgeRecipient>
{
    private protected AgeRecipient()
    {
    }

    /// <summary>Reads <c>age1…</c> or a line <c>ssh-ed25519 AAAA… [comment]</c>.</summary>
    /// <param name="text">The recipient; white space around it is ignored.</param>
    /// <exception cref="SecretsError">It is neither, or mistyped.</exception>
    public static AgeRecipient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        if (text.StartsWith("ssh-", StringComparison.Ordinal))
            return SshEd25519Recipient.ParseLine(text);
        if (text.StartsWith(X25519Identity.Prefix, StringComparison.OrdinalIgnoreCase))
            throw new SecretsError(
                "A recipient is wanted, and this is a secret key.",
                "Give its public key, the line `# public key:` of the key file; keep the secret one to yourself.");
        if (text.StartsWith("age1pq1", StringComparison.Ordinal) || text.StartsWith("age1tag", StringComparison.Ordinal))
            throw Unknown(
                text, "Post-quantum and tagged recipients are not supported; use one that starts with age1 and has 62 characters.");
        if (Bech32.Decode(text) is not { } key)
            throw Unknown(
                text,
                text.StartsWith("age1", StringComparison.Ordinal) ? "A character is mistyped or missing; copy it again, 62 characters." : KnownKinds);
        if (key.Prefix != X25519Recipient.Prefix || key.Data.Length != Native.LibCrypto.PointLength)
            throw Unknown(text, KnownKinds);
        return new X25519Recipient(key.Data);
    }

    /// <summary>A recipient that a passphrase opens.</summary>
    /// <param name="passphrase">The passphrase; not empty.</param>
    /// <param name="workFactor">The logarithm to base 2 of scrypt's N, 1 to 20: each step doubles the time (about a second at 18) and the memory (256 MiB at 18).</param>
    public static AgeRecipient FromPassphrase(string passphrase, int workFactor = AgeIdentity.DefaultWorkFactor)
    {
        ArgumentException.ThrowIfNullOrEmpty(passphrase);
        ArgumentOutOfRangeException.ThrowIfLessThan(workFactor, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(workFactor, ScryptIdentity.MaximumLogN);
        return new ScryptRecipient(passphrase, workFactor);
    }

    /// <summary>The recipient as <see cref="Parse"/> reads it; "a passphrase" for one of those.</summary>
    public abstract override string ToString();

    /// <inheritdoc/>
    public bool Equals(AgeRecipient? other) => this is ScryptRecipient ? ReferenceEquals(this, other) : other?.ToString() == ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AgeRecipient);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>Wraps a file key for this recipient.</summary>
    internal abstract Stanza Wrap(ReadOnlySpan<byte> fileKey);

    private const string KnownKinds = "Known are age1… (age-keygen makes one) and ssh-ed25519 keys.";

    private static SecretsError Unknown(string text, string hint) =>
        new($"\"{(text.Length > 100 ? text[..100] + "…" : text)}\" is not a recipient.", hint);
}
