using Hale.Store.Closure;

namespace Hale.Activator.Plan;

/// <summary>What systemd says of one unit.</summary>
/// <param name="Active">ActiveState: active, reloading, activating, deactivating, inactive, failed.</param>
/// <param name="Sub">SubState: running, exited, auto-restart, …</param>
/// <param name="Type">A service's type; empty for other units.</param>
/// <param name="Result">Why it last ended; <c>success</c> or the kind of failure.</param>
/// <param name="Skipped">A condition of the unit did not hold when it was last started.</param>
/// <param name="Queued">A job of it waits or runs.</param>
/// <param name="Restarts">How often systemd restarted it by itself.</param>
/// <param name="Invocation">The id of its present run; empty where it never ran.</param>
/// <param name="ReloadResult">How its last reload ended; <c>success</c> also where there was none.</param>
/// <param name="Stale">Its files differ from what systemd last read.</param>
/// <param name="Frozen">Its processes are frozen.</param>
/// <param name="Started">When its main process started, or else when it became active, in seconds after the epoch; null where neither happened.</param>
internal sealed record UnitState(
    string Active, string Sub = "", string Type = "", string Result = "success", bool Skipped = false, bool Queued = false,
    int Restarts = 0, string Invocation = "", string ReloadResult = "success", bool Stale = false, bool Frozen = false, long? Started = null)
{
    internal static readonly UnitState Unknown = new("inactive");

    internal bool Failed => Active == "failed";

    internal bool Runs => Active is not ("inactive" or "failed");

    /// <summary>Not running, and rightly so: a oneshot that has done its work, or a unit whose condition does not hold.</summary>
    internal bool Finished => Active == "inactive" && Result == "success" && ((Type == "oneshot" && Invocation.Length > 0) || Skipped);
}

/// <summary>
/// The jobs for systemd that a plan comes to on a machine whose units are in the given states: pure, and computed before
/// anything stops. Each list is one call of systemctl, in the order of the properties.
/// </summary>
internal sealed record UnitJobs
{
    /// <summary>Before the switch: stopped while their old files are there.</summary>
    internal IReadOnlyList<string> Stop { get; private init; } = [];

    /// <summary>After it: their failed state is forgotten, so that they may start or vanish.</summary>
    internal IReadOnlyList<string> Forget { get; private init; } = [];

    internal IReadOnlyList<string> Reload { get; private init; } = [];

    internal IReadOnlyList<string> Restart { get; private init; } = [];

    internal IReadOnlyList<string> Start { get; private init; } = [];

    /// <summary>Every unit that must run when all jobs are done.</summary>
    internal IEnumerable<string> Running => Reload.Concat(Restart).Concat(Start);

    /// <summary>The units whose states <see cref="Of"/> must know: those of both systems and the targets that want them; templates as patterns.</summary>
    internal static IReadOnlyList<string> Asked(SystemManifest? old, SystemManifest @new) =>
    [
        .. (old?.Units ?? []).Concat(@new.Units)
            .SelectMany(u => u.WantedBy.Prepend(u.Name))
            .Concat(SecretUsers.Named(@new))
            .Select(UnitPlanner.Pattern)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    internal static UnitJobs Of(ActivationPlan plan, SystemManifest @new, IReadOnlyDictionary<string, UnitState> states)
    {
        var due = Due(@new, states);
        var planned = plan.Units.SelectMany(unit => Instances(unit.Name, states).Select(name => unit with { Name = name })).ToList();
        var kept = planned.Where(u => u.Action != UnitAction.Stop).ToList();
        var behind = due.Except(planned.Select(u => u.Name)).Where(name => Behind(State(states, name)));
        var start = After(UnitAction.Start).Concat(behind).ToList();
        return new UnitJobs
        {
            // What starts others goes first: a socket with a connection waiting would start its service again between the two jobs, an automount its mount.
            Stop = [.. Sorted(planned.Where(u => u.Action is UnitAction.Stop or UnitAction.StopStart).Select(u => u.Name).Where(n => State(states, n).Runs))
                .OrderBy(n => UnitPlanner.Kind(n) is "socket" or "path" or "timer" or "automount" ? 0 : 1)],
            Forget = Sorted(planned.Where(u => u.Action is not UnitAction.None || u.Reason == UnitReason.Removed)
                .Select(u => u.Name).Concat(start).Where(n => State(states, n).Failed)),
            Reload = Sorted(After(UnitAction.Reload)),
            Restart = Sorted(After(UnitAction.Restart)),
            Start = Sorted(start),
        };

        IEnumerable<string> After(UnitAction action) =>
            kept.Where(u => UnitJobs.After(u, State(states, u.Name), due.Contains(u.Name)) == action).Select(u => u.Name);
    }

    /// <summary>These jobs, and more units to start: those that another's stop has stopped.</summary>
    internal UnitJobs Also(IEnumerable<string> start) => this with { Start = Sorted(Start.Concat(start.Except(Restart, StringComparer.Ordinal))) };

    /// <summary>Units that ran, are wanted, and do not run: they only went along when another stopped.</summary>
    /// <param name="ran">Units that ran before anything stopped.</param>
    /// <param name="manifest">The system that they are to run in.</param>
    /// <param name="states">How they are now.</param>
    internal static IEnumerable<string> GoneAlong(IReadOnlyCollection<string> ran, SystemManifest manifest, IReadOnlyDictionary<string, UnitState> states) =>
        manifest.Units.Where(u => u.WantedBy.Count > 0 && ran.Contains(u.Name) && !State(states, u.Name).Runs).Select(u => u.Name);

    /// <summary>Jobs that no plan comes to: what a repair has found out to be due.</summary>
    internal static UnitJobs OfRepair(IEnumerable<string> reload, IEnumerable<string> restart, IEnumerable<string> start) => new()
    {
        Forget = Sorted(start),
        Reload = Sorted(reload),
        Restart = Sorted(restart),
        Start = Sorted(start),
    };

    /// <summary>
    /// The wanted units of a system that do not run although their target is reached; what a started machine shows after a
    /// failed or interrupted activation, or when somebody stopped them by hand.
    /// </summary>
    internal static IReadOnlyList<string> Behind(SystemManifest manifest, IReadOnlyDictionary<string, UnitState> states) =>
        Sorted(Due(manifest, states).Where(name => Behind(State(states, name))));

    private static bool Behind(UnitState state) => !state.Runs && !state.Queued && !state.Finished;

    /// <summary>What an after-the-switch action comes to; None for no job.</summary>
    private static UnitAction After(PlannedUnit unit, UnitState state, bool due) => unit.Action switch
    {
        // A unit of the same name ran already, from Debian's own file: it must take up the new one.
        _ when unit.Reason == UnitReason.Added && state.Runs && Replaces(unit.Name) => UnitAction.Restart,
        UnitAction.Reload or UnitAction.Restart or UnitAction.StopStart when !state.Runs => due ? UnitAction.Start : UnitAction.None,
        UnitAction.Reload => state.Active is "active" or "reloading" ? UnitAction.Reload : UnitAction.Restart,
        UnitAction.Restart => UnitAction.Restart,
        UnitAction.StopStart => UnitAction.Start,
        UnitAction.Start when unit.Reason == UnitReason.NewlyWanted && state.Runs => UnitAction.None,
        UnitAction.Start => due || state.Runs ? UnitAction.Start : UnitAction.None,
        _ => UnitAction.None,
    };

    private static bool Replaces(string name) => UnitPlanner.Kind(name) is "service" or "socket" or "timer" or "path";

    /// <summary>Units that ought to run now: wanted by a reached target, or by one that is itself due. Nothing is due by <c>rescue.target</c>.</summary>
    private static HashSet<string> Due(SystemManifest manifest, IReadOnlyDictionary<string, UnitState> states)
    {
        var due = new HashSet<string>(StringComparer.Ordinal);
        var units = manifest.Units.Where(u => !UnitPlanner.IsTemplate(u.Name)).ToList();
        List<string> more;
        do
        {
            more = [.. units.Where(u => !due.Contains(u.Name) && u.WantedBy.Any(Reached)).Select(u => u.Name)];
            due.UnionWith(more);
        }
        while (more.Count > 0);
        return due;

        // While the machine is still booting a target has a job, and units that come now are not part of it.
        bool Reached(string target) => due.Contains(target) || State(states, target) is { Runs: true } or { Queued: true };
    }

    internal static IEnumerable<string> Instances(string name, IReadOnlyDictionary<string, UnitState> states)
    {
        if (!UnitPlanner.IsTemplate(name))
            return [name];
        var at = name.IndexOf("@.", StringComparison.Ordinal) + 1;
        return states.Keys.Where(n => n.Length > name.Length
            && n.StartsWith(name[..at], StringComparison.Ordinal) && n.EndsWith(name[at..], StringComparison.Ordinal));
    }

    private static UnitState State(IReadOnlyDictionary<string, UnitState> states, string name) => states.GetValueOrDefault(name, UnitState.Unknown);

    private static IReadOnlyList<string> Sorted(IEnumerable<string> names) => [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
