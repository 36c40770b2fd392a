using Hale.Store.Closure;

namespace Hale.Activator.Plan;

/// <summary>Which running services a plan's jobs concern, and whether they answer meanwhile. Pure.</summary>
internal static class Interruptions
{
    internal static Interruption Of(UnitJobs jobs, IReadOnlyDictionary<string, UnitState> states)
    {
        var touched = jobs.Stop.Concat(jobs.Restart).ToHashSet(StringComparer.Ordinal);
        var back = jobs.Restart.Concat(jobs.Start).ToHashSet(StringComparer.Ordinal);
        var services = touched.Where(Answers).Order(StringComparer.Ordinal).ToLookup(Kind);
        return new Interruption
        {
            Restarted = [.. services[(true, false)]],
            Waited = [.. services[(true, true)]],
            Stopped = [.. services[(false, false)].Concat(services[(false, true)]).Order(StringComparer.Ordinal)],
            Reloaded = [.. jobs.Reload.Where(Answers)],
        };

        // A oneshot has done its work; nobody waits for its answer.
        bool Answers(string unit) =>
            UnitPlanner.Kind(unit) == "service" && states.GetValueOrDefault(unit) is { Runs: true, Type: not "oneshot" };

        (bool Back, bool Waits) Kind(string service)
        {
            var socket = System.IO.Path.ChangeExtension(service, "socket");
            var listens = states.GetValueOrDefault(socket) is { Runs: true };
            // A service that its socket starts again comes back with the socket.
            return (back.Contains(service) || (listens && back.Contains(socket)), listens && !touched.Contains(socket));
        }
    }
}
