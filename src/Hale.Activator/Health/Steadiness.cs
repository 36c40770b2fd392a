using Hale.Activator.Plan;

namespace Hale.Activator.Health;

/// <summary>What one look at a check comes to.</summary>
internal enum Verdict
{
    Pass,
    Wait,
    Fail,
}

/// <summary>
/// Whether a unit is up to stay, from looks at it 0.2 s apart: two alike are enough, but one that systemd had to restart
/// meanwhile must stay up for 5 s, because a unit in a loop of crashes is active now and then too. One that was just started and
/// does not tell systemd when it is ready must stay up for 4 s: that its process exists says nothing yet.
/// </summary>
/// <param name="started">Whether the activation has just started the unit.</param>
internal sealed class Steadiness(bool started = false)
{
    private const int Looks = 2;
    private const int LooksAfterStart = 20;
    private const int LooksAfterRestart = 25;
    private UnitState? _first;
    private UnitState? _last;
    private int _alike;

    internal (Verdict Verdict, string Wrong) Judge(UnitState state)
    {
        _first ??= state;
        _alike = _last is not null && _last.Invocation == state.Invocation && _last.Restarts == state.Restarts ? _alike + 1 : 1;
        _last = state;
        return state switch
        {
            { Failed: true } => (Verdict.Fail, $"the unit has failed, result {state.Result}"),
            { Finished: true } => (Verdict.Pass, ""),
            { Active: "inactive", Queued: false } => (Verdict.Fail, "the unit is not running and nothing is about to start it"),
            { Active: "active" } when _alike >= Needed(state) => (Verdict.Pass, ""),
            { Active: "active" } or { Sub: "auto-restart" } when state.Restarts > 0 =>
                (Verdict.Wait, $"the unit keeps restarting ({state.Restarts} times)"),
            _ => (Verdict.Wait, $"the unit is {state.Active} ({state.Sub})"),
        };
    }

    private int Needed(UnitState state) =>
        state.Restarts > _first!.Restarts ? LooksAfterRestart
        : started && state.Type is ("simple" or "exec" or "idle" or "forking") ? LooksAfterStart
        : Looks;
}
