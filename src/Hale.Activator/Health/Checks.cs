using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Steps;
using Hale.Store.Closure;

namespace Hale.Activator.Health;

/// <summary>
/// Runs health checks side by side, each at its interval until it passes, its limit is over, or its unit has failed, which no
/// waiting mends.
/// </summary>
internal static class Checks
{
    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OneRun = TimeSpan.FromSeconds(10);

    /// <summary>How long a unit without a check of its own may take to settle after it was started.</summary>
    private const int SettleSeconds = 30;

    /// <returns>One error for each required check that failed, each unit's journal once. One that is only wanted gives a warning.</returns>
    /// <param name="context">The machine.</param>
    /// <param name="checks">The checks.</param>
    /// <param name="started">Units that were started a moment ago.</param>
    internal static async Task<List<ActivationError>> RunAsync(
        ActivationContext context, IReadOnlyList<ManifestCheck> checks, IReadOnlySet<string>? started = null)
    {
        // A folder is no running machine: nothing in it can answer.
        if (checks.Count == 0 || !context.Files.IsLive)
            return [];
        context.Report(new StepEvent(StepKind.Health, Progress.Started));
        using var probe = new Probe();
        using var units = new UnitWatch(context.Systemd, context.Clock, [.. checks.Select(c => c.Unit).Distinct(StringComparer.Ordinal)]);
        var seen = await Task.WhenAll(checks.Select(check => Task.Run(() => RunOneAsync(context, probe, units, check, started?.Contains(check.Unit) ?? false)))).ConfigureAwait(false);
        var failed = checks.Zip(seen).Where(r => r.Second is not null).ToList();
        context.Report(new StepEvent(StepKind.Health, failed.Any(r => r.First.Required) ? Progress.Failed : Progress.Done));
        foreach (var (check, wrong) in failed.Where(r => !r.First.Required))
            context.Report(new WarningEvent($"{check.Name}: {wrong}", "It is wanted, not required, and stops nothing."));
        return
        [
            .. failed.Where(r => r.First.Required)
                .GroupBy(r => r.First.Unit, StringComparer.Ordinal)
                .SelectMany(unit => unit.Select((r, i) => new ActivationError(
                    $"{r.First.Name}: {r.Second}",
                    $"On the machine: journalctl -u {unit.Key}",
                    unit.Key,
                    i == 0 ? context.Systemd.Journal(unit.Key, Units.LogLines) : []))),
        ];
    }

    /// <summary>The manifest's checks, and that each started unit without one of its own stays up.</summary>
    internal static IReadOnlyList<ManifestCheck> Of(SystemManifest manifest, IEnumerable<string> started) =>
    [
        .. manifest.Checks,
        .. Settled(started.Except(manifest.Checks.Where(c => c.Kind == CheckKind.Unit).Select(c => c.Unit), StringComparer.Ordinal)),
    ];

    /// <summary>Only that started units stay up: where some have failed already, the others are told of too, but nothing is waited for long.</summary>
    internal static IReadOnlyList<ManifestCheck> Settled(IEnumerable<string> started) =>
        [.. started.Select(u => new ManifestCheck { Name = u, Kind = CheckKind.Unit, Unit = u, LimitSeconds = SettleSeconds })];

    /// <returns>What is wrong; null when the check passed.</returns>
    private static async Task<string?> RunOneAsync(ActivationContext context, Probe probe, UnitWatch units, ManifestCheck check, bool started)
    {
        var begin = context.Clock.GetTimestamp();
        var (limit, interval) = (TimeSpan.FromSeconds(check.LimitSeconds), TimeSpan.FromMilliseconds(check.IntervalMilliseconds));
        var most = check.Kind == CheckKind.Command ? OneRun : OneTry;
        var stay = new Steadiness(started);
        context.Report(new CheckEvent(check.Name, check.Unit, Progress.Started));
        while (true)
        {
            var state = await units.StateAsync(check.Unit).ConfigureAwait(false);
            var left = limit - context.Clock.GetElapsedTime(begin);
            var (verdict, wrong) = check.Kind == CheckKind.Unit
                ? stay.Judge(state)
                : Judge(state, await probe.TryAsync(check, left < most ? left : most).ConfigureAwait(false));
            left = limit - context.Clock.GetElapsedTime(begin);
            if (verdict == Verdict.Wait && left <= interval)
                (verdict, wrong) = (Verdict.Fail, $"{wrong}, after {check.LimitSeconds} s");
            if (verdict != Verdict.Wait)
            {
                var seconds = Math.Round(context.Clock.GetElapsedTime(begin).TotalSeconds, 2);
                context.Report(new CheckEvent(check.Name, check.Unit, verdict == Verdict.Pass ? Progress.Done : Progress.Failed, seconds, wrong));
                return verdict == Verdict.Pass ? null : wrong;
            }

            await Task.Delay(interval, context.Clock).ConfigureAwait(false);
        }
    }

    private static (Verdict Verdict, string Wrong) Judge(UnitState state, string? wrong) =>
        wrong is null ? (Verdict.Pass, "")
        : state.Failed ? (Verdict.Fail, $"{wrong}; its unit has failed ({state.Result})")
        : (Verdict.Wait, wrong);
}
