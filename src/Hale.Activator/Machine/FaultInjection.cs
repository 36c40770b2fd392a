namespace Hale.Activator.Machine;

/// <summary>
/// Ends this process at one point of an activation, for the tests that cut at every one: points are the changes that it makes to files
/// and the events that it tells. <c>--die-at N</c> kills it there; <c>--halt-at N</c> stops it and says so, for the power to be cut.
/// </summary>
internal sealed class FaultInjection(int at, bool halts)
{
    internal const string Reached = "/run/hale/halted";
    private int _points;

    internal void Point()
    {
        if (Interlocked.Increment(ref _points) != at)
            return;
        if (halts)
            File.WriteAllText(Reached, "");
        var self = Environment.ProcessId;
        Native.Signal(self, halts ? Native.Stop : Native.Kill);
        Thread.Sleep(Timeout.Infinite);
    }
}
