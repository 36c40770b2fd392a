using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>Units stop before the switch, and reload, restart and start after it, in that order, one call of systemctl each.</summary>
internal static class Units
{
    internal const int LogLines = 20;

    /// <summary>systemd's limit on starts in a row is against crashes in a loop; who deploys, or goes back, several times in 10 s means it.</summary>
    private const string TooOften = "start-limit-hit";

    /// <returns>Units that would not stop. It does not end the activation: systemd kills what does not stop, and tells so.</returns>
    internal static List<ActivationError> Stop(ActivationContext context, UnitJobs jobs) => Do(context, StepKind.Stop, UnitVerb.Stop, jobs.Stop);

    /// <returns>Every unit that failed, each with the end of its journal.</returns>
    internal static List<ActivationError> Run(ActivationContext context, bool reread, UnitJobs jobs)
    {
        if (reread)
            context.Systemd.Reread();
        context.Systemd.Run(UnitVerb.Forget, jobs.Forget);
        return
        [
            .. Do(context, StepKind.Units, UnitVerb.Reload, jobs.Reload),
            .. Do(context, StepKind.Units, UnitVerb.Restart, jobs.Restart),
            .. Do(context, StepKind.Units, UnitVerb.Start, jobs.Start),
        ];
    }

    /// <summary>A unit's failure for a person: what systemd calls it and the end of its journal.</summary>
    internal static ActivationError Failure(ISystemd systemd, string unit, string what) =>
        new($"{unit} {what}", $"On the machine: journalctl -u {unit}", unit, systemd.Journal(unit, LogLines));

    private static List<ActivationError> Do(ActivationContext context, StepKind step, UnitVerb verb, IReadOnlyList<string> units)
    {
        if (units.Count == 0)
            return [];
        var word = verb.ToString().ToLowerInvariant();
        foreach (var unit in units)
            context.Report(new StepEvent(step, Progress.Started, unit, word));
        var said = context.Systemd.Run(verb, units);
        var states = said is null ? null : context.Systemd.States(units);
        if (units.Where(u => states?.GetValueOrDefault(u)?.Result == TooOften).ToList() is { Count: > 0 } tooOften)
        {
            context.Systemd.Run(UnitVerb.Forget, tooOften);
            context.Systemd.Run(verb, tooOften);
            states = context.Systemd.States(units);
            said = units.Any(u => Failed(verb, states.GetValueOrDefault(u, UnitState.Unknown))) ? said : null;
        }

        var failed = units.Where(u => states is not null && Failed(verb, states.GetValueOrDefault(u, UnitState.Unknown))).ToList();
        foreach (var unit in units)
            context.Report(new StepEvent(step, failed.Contains(unit) ? Progress.Failed : Progress.Done, unit, word));
        return said is null ? []
            : failed.Count == 0 ? [new ActivationError($"systemctl {word} {string.Join(' ', units)} failed: {said}")]
            : [.. failed.Select(u => Failure(context.Systemd, u, $"did not {word}: {Why(verb, states![u])}."))];
    }

    private static bool Failed(UnitVerb verb, UnitState state) => verb switch
    {
        UnitVerb.Stop => state.Runs || state.Failed,
        // Nothing was waited for any longer, and systemd is still at it.
        _ when state.Queued => true,
        UnitVerb.Reload => !state.Runs || state.ReloadResult != "success",
        _ => state.Failed || state.Sub == "auto-restart" || (!state.Runs && !state.Finished),
    };

    private static string Why(UnitVerb verb, UnitState state) => (verb, state) switch
    {
        (not UnitVerb.Stop, { Queued: true }) => $"it did not come to an end, and is {state.Active} ({state.Sub}); a unit without a limit of its own has ten minutes, TimeoutStartSec= gives it another",
        (UnitVerb.Reload, { Runs: true }) => $"its reload ended with {state.ReloadResult}",
        (_, { Active: "inactive" }) => "it is inactive, perhaps because a unit that it requires failed",
        (_, { Sub: "auto-restart" }) => $"it ended with {state.Result} and systemd tries again",
        _ => $"it is {state.Active} ({state.Sub}), result {state.Result}",
    };
}
