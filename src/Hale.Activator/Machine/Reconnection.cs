using Hale.Activator.Plan;

namespace Hale.Activator.Machine;

/// <summary>
/// What becomes of systemctl where systemd begins anew as a process meanwhile (<c>daemon-reexec</c>, as an upgrade of its package does): every
/// connection to it ends, and no job does.
/// </summary>
internal static class Reconnection
{
    /// <summary>How often one call is made anew, also by who lets systemd begin anew all the time.</summary>
    internal const int Most = 5;

    private const int AnyFailure = 1;

    /// <summary>How long systemd may be away.</summary>
    internal static readonly TimeSpan Comeback = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How systemctl says that it had a connection, or got none (systemd 252 to 257). Of jobs that fail it says something else.</summary>
    private static readonly string[] Signs = ["Connection reset by peer", "Transport endpoint is not connected", "Connection refused", "Broken pipe", "D-Bus connection terminated"];

    internal static bool IsLost(int code, string said) => code == AnyFailure && Signs.Any(sign => said.Contains(sign, StringComparison.Ordinal));

    /// <summary>Runs systemctl until it had an answer: for what may be said twice.</summary>
    internal static (int Code, string Text, string Said) Ask(IReadOnlyList<string> arguments, TimeSpan? limit, TimeProvider clock)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var answer = Programs.Run("systemctl", arguments, limit);
            if (!IsLost(answer.Code, answer.Said) || clock.GetElapsedTime(began) > Comeback + (limit ?? TimeSpan.Zero))
                return answer;
            Thread.Sleep(Pause);
        }
    }

    /// <summary>The states of units once none of them has a job, or the time is over.</summary>
    internal static IReadOnlyDictionary<string, UnitState> Await(ISystemd systemd, IReadOnlyList<string> units, TimeSpan limit, TimeProvider clock)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var states = systemd.States(units);
            if (!units.Any(unit => State(states, unit).Queued) || clock.GetElapsedTime(began) > limit)
                return states;
            Thread.Sleep(Pause);
        }
    }

    /// <summary>Whether systemd never heard of a job: then it is asked for anew, and no unit is restarted twice. A reload may come twice.</summary>
    /// <param name="verb">What was asked for.</param>
    /// <param name="before">The unit before that.</param>
    /// <param name="now">The unit now, with no job.</param>
    internal static bool IsUnheard(UnitVerb verb, UnitState before, UnitState now) => verb switch
    {
        _ when now.Queued => false,
        UnitVerb.Stop => now.Runs,
        UnitVerb.Start => !now.Runs && now.Invocation == before.Invocation,
        UnitVerb.Restart => now.Invocation == before.Invocation,
        _ => true,
    };

    /// <summary>Whether a unit that systemd did hear of is not as it was to be.</summary>
    internal static bool HasFailed(UnitVerb verb, UnitState now) => verb is UnitVerb.Start or UnitVerb.Restart
        && (now.Queued || now.Failed || now.Sub == "auto-restart" || (!now.Runs && !now.Finished));

    internal static UnitState State(IReadOnlyDictionary<string, UnitState> states, string unit) => states.GetValueOrDefault(unit, UnitState.Unknown);
}
