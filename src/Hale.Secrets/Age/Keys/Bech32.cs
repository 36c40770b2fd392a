using System.Text;

namespace Hale.Secrets;

/// <summary>
/// Bech32 (BIP 173) without its length limit, as age writes keys: a human-readable part, "1", base32 digits, six digits of checksum.
/// </summary>
internal static class Bech32
{
    private const string Digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;

    /// <summary>The text of some bytes; in capitals where the prefix is.</summary>
    internal static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        var lower = prefix.ToLowerInvariant();
        var digits = Regroup(data, 8, 5, pad: true)!;
        var checksum = Polymod(lower, [.. digits, 0, 0, 0, 0, 0, 0]) ^ 1;
        var text = new StringBuilder(lower).Append('1');
        foreach (var digit in digits)
            text.Append(Digits[digit]);
        for (var i = 0; i < ChecksumLength; i++)
            text.Append(Digits[(int)(checksum >> (5 * (ChecksumLength - 1 - i))) & 31]);
        return prefix == lower ? text.ToString() : text.ToString().ToUpperInvariant();
    }

    /// <summary>
    /// The prefix as it was written, and the bytes; null where the text is not Bech32: mixed case, a strange digit, a wrong checksum.
    /// </summary>
    internal static (string Prefix, byte[] Data)? Decode(string text)
    {
        if (text.Any(char.IsAsciiLetterLower) && text.Any(char.IsAsciiLetterUpper))
            return null;
        var lower = text.ToLowerInvariant();
        var separator = lower.LastIndexOf('1');
        if (separator < 1 || separator + ChecksumLength >= lower.Length || lower[..separator].Any(c => c is < '!' or > '~'))
            return null;
        var digits = new byte[lower.Length - separator - 1];
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = Digits.IndexOf(lower[separator + 1 + i], StringComparison.Ordinal);
            if (digit < 0)
                return null;
            digits[i] = (byte)digit;
        }

        if (Polymod(lower[..separator], digits) != 1)
            return null;
        return Regroup(digits.AsSpan(0, digits.Length - ChecksumLength), 5, 8, pad: false) is { } data ? (text[..separator], data) : null;
    }

    /// <summary>The checksum's remainder over GF(32): of the prefix's high bits, a zero, its low bits, then the digits.</summary>
    private static uint Polymod(string prefix, ReadOnlySpan<byte> digits)
    {
        var remainder = 1u;
        foreach (var c in prefix)
            remainder = Step(remainder, c >> 5);
        remainder = Step(remainder, 0);
        foreach (var c in prefix)
            remainder = Step(remainder, c & 31);
        foreach (var digit in digits)
            remainder = Step(remainder, digit);
        return remainder;
    }

    private static uint Step(uint remainder, int digit)
    {
        ReadOnlySpan<uint> generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        var top = remainder >> 25;
        remainder = ((remainder & 0x1ffffff) << 5) ^ (uint)digit;
        for (var i = 0; i < generator.Length; i++)
            if (((top >> i) & 1) != 0)
                remainder ^= generator[i];
        return remainder;
    }

    /// <summary>Bits in groups of one size as groups of another; null where what is left over is not zero padding.</summary>
    private static byte[]? Regroup(ReadOnlySpan<byte> groups, int from, int to, bool pad)
    {
        var result = new List<byte>((groups.Length * from / to) + 1);
        int bits = 0, value = 0;
        foreach (var group in groups)
        {
            value = ((value << from) | group) & 0xfff;
            bits += from;
            while (bits >= to)
            {
                bits -= to;
                result.Add((byte)((value >> bits) & ((1 << to) - 1)));
            }
        }

        var rest = value & ((1 << bits) - 1);
        if (pad && bits > 0)
            result.Add((byte)(rest << (to - bits)));
        else if (!pad && (bits >= from || rest != 0))
            return null;
        return [.. result];
    }
}
