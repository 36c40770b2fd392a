using System.Buffers;

namespace Hale.Store.Paths;

/// <summary>
/// Nix's base-32: an alphabet without e, o, t and u, the most significant group first, bits taken from the end of the bytes
/// (Nix manual, "Nix32 encoding").
/// </summary>
public static class Base32
{
    /// <summary>The 32 digits, by value.</summary>
    public const string Alphabet = "0123456789abcdfghijklmnpqrsvwxyz";

    private static readonly SearchValues<char> Digits = SearchValues.Create(Alphabet);

    /// <summary>The number of digits that a number of bytes takes: 52 for 32 bytes, 32 for 20.</summary>
    public static int EncodedLength(int bytes) => ((bytes * 8) + 4) / 5;

    /// <summary>Encodes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var length = EncodedLength(bytes.Length);
        Span<char> digits = length <= 128 ? stackalloc char[length] : new char[length];
        for (var n = 0; n < length; n++)
        {
            var (at, shift) = Math.DivRem(n * 5, 8);
            var value = bytes[at] >> shift;
            if (at + 1 < bytes.Length)
                value |= bytes[at + 1] << (8 - shift);
            digits[length - 1 - n] = Alphabet[value & 31];
        }

        return new string(digits);
    }

    /// <summary>Decodes what <see cref="Encode"/> gives, and nothing else.</summary>
    /// <param name="text">The digits.</param>
    /// <param name="bytes">Receives the bytes; its length says how many are expected.</param>
    /// <returns>Whether the text is that many bytes in base-32, with no bit beyond them set.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        bytes.Clear();
        if (text.Length != EncodedLength(bytes.Length) || text.ContainsAnyExcept(Digits))
            return false;
        for (var n = 0; n < text.Length; n++)
        {
            var value = Alphabet.IndexOf(text[text.Length - 1 - n], StringComparison.Ordinal);
            var (at, shift) = Math.DivRem(n * 5, 8);
            bytes[at] |= (byte)(value << shift);
            var beyond = value >> (8 - shift);
            if (at + 1 < bytes.Length)
                bytes[at + 1] |= (byte)beyond;
            else if (beyond != 0)
                return false;
        }

        return true;
    }
}
