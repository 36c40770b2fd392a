using System.Security.Cryptography;
using System.Text;

namespace ServiceHost;

/// <summary>
/// A secret read from a credential. It prints as nothing, so that no log line, exception or record can show it by accident.
/// </summary>
public sealed class SecretText(string value)
{
    private readonly byte[] digest = Digest(value);

    /// <summary>The secret itself, for the one request that must carry it.</summary>
    public string Reveal() => value;

    /// <summary>Whether <paramref name="given"/> is the secret, in a time that depends on nothing but the length of what was given.</summary>
    public bool Matches(string given) => CryptographicOperations.FixedTimeEquals(digest, Digest(given));

    public override string ToString() => "(secret)";

    // Equal lengths are what FixedTimeEquals needs to be constant in time; hashing gives them and hides the secret's length.
    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
