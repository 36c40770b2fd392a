using System.Globalization;
using System.Text.RegularExpressions;

namespace Lab.Tests.Isolation;

/// <summary>systemd's measure of what a service could do: 0 nothing, 10 everything (systemd-analyze(1), security).</summary>
internal static partial class Exposure
{
    /// <summary>They change the machine itself, as root on its own root; HostUnits says why.</summary>
    public static readonly string[] TheMachineItself = ["hale-recover.service", "hale-secrets.service"];

    public static async Task<double> OfAsync(Hale.Lab.Machine machine, string unit) => Overall(unit, await AnalyseAsync(machine, unit));

    /// <summary>Fails with what exposes the unit most.</summary>
    public static async Task AssertAtMostAsync(Hale.Lab.Machine machine, double most, string unit)
    {
        var analysis = await AnalyseAsync(machine, unit);
        Assert.True(Overall(unit, analysis) <= most, string.Join('\n', analysis.Split('\n').Where(line => !line.StartsWith('✓'))));
    }

    private static Task<string> AnalyseAsync(Hale.Lab.Machine machine, string unit) =>
        machine.SucceedAsync($"SYSTEMD_COLORS=0 LC_ALL=C.UTF-8 systemd-analyze security --no-pager {unit}");

    private static double Overall(string unit, string analysis)
    {
        var overall = Line().Match(analysis);
        Assert.True(overall.Success, $"systemd-analyze says nothing of {unit}:\n{analysis}");
        return double.Parse(overall.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Overall exposure level for \S+: ([0-9.]+)")]
    private static partial Regex Line();
}
