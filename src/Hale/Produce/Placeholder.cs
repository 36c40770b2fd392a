using System.Security.Cryptography;
using System.Text;

namespace Hale.Produce;

/// <summary>
/// The stand-in for a store path that is not known before the build: it has a store path's shape, follows from the
/// derivation's description alone, and is replaced everywhere by the real path.
/// </summary>
internal static class Placeholder
{
    private const string Alphabet = "0123456789abcdfghijklmnpqrsvwxyz";

    public static string Of(string name, string description)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"hale-placeholder:{name}:{description}"), hash);
        return $"/nix/store/{string.Create(32, (hash[0..32]).ToArray(), static (text, bytes) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = Alphabet[bytes[i] & 31];
        })}-{name}";
    }
}
