using Hale.Contribute;
using Hale.Declare;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store.Closure;
using Xunit.Abstractions;
using static Lab.Tests.Gates.Declared;

namespace Lab.Tests.Gates;

/// <summary>What is not well does not stay: the machine goes back by itself, and the command says why.</summary>
[Collection(GateMachine.Name)]
public sealed class HealthGateTests(GateFixture gate, ITestOutputHelper output)
{
    private static readonly Unit Sleeper = Service("new", "exec", "/bin/sh -c 'echo the journal of new; exec sleep infinity'");

    /// <summary>Deploys something that is not well, sees the machine go back in time, and what was told of it.</summary>
    private async Task GoesBackAsync(Action<Host> declare, params string[] says)
    {
        var deployed = await gate.DeployAsync(declare);
        Assert.True(deployed.Result.ExitCode == 3, $"{deployed.Result.Outcome}\n{deployed.Errors}");
        foreach (var text in says)
            Assert.Contains(text, deployed.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(deployed.Result.Errors, e => e.Message.StartsWith("On the way back", StringComparison.Ordinal));
        await gate.IsWellAsync();
        await gate.Machine.FailAsync("systemctl cat new.service");
        output.WriteLine($"back {deployed.SecondsBack:0.0} s after the failure");
        Assert.True(deployed.SecondsBack < 10, $"{deployed.SecondsBack} s");
    }

    [LabFact]
    public Task A_unit_that_never_starts() =>
        GoesBackAsync(host => host.Modules.Add(new Declared(Service("new", "notify", "/bin/sh -c 'echo why not; exit 3'"))), "new.service did not start", "why not");

    [LabFact]
    public Task A_unit_that_starts_and_dies_after_three_seconds() =>
        GoesBackAsync(host => host.Modules.Add(new Declared(Service("new", "simple", "/bin/sh -c 'echo so far so good; sleep 3; echo but now; exit 1'"))), "new.service: the unit has failed", "but now");

    [LabFact]
    public Task A_unit_that_systemd_starts_again_and_again() =>
        GoesBackAsync(
            host => host.Modules.Add(new Declared(Service("new", "simple", "/bin/sh -c 'sleep 1; echo once more; exit 1'", ("Restart", "always"), ("RestartSec", "100ms")))),
            "new.service: the unit", "once more");

    [LabFact]
    public Task A_check_that_never_answers() => GoesBackAsync(
        host =>
        {
            // Its connections are taken by the kernel, and nobody reads them.
            host.Modules.Add(new Declared(
                Sleeper, new Unit("mute.socket") { WantedBy = ["sockets.target"], Body = { { "Socket", "ListenStream", "127.0.0.1:7777" }, { "Socket", "Accept", "no" } } },
                Service("mute", "exec", "/bin/sleep infinity") with { WantedBy = [] }));
            host.Contributions.Add(new HttpCheck("the page answers", "new.service", "http://127.0.0.1:7777/") { Limit = TimeSpan.FromSeconds(3) });
        },
        "the page answers: http://127.0.0.1:7777/ did not answer within", "after 3 s", "the journal of new");

    [LabFact]
    public Task A_page_with_the_wrong_text() => GoesBackAsync(
        host =>
        {
            host.Modules.Add(new Declared(
                Sleeper, new Unit("page.socket") { WantedBy = ["sockets.target"], Body = { { "Socket", "ListenStream", "127.0.0.1:7778" }, { "Socket", "Accept", "yes" } } },
                Service("page@", "exec", """/bin/sh -c 'while read -r line && [ $(printf %%s "$line" | wc -c) -gt 1 ]; do :; done; printf "HTTP/1.0 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nwrong\\n"'""", ("StandardInput", "socket")) with { WantedBy = [] }));
            host.Contributions.Add(new HttpCheck("the page is right", "new.service", "http://127.0.0.1:7778/") { Contains = "right", Limit = TimeSpan.FromSeconds(2) });
        },
        "the page is right: http://127.0.0.1:7778/ answered without the text 'right', after 2 s", "the journal of new");

    [LabFact]
    public Task A_command_that_ends_badly() => GoesBackAsync(
        host =>
        {
            host.Modules.Add(new Declared(Sleeper));
            host.Contributions.Add(new CommandCheck("the database is there", "new.service", "echo no such database >&2; exit 4") { Limit = TimeSpan.FromSeconds(1) });
        },
        "the database is there: the command ended with 4: no such database", "the journal of new");

    [LabFact]
    public async Task A_check_that_is_only_wanted_warns_and_the_new_generation_stays()
    {
        var deployed = await gate.DeployAsync(host =>
        {
            host.Modules.Add(new Declared(Sleeper));
            host.Contributions.Add(new CommandCheck("a luxury", "new.service", "echo not today; exit 1") { Required = false, Limit = TimeSpan.FromSeconds(1) });
        });
        Assert.True(deployed.Result.ExitCode == 0, deployed.Errors);
        Assert.Contains(deployed.Machine, t => t.Event is WarningEvent { Message: var said } && said.Contains("a luxury: the command ended with 1: not today", StringComparison.Ordinal));
        await gate.Machine.SucceedAsync("systemctl is-active new.service");
        await gate.WellAsync();
    }

    [LabFact]
    public async Task With_no_rollback_the_broken_state_stays_to_be_looked_at_and_the_next_boot_is_the_old_one()
    {
        var deployed = await gate.DeployAsync(
            host => host.Modules.Add(new Declared(Service("new", "oneshot", "/bin/sh -c 'echo look at me; exit 3'"), Service("beside", "exec", "/bin/sleep infinity"))), new SwitchOptions { NoRollback = true });
        Assert.Equal(7, deployed.Result.ExitCode);
        Assert.Contains("look at me", deployed.Errors, StringComparison.Ordinal);
        Assert.Equal("failed\nactive\n", (await gate.Machine.RunAsync("systemctl is-active new.service beside.service")).Output);
        Assert.NotEqual(gate.Good, (await gate.Machine.SucceedAsync("readlink /run/hale/system")).Trim());
        Assert.Equal(gate.Good, (await gate.Machine.SucceedAsync("readlink /etc/hale/system")).Trim());

        await gate.Machine.RebootAsync();
        Assert.Equal("running", await gate.Machine.WaitForBootAsync());
        await gate.IsWellAsync();
        await gate.Machine.FailAsync("systemctl cat new.service || systemctl cat beside.service");
    }

    [LabFact]
    public async Task Where_the_old_generation_is_broken_too_the_command_says_that_going_back_failed()
    {
        // It is well only while a file is there, and the new generation removes it.
        Action<Host> fragile = host => host.Modules.Add(new Declared(Service("fragile", "oneshot", "/bin/sh -c 'test -e /root/kept || { echo it is gone; exit 1; }'", ("RemainAfterExit", "yes"))));
        await gate.Machine.SucceedAsync("touch /root/kept");
        Assert.Equal(0, (await gate.DeployAsync(fragile)).Result.ExitCode);
        var deployed = await gate.DeployAsync(host => host.Modules.Add(new Declared(Service("fragile", "oneshot", "/bin/sh -c 'rm /root/kept; echo and now; exit 1'", ("RemainAfterExit", "yes")))));
        Assert.Equal(4, deployed.Result.ExitCode);
        Assert.Contains("and now", deployed.Errors, StringComparison.Ordinal);
        Assert.Contains("On the way back: fragile.service did not", deployed.Errors, StringComparison.Ordinal);
        Assert.Contains("it is gone", deployed.Errors, StringComparison.Ordinal);
        await gate.WellAsync();
    }

    [LabFact]
    public async Task A_first_deployment_that_fails_stops_what_it_started_and_leaves_no_link()
    {
        var machine = await gate.BootAsync("two");
        await machine.WaitForBootAsync();
        var failed = await gate.DeployAsync(machine, host => host.Modules.Add(new Declared(Service("new", "oneshot", "/bin/sh -c 'echo no; exit 1'"))));
        Assert.Equal(3, failed.Result.ExitCode);
        Assert.Null(failed.Result.Generation);
        Assert.Contains(failed.Result.Errors, e => e.Hint!.Contains("no generation to go back to: what was started is stopped again", StringComparison.Ordinal));
        await machine.FailAsync("systemctl is-active good.service");
        Assert.Equal(
            "", await machine.SucceedAsync(
                "find /etc /run/systemd /run/hale -lname '*hale/system*' -o -path '/etc/*system-generators/hale'; ls -A /var/lib/hale/generations; test ! -e /var/lib/hale/journal.json"));
        Assert.Equal("running\n", await machine.SucceedAsync("systemctl is-system-running"));
        Assert.Equal(0, (await gate.DeployAsync(machine, _ => { })).Result.ExitCode);
    }
}
