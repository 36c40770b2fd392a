using Hale.Lab;
using Hale.Store.Closure;
using Hale.Store.Paths;
using Lab.Tests.Activation;
using Xunit.Abstractions;

namespace Lab.Tests.Gates;

/// <summary>
/// What a switch does to each kind of unit on a real systemd, there and back: the effect of what the goldens of plans say. Each unit's
/// processes have the version in their environment, and an invocation of a unit is known by its id. Swap units are in the goldens of plans alone:
/// in a container systemd knows none ("not supported on this system"), and the kernel lets no swapon through.
/// </summary>
public sealed class SwitchMatrixTests(ITestOutputHelper output)
{
    private const string Sleep = "ExecStart=/usr/bin/sleep infinity\n";

    private sealed record Seen(string Load, string Active, string Invocation, string Version);

    [LabFact]
    public async Task Each_kind_of_unit_follows_a_switch_as_it_should_and_a_rollback_too()
    {
        using var real = await RealSystem.MakeAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        await machine.WaitForBootAsync();
        // systemd-nspawn gives a machine no /dev/autofs, and systemd looks for it when it begins.
        await machine.SucceedAsync("mknod /dev/autofs c 10 235 && systemctl daemon-reexec");
        var (one, two) = (System(real, 1), System(real, 2));
        var first = await real.ActivateAsync(machine, one);
        Assert.True(first.Outcome == Outcome.Done, string.Join('\n', first.Errors));
        // What a person does beside it: instances of a template, a socket's service that was asked for, and one that was stopped for good.
        await machine.SucceedAsync("systemctl start worker@a worker@b web.service spare.service && systemctl stop worker@b idle.service && : > /run/said && ls /shelf /cellar /attic");
        // Masked by hand: a link to nowhere in place of Hale's.
        await machine.SucceedAsync("systemctl stop masked && ln -sfn /dev/null /etc/systemd/system/masked.service && systemctl daemon-reload");
        var before = await LookAsync(machine);

        var second = await real.ActivateAsync(machine, two);
        Assert.True(second.Outcome == Outcome.Done, string.Join('\n', second.Errors));
        var after = await LookAsync(machine);
        var effect = Effect(before, after);
        output.WriteLine(effect);
        Assert.Equal(
            """
            added.service            started 2
            attic.automount          gone
            attic.mount              gone
            cellar.automount         runs on
            cellar.mount             restarted
            changed.service          restarted 2
            idle.service             started 2
            in-slice.service         runs on 1
            in-target.service        started 2
            kept.service             runs on 1
            loft.automount           started
            loft.mount               inactive
            masked.service           started 2
            media.mount              restarted
            mnt.mount                started
            moved.service            restarted 2
            new.slice                started
            of-target.service        runs on 1
            on-demand.service        inactive
            once.service             restarted 2
            opt.mount                gone
            past.slice               runs on
            reloaded.service         runs on 1
            removed.service          gone
            same.service             runs on 1
            shelf.automount          restarted
            shelf.mount              stopped
            spare.service            stopped
            spare.socket             restarted
            srv.mount                runs on
            stopstart.service        restarted 2
            tick.service             inactive
            tick.timer               restarted
            tock.timer               gone
            triggered.service        runs on 1
            unwanted.service         inactive
            usual.target             runs on
            watch.path               restarted
            web.service              restarted 2
            web.socket               runs on
            wide.slice               runs on
            worker@a.service         restarted 2
            worker@b.service         inactive
            """, effect.TrimEnd(), ignoreLineEndingDifferences: true);
        // Who is stopped before the switch is stopped by its old file, who is restarted after it by its new one.
        Assert.Equal(
            "changed stopped by 2\nreloaded reloads\nstopstart stopped by 1\ntriggered reloads\n", await machine.SucceedAsync("sort /run/said"));
        Assert.Contains("V=2", await machine.SucceedAsync("systemctl show -P Environment kept.service"), StringComparison.Ordinal);
        Assert.Contains("size=2048k", await machine.SucceedAsync("findmnt -no OPTIONS /media"), StringComparison.Ordinal);
        await machine.SucceedAsync("findmnt /mnt && ! findmnt /opt && ! findmnt /attic && test -S /run/spare-2 && ! test -e /run/spare-1");
        // A mount below an automount that began anew is mounted again by whoever comes next.
        await machine.SucceedAsync("ls /shelf /loft && systemctl is-active shelf.mount loft.mount cellar.mount && findmnt -t tmpfs /shelf && findmnt -t tmpfs -no OPTIONS /cellar | grep size=2048k");
        Assert.Contains("2h", await machine.SucceedAsync("systemctl show -P TimersMonotonic tick.timer"), StringComparison.Ordinal);
        Assert.Contains("/run/watched-2", await machine.SucceedAsync("systemctl show -P Paths watch.path"), StringComparison.Ordinal);
        // An empty slice stays until the next boot: others may have put something into it. A slice's properties change under what runs in it; who goes to another one restarts there.
        Assert.Equal("200\n/new.slice/moved.service\n/wide.slice/in-slice.service\n", await machine.SucceedAsync(
            "systemctl show -P CPUWeight wide.slice; systemctl show -P ControlGroup moved.service; systemctl show -P ControlGroup in-slice.service"));
        await machine.SucceedAsync("! systemctl cat removed.service 2>/dev/null && ! test -e /etc/systemd/system/multi-user.target.wants/removed.service");

        var (code, events) = await RealSystem.RunAsync(machine, two, "rollback");
        Assert.True(code == 0, string.Join('\n', events.OfType<ResultEvent>().SelectMany(e => e.Errors)));
        var back = await LookAsync(machine);
        Assert.Equal("gone", Verdict(after["added.service"], back["added.service"]));
        Assert.Equal("restarted", Verdict(after["changed.service"], back["changed.service"]));
        Assert.Equal("started", Verdict(after["removed.service"], back["removed.service"]));
        foreach (var name in new[] { "kept.service", "same.service", "of-target.service", "web.socket", "srv.mount", "reloaded.service", "in-slice.service", "wide.slice", "cellar.automount" })
            Assert.Equal("runs on", Verdict(before[name], back[name]));
        Assert.Equal("100\n/past.slice/moved.service\n", await machine.SucceedAsync("systemctl show -P CPUWeight wide.slice; systemctl show -P ControlGroup moved.service"));
        Assert.Equal("", await machine.SucceedAsync("systemctl list-units --state=failed --plain --no-legend"));
    }

    private static PathInfo System(RealSystem real, int version)
    {
        var v = $"Environment=V={version}\n";
        var units = new List<ManifestUnit>
        {
            real.Unit("same.service", Sleep + "Environment=V=1"),
            real.Unit("changed.service", Sleep + v + Says("ExecStop", "changed stopped by $V")),
            real.Unit(version == 1 ? "removed.service" : "added.service", Sleep + v),
            real.Unit("reloaded.service", Sleep + v + Says("ExecReload", "reloaded reloads")) with { OnChange = OnChange.Reload },
            real.Unit("triggered.service", Sleep + "Environment=V=1\n" + Says("ExecReload", "triggered reloads")) with
            {
                ReloadTriggers = [real.File("/x/settings", $"{version}").Path],
            },
            real.Unit("kept.service", Sleep + v) with { OnChange = OnChange.Keep },
            real.Unit("stopstart.service", Sleep + v + Says("ExecStop", "stopstart stopped by $V")) with { OnChange = OnChange.StopStart },
            real.Unit("once.service", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/true\n" + v),
            real.Unit("unwanted.service", Sleep + v) with { WantedBy = [] },
            real.Unit("idle.service", Sleep + v),
            real.Unit("masked.service", Sleep + v),
            real.Unit("worker@.service", Sleep + v) with { WantedBy = [] },
            real.Unit("web.socket", "ListenStream=/run/web") with { WantedBy = ["sockets.target"] },
            real.Unit("web.service", Sleep + v) with { WantedBy = [] },
            real.Unit("spare.socket", $"ListenStream=/run/spare-{version}\nRemoveOnStop=yes") with { WantedBy = ["sockets.target"] },
            real.Unit("spare.service", Sleep + v) with { WantedBy = [] },
            real.Unit("on-demand.service", Sleep + v) with { WantedBy = [] },
            real.Unit("tick.timer", $"OnActiveSec={version}h") with { WantedBy = ["timers.target"] },
            real.Unit("tick.service", Sleep + v) with { WantedBy = [] },
            real.Unit("watch.path", $"PathExists=/run/watched-{version}\nUnit=on-demand.service"),
            real.Unit("media.mount", $"What=tmpfs\nWhere=/media\nType=tmpfs\nOptions=size={version}M"),
            real.Unit("srv.mount", "What=tmpfs\nWhere=/srv\nType=tmpfs"),
            version == 1 ? real.Unit("opt.mount", "What=tmpfs\nWhere=/opt\nType=tmpfs") : real.Unit("mnt.mount", "What=tmpfs\nWhere=/mnt\nType=tmpfs"),
            // The mount below an automount comes and goes with it; nothing else asks for it.
            real.Unit("shelf.automount", $"Where=/shelf\nTimeoutIdleSec={version}h"),
            real.Unit("shelf.mount", "What=tmpfs\nWhere=/shelf\nType=tmpfs") with { WantedBy = [] },
            real.Unit("cellar.automount", "Where=/cellar"),
            real.Unit("cellar.mount", $"What=tmpfs\nWhere=/cellar\nType=tmpfs\nOptions=size={version}M") with { WantedBy = [] },
            real.Unit(version == 1 ? "attic.automount" : "loft.automount", $"Where=/{(version == 1 ? "attic" : "loft")}"),
            real.Unit(version == 1 ? "attic.mount" : "loft.mount", $"What=tmpfs\nWhere=/{(version == 1 ? "attic" : "loft")}\nType=tmpfs") with { WantedBy = [] },
            real.Unit("wide.slice", $"CPUWeight={version}00") with { WantedBy = [] },
            real.Unit(version == 1 ? "past.slice" : "new.slice", "CPUWeight=300") with { WantedBy = [] },
            real.Unit("in-slice.service", Sleep + "Environment=V=1\nSlice=wide.slice"),
            real.Unit("moved.service", Sleep + v + $"Slice={(version == 1 ? "past" : "new")}.slice"),
            real.Unit("usual.target", $"Version={version}"),
            real.Unit("of-target.service", Sleep + "Environment=V=1") with { WantedBy = ["usual.target"] },
        };
        if (version == 1)
            units.Add(real.Unit("tock.timer", "OnActiveSec=1h\nUnit=tick.service") with { WantedBy = ["timers.target"] });
        else
            units.Add(real.Unit("in-target.service", Sleep + v) with { WantedBy = ["usual.target"] });
        return real.Build(units);
    }

    /// <summary>How systemd sees each of the two systems' units; what the processes of one have as their version.</summary>
    private static async Task<SortedDictionary<string, Seen>> LookAsync(Machine machine)
    {
        var seen = new SortedDictionary<string, Seen>(StringComparer.Ordinal);
        var lines = await machine.SucceedAsync("""
            for unit in added changed idle in-slice in-target kept masked moved of-target on-demand once reloaded removed same spare stopstart tick triggered unwanted web worker@a worker@b \
                    attic.automount cellar.automount loft.automount shelf.automount attic.mount cellar.mount loft.mount shelf.mount media.mount mnt.mount opt.mount srv.mount spare.socket web.socket tick.timer tock.timer usual.target watch.path wide.slice past.slice new.slice; do
                case $unit in *.*) ;; *) unit=$unit.service ;; esac
                version=$(systemctl show -P Environment $unit | sed 's/V=//')
                pid=$(systemctl show -P MainPID $unit)
                test "${pid:-0}" = 0 || version=$(tr '\0' '\n' </proc/$pid/environ | sed -n 's/^V=//p')
                echo "$unit|$(systemctl show -P LoadState $unit)|$(systemctl show -P ActiveState $unit)|$(systemctl show -P InvocationID $unit)|$version"
            done
            """);
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (line.Split('|') is [var name, var load, var active, var invocation, var version])
                seen[name] = new Seen(load, active, invocation, version);
        return seen;
    }

    private static string Effect(SortedDictionary<string, Seen> before, SortedDictionary<string, Seen> after) => string.Join(
        '\n', after.Select(unit => Verdict(before[unit.Key], unit.Value) is var verdict && verdict is "started" or "restarted" or "runs on"
            ? $"{unit.Key,-24} {verdict} {unit.Value.Version}".TrimEnd() : $"{unit.Key,-24} {verdict}"));

    private static string Verdict(Seen before, Seen after) => (before.Active, after.Active) switch
    {
        (_, "active") when before.Active != "active" => "started",
        ("active", "active") => before.Invocation == after.Invocation ? "runs on" : "restarted",
        (_, "inactive") when after.Load == "not-found" => "gone",
        ("active", "inactive") => "stopped",
        (_, "inactive") => "inactive",
        _ => after.Active,
    };

    private static string Says(string when, string what) => $"{when}=/bin/sh -c 'echo {what} >>/run/said'\n";
}
