using System.Globalization;
using System.Text.RegularExpressions;

namespace Hale.Activator.Machine;

/// <summary>Spans of time as systemctl writes them (systemd.time(7)): <c>1min 30s</c>. Pure.</summary>
internal static partial class TimeText
{
    private static readonly Dictionary<string, double> Seconds = new(StringComparer.Ordinal)
    {
        ["us"] = 1e-6,
        ["ms"] = 1e-3,
        ["s"] = 1,
        ["min"] = 60,
        ["h"] = 3600,
        ["d"] = 86400,
        ["w"] = 7 * 86400,
        ["month"] = 2629800,
        ["y"] = 31557600,
    };

    /// <returns>Null for <c>infinity</c>, for what is none, and for what is longer than a month: nobody waits for that.</returns>
    internal static TimeSpan? Read(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => Part().Match(part)).ToList();
        if (parts.Count == 0 || parts.Any(part => !part.Success || !Seconds.ContainsKey(part.Groups[2].Value)))
            return null;
        var sum = parts.Sum(part => double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * Seconds[part.Groups[2].Value]);
        return sum <= Seconds["month"] ? TimeSpan.FromSeconds(sum) : null;
    }

    [GeneratedRegex(@"^([0-9]+(?:\.[0-9]+)?)([a-z]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
