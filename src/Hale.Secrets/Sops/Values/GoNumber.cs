using System.Globalization;
using System.Numerics;

namespace Hale.Secrets;

/// <summary>Numbers as Go reads and writes them, for sops authenticates what Go makes of a value, not its text.</summary>
internal static class GoNumber
{
    /// <summary>strconv.FormatFloat(value, 'f', -1, 64): the shortest digits that read back the same, never an exponent.</summary>
    internal static string Format(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "+Inf" : "-Inf";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var at = shortest.IndexOf('E', StringComparison.Ordinal);
        if (at < 0)
            return shortest;
        var sign = value < 0 ? "-" : "";
        var digits = shortest[..at].Replace("-", "", StringComparison.Ordinal);
        var point = digits.IndexOf('.', StringComparison.Ordinal) is var dot && dot < 0 ? digits.Length : dot;
        digits = digits.Replace(".", "", StringComparison.Ordinal);
        point += int.Parse(shortest[(at + 1)..], CultureInfo.InvariantCulture);
        return sign + (point <= 0
            ? "0." + new string('0', -point) + digits
            : point >= digits.Length ? digits + new string('0', point - digits.Length) : $"{digits[..point]}.{digits[point..]}");
    }

    /// <summary>A decimal or exponent form, as strconv.ParseFloat reads it; null where it is none or too large.</summary>
    internal static double? Float(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : null;

    /// <summary>strconv.ParseInt(text, 0, 64): the base is the prefix's, and a leading zero is octal; null where it is none.</summary>
    internal static BigInteger? Int(string text)
    {
        var negative = text.StartsWith('-');
        var digits = negative || text.StartsWith('+') ? text[1..] : text;
        var (radix, skip) = digits.Length > 1 && digits[0] == '0'
            ? char.ToLowerInvariant(digits[1]) switch { 'x' => (16, 2), 'o' => (8, 2), 'b' => (2, 2), _ => (8, 1) }
            : (10, 0);
        // Longer than any 64-bit number in any base, leading zeros aside.
        if (digits.Length == skip || digits.Length > 100)
            return null;
        var value = BigInteger.Zero;
        foreach (var c in digits[skip..])
        {
            if (!char.IsAsciiHexDigit(c) || Convert.ToInt32(c.ToString(), 16) is var digit && digit >= radix)
                return null;
            value = (value * radix) + digit;
        }

        return negative ? -value : value;
    }
}
