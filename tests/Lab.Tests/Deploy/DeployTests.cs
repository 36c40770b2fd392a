using System.Diagnostics;
using System.Globalization;
using System.Net;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;
using Xunit.Abstractions;

namespace Lab.Tests.Deploy;

/// <summary>Deployments over ssh to machines that had nothing but Debian, sshd and a key.</summary>
public sealed class DeployTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private readonly DeployBench bench = new();
    private Hale.Lab.LabRun? lab;
    private Hale.Lab.Machine? machine;

    private Hale.Lab.Machine Machine => machine!;

    private SshTarget Target => DeployBench.Target(Machine);

    public async Task InitializeAsync()
    {
        if (new LabFactAttribute().Skip is not null) return;
        lab = await LabFixture.StartAsync();
        machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
    }

    public async Task DisposeAsync()
    {
        if (lab is not null) await lab.DisposeAsync();
    }

    public void Dispose() => bench.Dispose();

    private async Task<string> PidAsync(string unit) => (await Machine.SucceedAsync($"systemctl show -P MainPID {unit}")).Trim();

    [LabFact]
    public async Task A_bare_machine_gets_its_system_then_nothing_then_only_what_changed_and_goes_back()
    {
        Waiter[] modules = [new("first"), new("second")];
        var plan = await bench.RunAsync(Target, modules, dryRun: true);
        Assert.True(plan.Plan!.First);
        Assert.Contains(plan.Plan.Units, unit => unit.Name == "first.service" && unit.Reason == UnitReason.Added);
        await Machine.FailAsync("test -e /nix || test -e /var/lib/hale || test -e /etc/hale");

        var watch = Stopwatch.StartNew();
        var first = await bench.RunAsync(Target, modules);
        output.WriteLine($"first deployment: {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal((Outcome.Done, 1), (first.Outcome, first.Generation));
        Assert.Equal("the same\n", await Machine.SucceedAsync("cat /etc/first.conf"));
        await Machine.WaitForUnitAsync("first.service");
        await Machine.WaitForUnitAsync("second.service");
        // What the bootstrap brought is as verified, as read-only and as owned as everything else.
        Assert.Equal(
            "", await Machine.SucceedAsync(
                "find /nix/store -mindepth 1 ! -type l \\( -perm /222 -o ! -user root \\) | grep -v '^/nix/store/\\.hale' || true"));
        Assert.Equal("", await Machine.SucceedAsync("ls -d /nix/store/.hale-* 2>/dev/null || true"));

        var before = (await PidAsync("first.service"), await PidAsync("second.service"));
        watch.Restart();
        var nothing = await bench.RunAsync(Target, modules);
        output.WriteLine($"nothing to do: {watch.Elapsed.TotalSeconds:0.00} s");
        Assert.Equal(Outcome.Nothing, nothing.Outcome);
        Assert.Equal("1\n", await Machine.SucceedAsync("ls /var/lib/hale/generations | grep '^[0-9]'"));

        bench.Events.Clear();
        var second = await bench.RunAsync(Target, [new Waiter("first"), new Waiter("second") with { Note = "changed" }]);
        Assert.Equal((Outcome.Done, 2), (second.Outcome, second.Generation));
        Assert.Equal(before.Item1, await PidAsync("first.service"));
        Assert.NotEqual(before.Item2, await PidAsync("second.service"));
        // The unit and the system around it: the activator and the runtime were there.
        Assert.Contains(bench.Events.OfType<WorkEnded>(), ended => ended.Work == "copy 2 paths to one");

        await Machine.SucceedAsync("DOTNET_ROOT=/run/hale/system/runtime /run/hale/system/activator/bin/hale-activator rollback");
        Assert.Contains(
            "Description=second \n", await Machine.SucceedAsync("cat /etc/systemd/system/second.service"), StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_unit_that_fails_takes_the_machine_back_and_shows_its_journal()
    {
        var result = await bench.RunAsync(Target, [new Waiter("broken", "/bin/sh -c 'echo the reason; exit 3'") with { Type = "oneshot" }]);
        Assert.Equal(3, result.ExitCode);
        var error = Assert.Single(result.Errors, error => error.Unit == "broken.service");
        Assert.Contains(error.Log!, line => line.Contains("the reason", StringComparison.Ordinal));

        // The same system again fails again: the machine is not in it.
        var again = await bench.RunAsync(Target, [new Waiter("broken", "/bin/sh -c 'echo the reason; exit 3'") with { Type = "oneshot" }]);
        Assert.Equal(3, again.ExitCode);
        Assert.NotEmpty(again.Errors);
        Assert.Equal(Outcome.Done, (await bench.RunAsync(Target, [new Waiter("broken")])).Outcome);
    }

    [LabFact]
    public async Task A_machine_that_is_not_as_declared_is_refused_and_left_as_it_was()
    {
        await Machine.SucceedAsync(
            "cp /etc/os-release /tmp/kept; rm /etc/os-release; sed 's/^VERSION_ID=.*/VERSION_ID=\"12\"/; s/13 (trixie)/12 (bookworm)/' /tmp/kept >/etc/os-release");
        var error = await Assert.ThrowsAsync<UserError>(() => bench.RunAsync(Target, [new Waiter("first")]));
        Assert.Equal(1, error.ExitCode);
        Assert.Contains("runs Debian GNU/Linux 12 (bookworm); Hale deploys to Debian 13", error.Message, StringComparison.Ordinal);
        await Machine.FailAsync("test -e /nix");
    }

    [LabFact]
    public async Task A_machine_that_refuses_the_key_is_told_from_one_that_does_not_answer()
    {
        await Machine.SucceedAsync("mv /root/.ssh/authorized_keys /root/.ssh/elsewhere");
        var refused = await Assert.ThrowsAsync<UserError>(() => bench.RunAsync(Target, [new Waiter("first")]));
        Assert.Equal(5, refused.ExitCode);
        Assert.Contains("refuses the key", refused.Message, StringComparison.Ordinal);

        var unknown = Target with
        {
            Options = [.. Target.Options.Select(
            option => option.StartsWith("-oHostKeyAlias", StringComparison.Ordinal) ? "-oHostKeyAlias=stranger" : option)]
        };
        Assert.Contains(
            "is not known to this computer yet",
            (await Assert.ThrowsAsync<UserError>(() => bench.RunAsync(unknown, [new Waiter("first")]))).Message,
            StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_full_disk_is_seen_before_anything_is_copied()
    {
        await Machine.SucceedAsync("mkdir /nix && mount -t tmpfs -o size=20M tmpfs /nix");
        var error = await Assert.ThrowsAsync<UserError>(() => bench.RunAsync(Target, [new Waiter("first")]));
        Assert.Contains("free where /nix is, and", error.Message, StringComparison.Ordinal);
        Assert.Equal("", await Machine.SucceedAsync("ls -A /nix"));
        // Bytes there are, names there are not.
        await Machine.SucceedAsync("umount /nix && mount -t tmpfs -o size=2G,nr_inodes=300 tmpfs /nix");
        var names = await Assert.ThrowsAsync<UserError>(() => bench.RunAsync(Target, [new Waiter("first")]));
        Assert.Matches(@" can take 299 more files and folders where /nix is, and \d+ are needed\. Nothing was copied\.$", names.Message);
        Assert.Equal("", await Machine.SucceedAsync("ls -A /nix"));
        await Machine.SucceedAsync("umount /nix");
        Assert.Equal(Outcome.Done, (await bench.RunAsync(Target, [new Waiter("first")])).Outcome);
    }

    [LabFact]
    public async Task A_second_deployment_at_the_same_time_is_refused_and_names_the_first()
    {
        Assert.Equal(Outcome.Done, (await bench.RunAsync(Target, [])).Outcome);
        using var other = new DeployBench();
        var slow = bench.RunAsync(Target, [new Waiter("slow", "/bin/sleep 8") with { Type = "oneshot" }], who: "alice@desk");
        await Machine.SucceedAsync(
            "for i in $(seq 200); do test $(systemctl show -P ActiveState slow.service) = activating && exit 0; sleep 0.1; done; exit 1");
        var refused = await other.RunAsync(Target, [new Waiter("fast")], who: "bob@desk");
        Assert.Equal(Outcome.Refused, refused.Outcome);
        Assert.Contains(refused.Errors, error => error.Message.Contains("alice@desk", StringComparison.Ordinal));
        Assert.Equal(Outcome.Done, (await slow).Outcome);
        Assert.Equal(Outcome.Done, (await other.RunAsync(Target, [new Waiter("fast")], who: "bob@desk")).Outcome);
    }

    [LabFact]
    public async Task A_connection_that_breaks_on_the_way_is_told_and_a_second_try_works()
    {
        var port = int.Parse(
            Target.Options.Single(option => option.StartsWith("-oPort=", StringComparison.Ordinal))["-oPort=".Length..],
            CultureInfo.InvariantCulture);
        using (var relay = new CuttingRelay(new IPEndPoint(IPAddress.Loopback, port), 4 << 20))
        {
            var through = Target with
            {
                Options = [.. Target.Options.Select(
                option => option.StartsWith("-oPort=", StringComparison.Ordinal) ? $"-oPort={relay.Port}" : option)]
            };
            var lost = await Assert.ThrowsAsync<UserError>(() => bench.RunAsync(through, [new Waiter("first")]));
            Assert.Equal(5, lost.ExitCode);
            Assert.Contains("was lost", lost.Message, StringComparison.Ordinal);
        }
        Assert.Equal(Outcome.Done, (await bench.RunAsync(Target, [new Waiter("first")])).Outcome);
        Assert.Equal("", await Machine.SucceedAsync("ls -d /nix/store/.hale-* 2>/dev/null || true"));
    }

    [LabFact]
    public async Task Nothing_of_the_connection_stays_on_this_computer()
    {
        var before = Directory.GetDirectories(Path.GetTempPath(), "hale-ssh-*");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => bench.RunAsync(Target, [new Waiter("first")], cancellation: stop.Token));
        await bench.RunAsync(Target, [], dryRun: true);

        // Other tests have connections at the same time; theirs end, and what is left behind would not.
        var left = Directory.GetDirectories(Path.GetTempPath(), "hale-ssh-*").Except(before).ToList();
        for (var i = 0; i < 240 && left.Any(Directory.Exists); i++)
            await Task.Delay(500);
        Assert.DoesNotContain(left, Directory.Exists);
    }
}
