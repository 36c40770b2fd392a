using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Hale.Secrets;

/// <summary>Scalars as YAML, so that every reader of YAML takes them for what they are.</summary>
internal static partial class YamlText
{
    internal static string Key(string key) => Plain().IsMatch(key) && !IsSpecial(key) ? key : Quoted(key);

    /// <param name="kind">What it is.</param>
    /// <param name="text">Its text, canonical.</param>
    /// <param name="column">How far the line it belongs to is indented.</param>
    /// <param name="flow">Whether it stands within brackets.</param>
    /// <param name="lines">Whether it may go on in lines of its own: nothing follows it on its line.</param>
    internal static string Scalar(SopsKind kind, string text, int column, bool flow, bool lines) => kind switch
    {
        SopsKind.Null => "null",
        SopsKind.Bool => text == "True" ? "true" : "false",
        SopsKind.Float => text switch
        {
            "NaN" => ".nan",
            "+Inf" => ".inf",
            "-Inf" => "-.inf",
            _ => text.Contains('.', StringComparison.Ordinal) ? text : text + ".0",
        },
        SopsKind.Int or SopsKind.Time => text,
        // Its bracket and commas mean something within brackets.
        _ when SopsCipher.Looks(text) => flow ? Quoted(text) : text,
        _ when Plain().IsMatch(text) && !IsSpecial(text) => text,
        _ when lines && Block(text, column) is { } block => block,
        _ => Quoted(text),
    };

    /// <summary>Several lines as they are; null where the form would change one of them.</summary>
    private static string? Block(string text, int column)
    {
        if (!text.Contains('\n', StringComparison.Ordinal) || text.EndsWith("\n\n", StringComparison.Ordinal) || text[0] is '\n' or ' '
            || text.Any(c => c != '\n' && (char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' or '\ufeff' or >= '\ufffe'))
            || text.Split('\n').SkipLast(1).Any(line => line.Length > 0 && line.Trim().Length == 0))
            return null;
        var indent = new string(' ', column + 4);
        var lines = text.EndsWith('\n') ? text[..^1].Split('\n') : text.Split('\n');
        return (text.EndsWith('\n') ? "|\n" : "|-\n") + string.Join('\n', lines.Select(line => line.Length == 0 ? "" : indent + line));
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\u007f' or (>= '\u0080' and <= '\u00a0') or '\u2028' or '\u2029' or '\ufeff' or >= '\ufffe' =>
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        return quoted.Append('"').ToString();
    }

    /// <summary>What some reader of YAML, of any version, takes for something other than text.</summary>
    private static bool IsSpecial(string text) =>
        GoYaml.Resolve(text)?.Kind != SopsKind.Str || Words().IsMatch(text) || Sexagesimal().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9_/.][A-Za-z0-9_./@+-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex("^(y|n|yes|no|on|off|true|false|null)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    [GeneratedRegex("^[-+]?[0-9][0-9_.e+-]*$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Sexagesimal();
}
