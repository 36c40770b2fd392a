using Hale.Lab;
using Hale.Store.Closure;
using Lab.Tests.Activation;

namespace Lab.Tests.Gates;

/// <summary>What never ends: a machine does not wait for it for ever, and goes back.</summary>
public sealed class HangTests
{
    private const string Deaf = "Type=notify\nNotifyAccess=all\nTimeoutStopSec=infinity\nSendSIGHUP=no\nExecStart=/bin/sh -c 'trap \"\" TERM; systemd-notify --ready; while :; do sleep 1; done'\n";

    [LabFact]
    public async Task What_hangs_ends_an_activation_and_the_machine_goes_back()
    {
        using var real = await RealSystem.MakeAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        await machine.WaitForBootAsync();
        ManifestUnit Deafened(string version) => real.Unit("deaf.service", $"{Deaf}Environment=V={version}");
        // Names with what systemd escapes, and an instance that only a person started.
        ManifestUnit Odd(string version) => real.Unit("mnt-a\\x20b\\x2dc.service", $"ExecStart=/usr/bin/sleep infinity\nEnvironment=V={version}");
        ManifestUnit Template(string version) => real.Unit("worker@.service", $"ExecStart=/usr/bin/sleep infinity\nEnvironment=V={version} I=%I") with { WantedBy = [] };
        var first = real.Build([Deafened("1"), Odd("1"), Template("1"), real.Unit("wanted.service", "ExecStart=/usr/bin/sleep infinity")]);
        var begun = await ActivateAsync(real, machine, first);
        Assert.True(begun.Outcome == Outcome.Done, string.Join('\n', begun.Errors));
        await machine.SucceedAsync(@"systemctl start 'worker@a\x20b.service'");

        // A oneshot without a limit that never ends, whatever else came with it.
        var hangs = real.Build([Deafened("1"), Odd("1"), Template("1"), real.Unit("never.service", "Type=oneshot\nExecStart=/usr/bin/sleep infinity")]);
        var result = await ActivateAsync(real, machine, hangs);
        Assert.True(result.Outcome == Outcome.RolledBack, $"{result}");
        Assert.Contains(result.Errors, e => e.Unit == "never.service" && e.Message.Contains("did not come to an end, and is activating (start)", StringComparison.Ordinal));
        await machine.SucceedAsync("systemctl is-active deaf.service wanted.service && ! systemctl cat never.service && test ! -e /var/lib/hale/journal.json");

        // A generator that hangs, when units are read anew: told, and back, although that needs another reading.
        await machine.SucceedAsync("mkdir -p /run/systemd/system-generators && printf '#!/bin/sh\\nexec sleep 12\\n' >/run/systemd/system-generators/slow && chmod +x /run/systemd/system-generators/slow");
        var slow = await ActivateAsync(real, machine, hangs);
        Assert.True(slow.Outcome is Outcome.RolledBack or Outcome.RollbackFailed, $"{slow}");
        await machine.SucceedAsync("rm /run/systemd/system-generators/slow; systemctl daemon-reload");
        Assert.Equal(Outcome.Nothing, (await real.ActivateAsync(machine, first)).Outcome);
        await machine.SucceedAsync("systemctl is-active deaf.service wanted.service && test ! -e /var/lib/hale/journal.json");

        // A oneshot without a limit waits for a migration that only it requires, which says how long it takes. That it is also to be wanted by
        // what systemd takes for no unit keeps nobody from knowing of the others.
        var migrate = real.Unit("app-migrate.service", "Type=oneshot\nTimeoutStartSec=2min\nTimeoutStopSec=1\nExecStart=/usr/bin/sleep 12") with { WantedBy = [] };
        var app = real.Unit(
            "app.service", "Type=oneshot\nRemainAfterExit=yes\nTimeoutStopSec=1\nExecStart=/usr/bin/true", "Requires=app-migrate.service\nAfter=app-migrate.service");
        app = app with { WantedBy = ["multi-user.target", "multi-user.targt"] };
        var wanted = real.Unit("wanted.service", "ExecStart=/usr/bin/sleep infinity");
        result = await ActivateAsync(real, machine, real.Build([Deafened("1"), Odd("1"), Template("1"), wanted, migrate, app]));
        Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
        await machine.SucceedAsync("systemctl is-active app.service");

        // One that ignores SIGTERM and sets no limit is killed, as systemd kills those that have one; escaped names and instances follow.
        var deaf = real.Build([Deafened("2") with { OnChange = OnChange.StopStart }, Odd("2"), Template("2"), wanted]);
        result = await ActivateAsync(real, machine, deaf);
        Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
        Assert.Equal("V=2\nV=2\nV=2 \"I=a b\"\n", await machine.SucceedAsync(@"systemctl show -P Environment deaf.service 'mnt-a\x20b\x2dc.service' 'worker@a\x20b.service' | grep ."));
        Assert.Equal("active\nactive\nactive\n", await machine.SucceedAsync(@"systemctl is-active deaf.service 'mnt-a\x20b\x2dc.service' 'worker@a\x20b.service'"));

        // What goes although a person's unit still wants it is gone, and keeps nothing.
        await machine.SucceedAsync("printf '[Unit]\\nWants=odd-gone.service deaf.service\\n[Service]\\nExecStart=/usr/bin/sleep infinity\\n' >/etc/systemd/system/mine.service && systemctl daemon-reload && systemctl start mine");
        result = await ActivateAsync(real, machine, real.Build([Odd("2"), Template("2"), wanted]));
        Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
        await machine.SucceedAsync("systemctl is-active mine && ! systemctl is-active deaf.service && ! systemctl cat deaf.service");

        // Nothing can be written below /etc, the boot link last of all: it goes back, and all is as it was.
        await machine.SucceedAsync("mount --bind /etc /etc && mount -o remount,bind,ro /etc");
        result = await ActivateAsync(real, machine, real.Build([Odd("3"), wanted]));
        Assert.True(result.Outcome == Outcome.RolledBack, $"{result}");
        Assert.Contains(result.Errors, e => e.Message.Contains("Read-only file system", StringComparison.Ordinal));
        await machine.SucceedAsync("umount /etc");
        await machine.SucceedAsync(@"systemctl is-active 'mnt-a\x20b\x2dc.service' 'worker@a\x20b.service'");
        Assert.Equal(Outcome.Done, (await ActivateAsync(real, machine, real.Build([Odd("3"), wanted]))).Outcome);
        await machine.SucceedAsync("test ! -e /var/lib/hale/journal.json");

        // systemd begins anew as a process, twice, and reads its units again, while units start: nothing is lost, and nothing done twice.
        var patient = real.Unit("patient.service", "Type=oneshot\nTimeoutStartSec=60\nExecStart=/bin/sh -c 'echo began >>/run/began; sleep 4'");
        var meanwhile = machine.RunAsync("for i in $(seq 300); do test -e /run/began && break; sleep 0.1; done; systemctl daemon-reexec; systemctl daemon-reload; sleep 0.5; systemctl daemon-reexec");
        result = await ActivateAsync(real, machine, real.Build([Odd("4"), wanted, patient]));
        Assert.Equal(0, (await meanwhile).ExitCode);
        Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
        Assert.Equal("began\n", await machine.SucceedAsync("cat /run/began"));
    }

    private static async Task<ResultEvent> ActivateAsync(RealSystem real, Machine machine, Hale.Store.Paths.PathInfo system)
    {
        real.Send(machine, system);
        return Assert.IsType<ResultEvent>((await RealSystem.RunAsync(machine, system, $"activate --system {system.Path} --by test --patience 5")).Events[^1]);
    }
}
