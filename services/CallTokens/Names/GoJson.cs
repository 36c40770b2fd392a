using System.Globalization;
using System.Text;

namespace CallTokens.Names;

/// <summary>
/// Arrays of strings in JSON, byte for byte as Go's encoder writes them: every other implementation of these hashes (MSC4195) does.
/// Control characters, <c>&lt; &gt; &amp;</c> and the line separators U+2028 and U+2029 are escaped, all else stands as it is in UTF-8; half of a
/// surrogate pair becomes U+FFFD.
/// </summary>
internal static class GoJson
{
    public static byte[] Array(params ReadOnlySpan<string> strings)
    {
        var json = new StringBuilder("[");
        foreach (var text in strings)
        {
            if (json.Length > 1)
                json.Append(',');
            Append(json, text);
        }
        return Encoding.UTF8.GetBytes(json.Append(']').ToString());
    }

    private static void Append(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                // Encoding.UTF8 writes half a pair as U+FFFD.
                _ => json.Append(c),
            };
        json.Append('"');
    }
}
