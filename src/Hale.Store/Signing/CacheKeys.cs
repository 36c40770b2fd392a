using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Hale.Store.Paths;

namespace Hale.Store.Signing;

/// <summary>What a signature is over.</summary>
public static class Fingerprint
{
    /// <summary><c>1;PATH;sha256:HASH;SIZE;REF,REF</c>, with full paths, references in order.</summary>
    public static string Of(PathInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return $"1;{info.Path};{info.NarHash};{info.NarSize};{string.Join(',', info.References.Order())}";
    }
}

/// <summary>The public half of a cache's key, written <c>NAME:BASE64</c> with 32 bytes.</summary>
public sealed record CachePublicKey
{
    private readonly byte[] key;

    internal CachePublicKey(string name, byte[] key) => (Name, this.key) = (name, key);

    /// <summary>The key's name: <c>cache.example.org-1</c>.</summary>
    public string Name { get; }

    /// <summary>Reads the text of a key file, white space around it allowed.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out CachePublicKey? key)
    {
        key = KeyText.TryRead(text, Ed25519.KeyLength, out var name, out var bytes) ? new(name, bytes) : null;
        return key is not null;
    }

    /// <summary>Whether one of the signatures (<c>NAME:BASE64</c>) is this key's, over this path. Malformed ones count as none.</summary>
    public bool HasSigned(PathInfo info, IEnumerable<string> signatures)
    {
        var message = Encoding.UTF8.GetBytes(Fingerprint.Of(info));
        return signatures.Any(signature =>
            KeyText.TryRead(signature, Ed25519.SignatureLength, out var name, out var bytes) && name == Name && Ed25519.Verify(key, message, bytes));
    }

    /// <summary>The text of its key file.</summary>
    public override string ToString() => $"{Name}:{Convert.ToBase64String(key)}";
}

/// <summary>The secret half, written <c>NAME:BASE64</c> with 64 bytes: the seed, then the public key. Printing it tells the name alone.</summary>
public sealed class CacheSecretKey
{
    private readonly byte[] seed;

    private CacheSecretKey(string name, byte[] seed)
    {
        this.seed = seed;
        PublicKey = new(name, Ed25519.PublicKeyOf(seed));
    }

    /// <summary>The key's name.</summary>
    public string Name => PublicKey.Name;

    /// <summary>The public half.</summary>
    public CachePublicKey PublicKey { get; }

    /// <summary>A new key from the system's random numbers.</summary>
    /// <param name="name">Its name, without a colon.</param>
    public static CacheSecretKey Generate(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Contains(':', StringComparison.Ordinal))
            throw new ArgumentException($"\"{name}\" holds a colon, which ends a key's name.", nameof(name));
        return new(name, RandomNumberGenerator.GetBytes(Ed25519.KeyLength));
    }

    /// <summary>Reads the text of a key file; its public half must belong to its seed.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out CacheSecretKey? key)
    {
        key = null;
        if (!KeyText.TryRead(text, 64, out var name, out var bytes))
            return false;
        var found = new CacheSecretKey(name, bytes[..32]);
        key = CryptographicOperations.FixedTimeEquals(bytes.AsSpan(32), Ed25519.PublicKeyOf(found.seed)) ? found : null;
        return key is not null;
    }

    /// <summary>The signature over a path: <c>NAME:BASE64</c>.</summary>
    public string Sign(PathInfo info) => $"{Name}:{Convert.ToBase64String(Ed25519.Sign(seed, Encoding.UTF8.GetBytes(Fingerprint.Of(info))))}";

    /// <summary>The text of its key file: a secret.</summary>
    public string Reveal() => $"{Name}:{Convert.ToBase64String([.. seed, .. Ed25519.PublicKeyOf(seed)])}";

    /// <summary>The name alone.</summary>
    public override string ToString() => Name;
}

/// <summary><c>NAME:BASE64</c>, the form of keys and signatures.</summary>
internal static class KeyText
{
    internal static bool TryRead(string? text, int length, out string name, out byte[] bytes)
    {
        var trimmed = (text ?? "").Trim();
        var colon = trimmed.IndexOf(':', StringComparison.Ordinal);
        name = colon > 0 ? trimmed[..colon] : "";
        bytes = new byte[length];
        var digits = trimmed.AsSpan(colon + 1);
        return colon > 0 && digits.Length == (length + 2) / 3 * 4 && Convert.TryFromBase64Chars(digits, bytes, out var count) && count == length;
    }
}
