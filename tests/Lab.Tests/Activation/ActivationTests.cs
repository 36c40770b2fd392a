using System.Globalization;
using System.Text.Json;
using Hale.Lab;
using Hale.Store.Closure;
using Xunit.Abstractions;

namespace Lab.Tests.Activation;

/// <summary>The activator on a booted Debian 13 with its real systemd.</summary>
public sealed class ActivationTests(ITestOutputHelper output)
{
    private const string Sleep = "ExecStart=/usr/bin/sleep infinity\n";

    [LabFact]
    public async Task One_changed_unit_restarts_one_unit_and_everything_survives_a_reboot()
    {
        using var real = await RealSystem.MakeAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        await machine.WaitForBootAsync();
        var files = new[]
        {
            real.File("/etc/sysusers.d/hale.conf", "u ohana - \"a test\"\n"), real.File("/etc/tmpfiles.d/hale.conf", "d /var/lib/ohana 0750 ohana ohana\n"),
        };
        var secrets = new[] { new ManifestSecret { Name = "matrix/token" } };
        var checks = new[]
        {
            new ManifestCheck { Name = "a runs", Kind = CheckKind.Unit, Unit = "a.service" },
            new ManifestCheck { Name = "ssh answers", Kind = CheckKind.Tcp, Unit = "ssh.service", Address = "127.0.0.1:22" },
        };
        var a = real.Unit("a.service", Sleep + "LoadCredential=token:/run/secrets/matrix/token");
        var b = real.Unit("b.service", Sleep + "User=ohana");
        var worker = real.Unit("w@.service", Sleep) with { WantedBy = [] };
        var one = real.Build([a, b, worker], files, secrets, checks);
        var two = real.Build([real.Unit("a.service", Sleep + "Environment=CHANGED=1"), b, real.Unit("w@.service", Sleep + "Environment=CHANGED=1") with { WantedBy = [] }], files, secrets, checks);

        var first = await real.ActivateAsync(machine, one);
        Assert.True(first.Outcome == Outcome.Done, JsonSerializer.Serialize<ActivationEvent>(first, EventJson.Default.ActivationEvent));
        Assert.Equal("600 root 64\n", await machine.SucceedAsync("stat -c '%a %U %s' /var/lib/hale/secrets/matrix/token"));
        Assert.Equal("700 root\n", await machine.SucceedAsync("stat -c '%a %U' /var/lib/hale/secrets"));
        Assert.Equal("400 root 64\n", await machine.SucceedAsync("stat -L -c '%a %U %s' /run/secrets/matrix/token"));
        Assert.Equal("750 ohana\n", await machine.SucceedAsync("stat -c '%a %U' /var/lib/ohana"));
        await machine.SucceedAsync("cmp /run/credentials/a.service/token /var/lib/hale/secrets/matrix/token");
        await machine.SucceedAsync("systemctl start w@1 w@2");
        var before = await PidsAsync(machine);

        Assert.Equal(Outcome.Nothing, (await real.ActivateAsync(machine, one)).Outcome);
        Assert.Equal(before, await PidsAsync(machine));
        output.WriteLine("nothing to do: " + (await machine.SucceedAsync(
            $"export DOTNET_ROOT={one.Path}/runtime TIMEFORMAT='%R s, user %U, system %S'; {{ time {one.Path}/activator/bin/hale-activator activate --system {one.Path} >/root/log; }} 2>&1")).Trim());

        Assert.Equal((Outcome.Done, 2), (await real.ActivateAsync(machine, two) is var r ? r.Outcome : default, r.Generation));
        var after = await PidsAsync(machine);
        Assert.NotEqual(before["a.service"], after["a.service"]);
        Assert.NotEqual(before["w@1.service"], after["w@1.service"]);
        Assert.NotEqual(before["w@2.service"], after["w@2.service"]);
        Assert.Equal(before["b.service"], after["b.service"]);
        Assert.Equal(before["ssh.service"], after["ssh.service"]);

        await machine.RebootAsync();
        Assert.Equal("running", await machine.WaitForBootAsync());
        Assert.Equal($"{two.Path}\n", await machine.SucceedAsync("readlink /etc/hale/system"));
        Assert.Contains("CHANGED=1", await machine.SucceedAsync("systemctl show -p Environment a.service"), StringComparison.Ordinal);

        var (code, events) = await RealSystem.RunAsync(machine, two, "rollback");
        Assert.Equal((0, 1), (code, Assert.IsType<ResultEvent>(events[^1]).Generation));
        Assert.DoesNotContain("CHANGED=1", await machine.SucceedAsync("systemctl show -p Environment a.service"), StringComparison.Ordinal);
        var generations = Assert.IsType<GenerationsEvent>((await RealSystem.RunAsync(machine, two, "generations")).Events[0]).Generations;
        Assert.Equal([(1, true, true), (2, false, true)], generations.Select(g => (g.Generation.Number, g.Current, g.Present)));
    }

    [LabFact]
    public async Task Units_that_fail_are_all_named_with_their_journal_and_a_mended_system_starts_them()
    {
        using var real = await RealSystem.MakeAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        await machine.WaitForBootAsync();
        var broken = "ExecStart=/usr/bin/sh -c 'echo the reason is here >&2; exit 3'";
        var failed = await real.ActivateAsync(machine, real.Build(
            [real.Unit("now.service", broken + "\nType=notify"), real.Unit("later.service", broken), real.Unit("good.service", Sleep), real.Unit("behind.service", Sleep, "Requires=now.service\nAfter=now.service")]));

        Assert.Equal((Outcome.RolledBack, 3, (int?)null), (failed.Outcome, failed.Outcome.ExitCode(), failed.Generation));
        var error = Assert.Single(failed.Errors, e => e.Unit == "now.service");
        Assert.Contains(error.Log!, line => line.Contains("the reason is here", StringComparison.Ordinal));
        Assert.Contains(failed.Errors, e => e.Unit == "behind.service");
        Assert.Contains(failed.Errors, e => e.Unit == "later.service");
        Assert.DoesNotContain(failed.Errors, e => e.Unit == "good.service");

        var mended = await real.ActivateAsync(machine, real.Build(
            [real.Unit("now.service", Sleep), real.Unit("later.service", Sleep), real.Unit("good.service", Sleep), real.Unit("behind.service", Sleep, "Requires=now.service\nAfter=now.service")]));
        Assert.Equal(Outcome.Done, mended.Outcome);
        Assert.Equal("active\nactive\nactive\nactive\n", await machine.SucceedAsync("systemctl is-active now later good behind"));

        var gone = await real.ActivateAsync(machine, real.Build([real.Unit("good.service", Sleep)]));
        Assert.Equal(Outcome.Done, gone.Outcome);
        Assert.Equal("not-found", (await machine.UnitStateAsync("now.service")).LoadState);
        Assert.Equal("running", (await machine.SucceedAsync("systemctl is-system-running")).Trim());
    }

    [LabFact]
    public async Task A_changed_socket_is_opened_anew_and_its_service_comes_back_with_a_connection()
    {
        using var real = await RealSystem.MakeAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        await machine.WaitForBootAsync();
        ManifestUnit Socket(int port) => real.Unit("echo.socket", $"ListenStream=127.0.0.1:{port}") with { WantedBy = ["sockets.target"] };
        var service = real.Unit("echo.service", Sleep) with { WantedBy = [] };

        Assert.Equal(Outcome.Done, (await real.ActivateAsync(machine, real.Build([Socket(7001), service]))).Outcome);
        await machine.SucceedAsync("exec 3<>/dev/tcp/127.0.0.1/7001; sleep 0.5; systemctl is-active echo.service");
        var result = await real.ActivateAsync(machine, real.Build([Socket(7002), service]));
        Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
        await machine.FailAsync("exec 3<>/dev/tcp/127.0.0.1/7001");
        await machine.SucceedAsync("exec 3<>/dev/tcp/127.0.0.1/7002; sleep 0.5; systemctl is-active echo.service");
    }

    [LabFact]
    public async Task The_power_is_cut_in_the_middle_and_the_machine_boots_into_the_generation_before_whole()
    {
        using var real = await RealSystem.MakeAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        await machine.WaitForBootAsync();
        Assert.Equal(Outcome.Done, (await real.ActivateAsync(machine, real.Build([real.Unit("a.service", Sleep), real.Unit("gone.service", Sleep)]))).Outcome);
        var two = real.Build([real.Unit("a.service", Sleep + "Environment=CHANGED=1"), real.Unit("slow.service", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/sleep 5")]);
        real.Send(machine, two);
        await machine.SucceedAsync($"DOTNET_ROOT={two.Path}/runtime setsid -f {two.Path}/activator/bin/hale-activator activate --system {two.Path} >/root/log 2>&1");
        await machine.SucceedAsync("until systemctl show -p ActiveState slow.service | grep >/dev/null activating; do sleep 0.1; done; test -e /var/lib/hale/journal.json");

        await machine.PowerCutAsync();
        await machine.StartAsync();
        Assert.Equal("running", await machine.WaitForBootAsync());
        await machine.FailAsync("test -e /var/lib/hale/journal.json");
        Assert.Equal("active\nactive\n", await machine.SucceedAsync("systemctl is-active a gone"));
        Assert.Equal("not-found", (await machine.UnitStateAsync("slow.service")).LoadState);
        Assert.DoesNotContain("CHANGED", await machine.SucceedAsync("systemctl show -p Environment a.service"), StringComparison.Ordinal);
        var status = Assert.IsType<StatusEvent>((await RealSystem.RunAsync(machine, two, "status")).Events[0]).Status;
        Assert.Equal((1, false, 0, 0), (status.Current!.Number, status.Interrupted, status.Drifted.Count, status.FailedUnits.Count));
    }

    private static async Task<Dictionary<string, int>> PidsAsync(Hale.Lab.Machine machine)
    {
        string[] units = ["a.service", "b.service", "w@1.service", "w@2.service", "ssh.service"];
        var lines = (await machine.SucceedAsync($"systemctl show --value -p MainPID {string.Join(' ', units)}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return units.Zip(lines).ToDictionary(p => p.First, p => int.Parse(p.Second, CultureInfo.InvariantCulture));
    }
}
