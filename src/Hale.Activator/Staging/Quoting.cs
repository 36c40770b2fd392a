using System.Text;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// Writes a secret so that the format's parser reads it back byte for byte, whatever is in it. The value is UTF-8 without zero bytes.
/// </summary>
internal static class Quoting
{
    /// <param name="into">Takes what is written.</param>
    /// <param name="value">The secret.</param>
    /// <param name="format">The template's format.</param>
    /// <param name="way">Empty for the whole quoted value, <c>part</c> for a place within quotes, <c>url</c>, <c>raw</c>.</param>
    internal static void Write(WipedBuffer into, ReadOnlySpan<byte> value, TemplateFormat format, string way)
    {
        if (way == "url")
        {
            Percent(into, value);
        }
        else if (way == "raw" || format == TemplateFormat.Plain)
        {
            into.Write(value);
        }
        else
        {
            var quotes = way.Length == 0 ? "\""u8 : [];
            into.Write(quotes);
            if (format == TemplateFormat.Environment)
                Shell(into, value);
            else
                Escaped(into, value);
            into.Write(quotes);
        }
    }

    /// <summary>
    /// systemd.exec(5), EnvironmentFile=: within double quotes a backslash takes the meaning of these four; all else, line ends too,
    /// stands for itself.
    /// </summary>
    private static void Shell(WipedBuffer into, ReadOnlySpan<byte> value)
    {
        foreach (var b in value)
        {
            if ("\"\\`$"u8.Contains(b))
                into.Write("\\"u8);
            into.Write([b]);
        }
    }

    /// <summary>
    /// What JSON (RFC 8259, 7), TOML 1.0 (basic strings) and YAML 1.2 (5.1, 7.3.1) read alike: <c>\u</c> and four digits for all that
    /// one of them does not take as it is, YAML 1.1's line ends and the byte order mark among it.
    /// </summary>
    private static void Escaped(WipedBuffer into, ReadOnlySpan<byte> value)
    {
        while (Rune.DecodeFromUtf8(value, out var rune, out var length) == System.Buffers.OperationStatus.Done)
        {
            if (rune.Value is '"' or '\\')
                into.Write([(byte)'\\', value[0]]);
            else if (rune.Value is < 0x20 or (>= 0x7F and < 0xA0) or 0x2028 or 0x2029 or 0xFEFF or 0xFFFE or 0xFFFF)
                into.Write([(byte)'\\', (byte)'u', Digit(rune.Value >> 12), Digit(rune.Value >> 8), Digit(rune.Value >> 4), Digit(rune.Value)]);
            else
                into.Write(value[..length]);
            value = value[length..];
        }
    }

    /// <summary>RFC 3986, 2.1: everything but the unreserved characters.</summary>
    private static void Percent(WipedBuffer into, ReadOnlySpan<byte> value)
    {
        foreach (var b in value)
            if (char.IsAsciiLetterOrDigit((char)b) || "-._~"u8.Contains(b))
                into.Write([b]);
            else
                into.Write([(byte)'%', Digit(b >> 4), Digit(b)]);
    }

    private static byte Digit(int value) => "0123456789ABCDEF"u8[value & 15];
}
