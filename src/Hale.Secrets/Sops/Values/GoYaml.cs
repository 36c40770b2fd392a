using System.Globalization;
using System.Text.RegularExpressions;

namespace Hale.Secrets;

/// <summary>
/// What go-yaml v3 takes a plain scalar for, which is not quite YAML 1.2: <c>0755</c> is octal, <c>1_000</c> a number, <c>2001-2-3</c> a time;
/// <c>yes</c> and <c>on</c> are text.
/// </summary>
internal static partial class GoYaml
{
    /// <summary>The kind of a plain scalar, and the bytes that sops authenticates for it; null where sops cannot hold it.</summary>
    internal static (SopsKind Kind, string Canonical)? Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => (SopsKind.Null, ""),
        "true" or "True" or "TRUE" => (SopsKind.Bool, "True"),
        "false" or "False" or "FALSE" => (SopsKind.Bool, "False"),
        ".nan" or ".NaN" or ".NAN" => (SopsKind.Float, "NaN"),
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" => (SopsKind.Float, "+Inf"),
        "-.inf" or "-.Inf" or "-.INF" => (SopsKind.Float, "-Inf"),
        _ when text[0] == '.' => GoNumber.Float(text) is { } value ? (SopsKind.Float, GoNumber.Format(value)) : (SopsKind.Str, text),
        _ when char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' => Number(text),
        _ => (SopsKind.Str, text),
    };

    /// <summary>RFC 3339 with as many fractional digits as there are, as Go marshals a time.</summary>
    internal static string Canonical(DateTimeOffset time)
    {
        var fraction = time.ToString("fffffff", CultureInfo.InvariantCulture).TrimEnd('0');
        var zone = time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz", CultureInfo.InvariantCulture);
        return $"{time.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)}{(fraction.Length > 0 ? "." + fraction : "")}{zone}";
    }

    private static (SopsKind Kind, string Canonical)? Number(string text)
    {
        if (Time().Match(text) is { Success: true } match && TimeOf(match) is { } time)
            return (SopsKind.Time, Canonical(time));
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (GoNumber.Int(plain) is { } whole && whole <= ulong.MaxValue && whole >= long.MinValue)
            return whole <= long.MaxValue ? (SopsKind.Int, whole.ToString(CultureInfo.InvariantCulture)) : null;
        if (FloatStyle().IsMatch(plain) && GoNumber.Float(plain) is { } value)
            return (SopsKind.Float, GoNumber.Format(value));
        return (SopsKind.Str, text);
    }

    private static DateTimeOffset? TimeOf(Match match)
    {
        int Part(string name) => match.Groups[name].Length == 0 ? 0 : int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
        var zone = match.Groups["zone"].Value;
        var offset = zone.Length < 6
            ? TimeSpan.Zero
            : (zone[0] == '-' ? -1 : 1) * TimeSpan.FromMinutes(
                (int.Parse(zone[1..3], CultureInfo.InvariantCulture) * 60) + int.Parse(zone[4..6], CultureInfo.InvariantCulture));
        try
        {
            var fraction = match.Groups["fraction"].Value.PadRight(7, '0')[..7];
            return new DateTimeOffset(Part("year"), Part("month"), Part("day"), Part("hour"), Part("minute"), Part("second"), offset)
                .AddTicks(long.Parse(fraction, CultureInfo.InvariantCulture));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // A zone is needed after T and may not stand after a space; a date may stand alone.
    [GeneratedRegex(
        @"^(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})(?:"
            + @"[Tt](?<hour>\d{1,2}):(?<minute>\d{1,2}):(?<second>\d{1,2})(?:\.(?<fraction>\d{1,9}))?(?<zone>Z|[+-]\d\d:\d\d)"
            + @"| (?<hour>\d{1,2}):(?<minute>\d{1,2}):(?<second>\d{1,2})(?:\.(?<fraction>\d{1,9}))?)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Time();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex FloatStyle();
}
