using System.Security.Cryptography;
using System.Text;
using Sodium;

namespace Registration.Invites;

/// <summary>
/// The secret of an invite: 16 characters that nobody mistakes for another, 79 bits. Only letters and digits count, and no capitals:
/// people read codes to one another, and apps make typography of hyphens. It also is a registration token by Matrix's grammar
/// (client-server API, opaque identifiers).
/// </summary>
internal static class InviteCode
{
    private const string Alphabet = "23456789abcdefghjkmnpqrstuvwxyz";
    private const int Length = 16;
    private const int Group = 4;
    private const int IdLength = 6;

    /// <summary>A new code, in groups: <c>abcd-efgh-jkmn-pqrs</c>.</summary>
    public static string Make()
    {
        var text = SodiumRandom.Text(Alphabet, Length);
        return string.Join('-', Enumerable.Range(0, Length / Group).Select(group => text.Substring(group * Group, Group)));
    }

    /// <summary>A new id, which is no secret.</summary>
    public static string MakeId() => SodiumRandom.Text(Alphabet, IdLength);

    /// <summary>What is kept of a code. It was drawn from so many that a fast hash does not help to find it.</summary>
    public static byte[] Hash(string given)
    {
        var plain = string.Concat(given.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        return SodiumHash.Sha256(Encoding.UTF8.GetBytes($"hale invite\n{plain}"));
    }

    /// <summary>What is kept of the shared code, which a person may have thought up: enough to see that it was changed.</summary>
    public static byte[] SlowHash(string code, byte[] salt) =>
        SodiumHash.Pbkdf2(Encoding.UTF8.GetBytes(code), salt, 100_000);

    /// <summary>Whether two are the same to the letter, in a time that depends on nothing but their lengths.</summary>
    public static bool AreSame(string one, string other) => CryptographicOperations.FixedTimeEquals(Digest(one), Digest(other));

    // Equal lengths are what FixedTimeEquals needs to be constant in time.
    private static byte[] Digest(string text) => SodiumHash.Sha256(Encoding.UTF8.GetBytes(text));
}
