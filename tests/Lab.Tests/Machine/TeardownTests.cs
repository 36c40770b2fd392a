using System.Diagnostics;
using Hale.Lab;

namespace Lab.Tests;

/// <summary>Whatever ends a run, nothing of it is left: no process, mount, network namespace, control group or file.</summary>
[Collection(SharedLab.Name)]
public sealed class TeardownTests
{
    private static readonly int interrupt = 2, kill = 9, terminate = 15;

    [LabFact]
    public async Task A_run_that_is_disposed_leaves_nothing()
    {
        Traces traces;
        await using (var run = await LabFixture.StartAsync())
        {
            var machine = await run.BootAsync("ohana");
            await machine.SucceedAsync("systemd-run --unit=stubborn --property=KillMode=none sleep 1000");
            machine.Forward(22);
            traces = Traces.Of(run.Folder);
            // The question can be answered with yes: a run that lives leaves traces of each kind.
            var alive = traces.Left();
            foreach (var kind in new[] { "folder", "control group", "process", "network namespace" })
                Assert.Contains(alive, trace => trace.StartsWith(kind, StringComparison.Ordinal));
        }
        Assert.Empty(traces.Left());
    }

    [LabFact]
    public Task Ctrl_C_leaves_nothing() => Ended_by_a_signal_it_leaves_nothing(interrupt);

    [LabFact]
    public Task A_termination_leaves_nothing() => Ended_by_a_signal_it_leaves_nothing(terminate);

    [LabFact]
    public async Task What_a_killed_run_left_is_swept_by_the_next_and_runs_that_live_are_not()
    {
        using var killed = await HoldingProcess.StartAsync();
        using var alive = await HoldingProcess.StartAsync();
        var traces = Traces.Of(killed.Folder);
        killed.Signal(kill);
        Assert.Contains(traces.Left(), trace => trace.StartsWith("control group", StringComparison.Ordinal));

        var said = new List<string>();
        await using (await LabRun.StartAsync(new LabOptions { Report = said.Add }))
        {
            Assert.Empty(traces.Left());
            Assert.Contains(said, line => line.Contains(Path.GetFileName(killed.Folder), StringComparison.Ordinal));
            Assert.True(Directory.Exists(alive.Folder));
            Assert.NotEmpty(Traces.Of(alive.Folder).Processes);
        }
        alive.Signal(terminate);
    }

    [LabFact]
    public async Task Runs_of_several_processes_have_the_same_addresses_and_do_not_meet()
    {
        using var other = await HoldingProcess.StartAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("held");
        Assert.Equal("10.77.0.2", machine.Address.ToString());
        // The other run's machine has the same name and address; ours answers for itself.
        await machine.SucceedAsync("ip address show dev host0 | grep >/dev/null 10.77.0.2/24 && ! ping -c 1 -W 1 10.77.0.3");

        var traces = Traces.Of(other.Folder);
        other.Signal(terminate);
        Assert.Empty(traces.Left());
        await machine.SucceedAsync("true");
    }

    private static async Task Ended_by_a_signal_it_leaves_nothing(int signal)
    {
        using var process = await HoldingProcess.StartAsync();
        var traces = Traces.Of(process.Folder);
        process.Signal(signal);
        Assert.Empty(traces.Left());
    }

    /// <summary>Another process that holds a run with one machine.</summary>
    private sealed class HoldingProcess(Process process, string folder) : IDisposable
    {
        public string Folder => folder;

        public static async Task<HoldingProcess> StartAsync()
        {
            // A shell's background job ignores the interrupt, and its children inherit that: this one is to hear it.
            string[] arguments = ["--default-signal=INT", "dotnet", typeof(Program).Assembly.Location, Program.HoldALab];
            var start = new ProcessStartInfo("env", arguments) { RedirectStandardOutput = true };
            var process = Process.Start(start)!;
            var folder = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(90))
                ?? throw new InvalidOperationException("the process that should hold a run ended");
            return new HoldingProcess(process, folder);
        }

        /// <summary>Sends a signal and waits for the end.</summary>
        public void Signal(int signal)
        {
            Native.Signal(process.Id, signal);
            Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)), "it did not end");
        }

        public void Dispose()
        {
            if (!process.HasExited) Signal(terminate);
            process.Dispose();
        }
    }
}
