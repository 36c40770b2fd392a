namespace Hale.Lab;

public sealed partial class Machine
{
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until systemd has finished booting, whether or not some unit failed on the way.</summary>
    /// <returns><c>running</c>, or <c>degraded</c> where a unit failed.</returns>
    /// <exception cref="MachineAssertionException">It did not finish in time; the message holds the jobs that are still queued.</exception>
    public async Task<string> WaitForBootAsync(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var time = timeout ?? DefaultTimeout;
        using var limit = TimeLimit.Start(time, cancellation);
        while (true)
        {
            var state = (await RunAsync("systemctl is-system-running", cancellation: cancellation)).Output.Trim();
            if (state is "running" or "degraded") return state;
            if (!await PauseAsync(limit, cancellation))
            {
                var jobs = await RunAsync("systemctl list-jobs --no-pager", cancellation: cancellation);
                throw new MachineAssertionException(
                    $"{Name} did not boot within {time.TotalSeconds:0.#} s; it is {state}\n{jobs.Describe()}");
            }
        }
    }

    /// <summary>What systemd says of a unit now. A unit that does not exist has the load state <c>not-found</c>.</summary>
    /// <param name="unit">With its suffix: <c>caddy.service</c>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<UnitState> UnitStateAsync(string unit, CancellationToken cancellation = default)
    {
        // The second command asks for a property of systemd itself, NJobs.
        var shown = await SucceedAsync(
            $"systemctl show --property={UnitState.Properties} -- {Shell.Quote(unit)} && systemctl show --property=NJobs",
            cancellation: cancellation);
        return UnitState.Parse(unit, shown);
    }

    /// <summary>The journal of a unit in this boot: its last lines, with times.</summary>
    /// <param name="unit">With its suffix.</param>
    /// <param name="lines">At most so many lines.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<string> JournalAsync(string unit, int lines = 100, CancellationToken cancellation = default) =>
        SucceedAsync(
            $"journalctl --boot --no-pager --quiet --output=short-precise --lines={lines} --unit={Shell.Quote(unit)}",
            cancellation: cancellation);

    /// <summary>
    /// Waits until a unit is active. It fails at once, with the unit's journal, where waiting is of no use: the unit failed, does not
    /// exist, or is inactive while systemd has no job queued that could start it.
    /// </summary>
    /// <param name="unit">With its suffix: <c>caddy.service</c>.</param>
    /// <param name="timeout">60 seconds when null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Its state when it was active.</returns>
    /// <exception cref="MachineAssertionException">It is not active, and why.</exception>
    public async Task<UnitState> WaitForUnitAsync(string unit, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var time = timeout ?? DefaultTimeout;
        using var limit = TimeLimit.Start(time, cancellation);
        var idle = false;
        while (true)
        {
            var state = await UnitStateAsync(unit, cancellation);
            if (state.IsActive) return state;
            if (state.ActiveState == "failed") throw await FindingAsync($"{unit} failed", state);
            if (state.LoadState is not "loaded") throw await FindingAsync($"{unit} cannot be started", state);

            // Asked twice: a job can end, and what it triggers begin, between two answers.
            var idleNow = state is { ActiveState: "inactive", Jobs: 0 };
            if (idle && idleNow) throw await FindingAsync($"{unit} is inactive, and nothing is queued that could start it", state);
            idle = idleNow;

            if (!await PauseAsync(limit, cancellation))
                throw await FindingAsync($"{unit} did not become active within {time.TotalSeconds:0.#} s", state);
        }

        async Task<MachineAssertionException> FindingAsync(string what, UnitState state)
        {
            var restarts = state.Restarts > 0 ? $", restarted {state.Restarts} times" : "";
            var journal = (await JournalAsync(unit, cancellation: cancellation)).TrimEnd();
            var said = journal.Length > 0 ? $"  its journal:\n    {journal.ReplaceLineEndings("\n    ")}" : "  its journal is empty";
            return new MachineAssertionException($"on {Name}, {what}: {state.Describe()}{restarts}\n{said}");
        }
    }

    /// <summary>Waits until a TCP port of the machine can be connected to, from the lab's network.</summary>
    /// <param name="port">1 to 65535. Ports that listen on the machine's loopback only are not seen.</param>
    /// <param name="timeout">60 seconds when null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="MachineAssertionException">Nothing listens in time; the message holds what listens on the machine.</exception>
    public async Task WaitForPortAsync(int port, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var time = timeout ?? DefaultTimeout;
        using var limit = TimeLimit.Start(time, cancellation);
        while (!await IsListeningAsync(port, cancellation))
        {
            if (!await PauseAsync(limit, cancellation))
            {
                var listening = await RunAsync("ss -Hltnp", cancellation: cancellation);
                throw new MachineAssertionException(
                    $"on {Name}, nothing listens on port {port} after {time.TotalSeconds:0.#} s\n{listening.Describe()}");
            }
        }
    }

    /// <summary>Waits until a path exists on the machine.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="timeout">60 seconds when null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="MachineAssertionException">It does not exist in time; the message holds what its folder has.</exception>
    public async Task WaitForFileAsync(string path, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var time = timeout ?? DefaultTimeout;
        using var limit = TimeLimit.Start(time, cancellation);
        while (!(await RunAsync($"test -e {Shell.Quote(path)}", cancellation: cancellation)).Succeeded)
        {
            if (!await PauseAsync(limit, cancellation))
            {
                var there = await RunAsync($"ls -la -- \"$(dirname -- {Shell.Quote(path)})\"", cancellation: cancellation);
                throw new MachineAssertionException(
                    $"on {Name}, {path} does not exist after {time.TotalSeconds:0.#} s\n{there.Describe()}");
            }
        }
    }

    /// <summary>A pause between two questions.</summary>
    /// <returns>Whether there is time for another.</returns>
    private static async Task<bool> PauseAsync(TimeLimit limit, CancellationToken cancellation)
    {
        if (limit.Token.IsCancellationRequested)
        {
            cancellation.ThrowIfCancellationRequested();
            return false;
        }
        await Task.Delay(pause, cancellation);
        return true;
    }
}
