using Hale.Declare;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store.Closure;
using Xunit.Abstractions;
using static Lab.Tests.Gates.Declared;

namespace Lab.Tests.Gates;

/// <summary>A generation that nobody can reach does not stay, and the next boot never depends on one that has not held.</summary>
[Collection(GateMachine.Name)]
public sealed class ReachabilityTests(GateFixture gate, ITestOutputHelper output)
{
    private static readonly SwitchOptions Soon = new() { Window = TimeSpan.FromSeconds(5) };

    /// <summary>A oneshot that does something to the machine, and undoes it when it stops.</summary>
    private static Action<Host> Does(string start, string stop) => host => host.Modules.Add(new Declared(
        Service("new", "oneshot", start, ("RemainAfterExit", "yes"), ("ExecStop", stop))));

    private static Action<Host> Sshd(string setting) => host => host.Modules.Add(new Declared(
        new EtcFile("/etc/ssh/sshd_config.d/00-hale.conf", new TextFile("sshd.conf", setting + "\n")),
        Service("sshd-follows", "oneshot", "/bin/systemctl restart ssh.service", ("RemainAfterExit", "yes"), ("Environment", $"'FOR={setting}'"))));

    private static Action<Host> StopsSshd => Does("/bin/systemctl stop ssh.socket ssh.service", "/bin/systemctl start ssh.service");

    [LabTheory]
    [InlineData("a firewall", "/usr/sbin/nft 'add table inet shut; add chain inet shut in { type filter hook input priority 0; policy drop; }'", "/usr/sbin/nft delete table inet shut")]
    [InlineData("a firewall for whoever is new",
        "/usr/sbin/nft 'add table inet shut; add chain inet shut in { type filter hook input priority 0; policy drop; }; add rule inet shut in ct state established accept'",
        "/usr/sbin/nft delete table inet shut")]
    [InlineData("a link that is down", "/usr/sbin/ip link set host0 down", "/usr/sbin/ip link set host0 up")]
    [InlineData("a sshd that is stopped", "/bin/systemctl stop ssh.socket ssh.service", "/bin/systemctl start ssh.service")]
    public async Task Who_is_locked_out_by_a_new_generation_gets_the_machine_back_and_is_told(string by, string start, string stop)
    {
        var deployed = await gate.DeployAsync(Does(start, stop), Soon);
        Assert.True(deployed.Result.ExitCode == 3, deployed.Errors);
        Assert.Contains("Nobody reached the machine over a new connection within 5 s", deployed.Errors, StringComparison.Ordinal);
        await gate.IsWellAsync();
        output.WriteLine($"{by}: the command ended after {deployed.Told[^1].Seconds:0.0} s");
    }

    [LabFact]
    public async Task A_sshd_that_refuses_the_operator_is_the_old_one_again()
    {
        var before = await gate.DeployAsync(Sshd("LogLevel VERBOSE"), Soon);
        Assert.True(before.Result.ExitCode == 0, before.Errors);
        var deployed = await gate.DeployAsync(Sshd("DenyUsers root"), Soon);
        Assert.True(deployed.Result.ExitCode == 3, deployed.Errors);
        Assert.Equal("LogLevel VERBOSE\n", await gate.Machine.SucceedAsync("cat /etc/ssh/sshd_config.d/00-hale.conf"));
        await gate.WellAsync();
        await gate.Machine.SucceedAsync("systemctl restart ssh");
    }

    [LabFact]
    public async Task Where_the_operators_computer_dies_the_machine_goes_back()
    {
        using var dies = new CancellationTokenSource();
        var warned = "";
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gate.DeployAsync(
            gate.Machine, Does("/bin/true", "/bin/true"), Soon, happened =>
            {
                if (happened is FromMachine { Event: AwaitingEvent })
                    dies.Cancel();
                if (happened is Warned { Text: var said })
                    warned += said;
            }, dies.Token));
        Assert.Contains("one was being switched, and goes on by itself: where it was not confirmed yet, it goes back, 5 s after it is healthy.", warned, StringComparison.Ordinal);
        Assert.NotEqual(gate.Good, (await gate.Machine.SucceedAsync("readlink /run/hale/system")).Trim());
        await gate.Machine.SucceedAsync("for i in $(seq 150); do test ! -e /var/lib/hale/journal.json && exit; sleep 0.1; done; exit 1");
        await gate.IsWellAsync();
        Assert.Contains("Nobody reached", await gate.Machine.SucceedAsync("for i in $(seq 30); do tail -n 1 /var/lib/hale/history.jsonl | grep Nobody && exit; sleep 0.1; done; exit 1"), StringComparison.Ordinal);
    }

    [LabTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_machine_that_restarts_before_it_was_confirmed_boots_the_old_generation_and_the_command_says_so(bool inOrder)
    {
        var waits = new TaskCompletionSource();
        var deploying = gate.DeployAsync(gate.Machine, StopsSshd, new SwitchOptions { Window = TimeSpan.FromSeconds(60) }, happened =>
        {
            if (happened is FromMachine { Event: AwaitingEvent })
                waits.TrySetResult();
        });
        await waits.Task.WaitAsync(TimeSpan.FromSeconds(60));
        if (inOrder)
        {
            await gate.Machine.RebootAsync();
        }
        else
        {
            await gate.Machine.PowerCutAsync();
            await gate.Machine.StartAsync();
        }
        Assert.Equal("running", await gate.Machine.WaitForBootAsync());
        var deployed = await deploying.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(deployed.Result.ExitCode == 3, deployed.Errors);
        await gate.IsWellAsync();
    }

    [LabFact]
    public async Task A_window_of_nothing_waits_for_nobody()
    {
        var deployed = await gate.DeployAsync(StopsSshd, new SwitchOptions { Window = TimeSpan.Zero });
        Assert.True(deployed.Result.ExitCode == 0, deployed.Errors);
        Assert.DoesNotContain(deployed.Machine, t => t.Event is AwaitingEvent);
        // Nobody gets in any more, as asked; the connection that the lab has is from before.
        await gate.Machine.SucceedAsync("systemctl start ssh.service");
        await gate.WellAsync();
    }

    [LabFact]
    public async Task Test_lasts_until_the_next_boot_and_boot_begins_with_it()
    {
        var tested = await gate.DeployAsync(Does("/bin/true", "/bin/true"), new SwitchOptions { Mode = SwitchMode.Test });
        Assert.True(tested.Result.ExitCode == 0, tested.Errors);
        Assert.Equal("active\n", await gate.Machine.SucceedAsync("systemctl is-active new.service"));
        await gate.Machine.RebootAsync();
        Assert.Equal("running", await gate.Machine.WaitForBootAsync());
        await gate.Machine.FailAsync("systemctl cat new.service");
        await gate.IsWellAsync();

        var booted = await gate.DeployAsync(Does("/bin/true", "/bin/true"), new SwitchOptions { Mode = SwitchMode.Boot });
        Assert.True(booted.Result.ExitCode == 6, booted.Errors);
        await gate.Machine.FailAsync("systemctl is-active new.service");
        Assert.Equal(gate.Good, (await gate.Machine.SucceedAsync("readlink /run/hale/system")).Trim());
        await gate.Machine.PowerCutAsync();
        await gate.Machine.StartAsync();
        Assert.Equal("running", await gate.Machine.WaitForBootAsync());
        Assert.Equal("active\n", await gate.Machine.SucceedAsync("systemctl is-active new.service"));
        await gate.Machine.SucceedAsync("test ! -e /var/lib/hale/journal.json");
        Assert.NotEqual(gate.Good, (await gate.Machine.SucceedAsync("readlink /run/hale/system")).Trim());
        await gate.WellAsync();
    }
}
