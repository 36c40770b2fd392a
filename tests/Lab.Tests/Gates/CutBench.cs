using System.Text.Json;
using Hale.Lab;
using Hale.Store.Closure;
using Hale.Store.Paths;
using Lab.Tests.Secrets;

namespace Lab.Tests.Gates;

/// <summary>
/// A machine and two systems that differ in every way that an activation has a step for, and what the machine looks like in each. Whatever
/// ends an activation between them, it must look like one of the two, to the last link.
/// </summary>
internal sealed class CutBench : IAsyncDisposable
{
    private const string Notifies = "Type=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'systemd-notify --ready; exec sleep infinity'\n";

    /// <summary>
    /// A database in one line: it migrates its data forward only, and fails upon what is newer. Data that are of no version at all begin anew.
    /// </summary>
    private static string Keeps(string version) =>
        "Type=notify\nNotifyAccess=all\nDynamicUser=yes\nStateDirectory=keeper\n"
        + $"ExecStart=/bin/sh -c 'cd /var/lib/keeper; have=$$(cat format || echo 0); test $$have -le {version} || exit 1; test $$have = {version} || {{ head -c 9000 /dev/zero >blob-{version}; "
        + $"mkdir -p deep; echo row-{version} >>deep/rows; echo {version} >format; }}; systemd-notify --ready; exec sleep infinity'\n";

    /// <summary>All that a system is made of as it shows on the machine; nothing that differs between two runs of one system.</summary>
    private const string Look = """
        for link in /run/hale/system /etc/hale/system /etc/hale/secrets; do echo "$link $(readlink $link)"; done
        find /etc /srv -lname '/run/hale/system/*' -printf '%p %l\n' -o -lname '/run/secrets/*' -printf '%p %l\n' | sort
        find /etc /srv /var/lib/hale /run/hale -name '*.hale-new'
        sha256sum /etc/systemd/system-generators/hale
        for folder in /etc/tree /etc/deep /etc/systemd/system/extra.target.wants; do test ! -e $folder || echo "$folder is $(stat -c %F $folder)"; done
        for unit in a b gone added holder filled keeper; do
            pid=$(systemctl show -P MainPID $unit)
            echo "$unit $(systemctl show -P ActiveState -P LoadState -P NeedDaemonReload $unit | xargs) $(tr '\0' '\n' </proc/$pid/environ 2>/dev/null | grep VERSION)"
            test ! -d /run/credentials/$unit.service || sha256sum /run/credentials/$unit.service/*
        done
        find -L /run/secrets -type f -printf '%P %m %u\n' -exec sha256sum {} + | sed 's| /run/.*||' | sort
        ls /run/secrets.d | wc -l
        ls /var/lib/hale | grep -v -e history -e outcome.json -e confirmed -e filler
        readlink /var/lib/hale/generations/$(basename $(readlink /var/lib/hale/generations/current))/system
        for number in $(cd /var/lib/hale/generations && ls -d [0-9]*); do test $number -le $(basename $(readlink /var/lib/hale/generations/current)) || echo "generation $number is left"; done
        cut -d' ' -f5 /var/lib/hale/revision
        cd /var/lib/keeper/ && find . -printf '%P %y %m %s %l\n' | sort && find . -type f -exec sha256sum {} + | sort; cd /
        grep -o '"format":"[^"]*"' /var/lib/hale/state/keeper.json
        find /var/lib /var/lib/hale/generations \( -name '*.copying' -o -name '*.left' -o -name '*.used' -o -path '*/state/*.new' \)
        systemctl list-units --state=failed --plain --no-legend
        /run/hale/system/activator/bin/hale-activator verify | grep finding
        exit 0
        """;

    private readonly SecretMachine on;

    private CutBench(SecretMachine on)
    {
        this.on = on;
        (Old, New) = (System("1", "gone"), System("2", "added"));
    }

    internal Machine Machine => on.Machine;

    internal PathInfo Old { get; }

    internal PathInfo New { get; }

    /// <summary>What the machine shows in the old system, and in the new one.</summary>
    internal (string Old, string New) Whole { get; private set; }

    internal static async Task<CutBench> StartAsync()
    {
        var bench = new CutBench(await SecretMachine.StartAsync());
        await bench.on.DoneAsync(bench.Old);
        var old = await bench.LookAsync();
        await bench.on.DoneAsync(bench.New);
        var @new = await bench.LookAsync();
        await bench.BackAsync();
        Assert.NotEqual(old, @new);
        Assert.Equal(old, await bench.LookAsync());
        bench.Whole = (old, @new);
        return bench;
    }

    private PathInfo System(string version, string only, string extra = "") => on.Real.Build(
        [
            on.Real.Unit("a.service", Notifies + $"Environment=VERSION={version}\n{extra}"),
            on.Real.Unit("b.service", Notifies),
            on.Real.Unit($"{only}.service", Notifies),
            on.Real.Unit("holder.service", Notifies + "LoadCredential=token:/run/secrets/token") with { Secrets = ["token"] },
            on.Real.Unit("keeper.service", Keeps(version)),
            on.Real.Unit("filled.service", Notifies + "LoadCredential=env:/run/secrets/rendered/bot.env") with { Secrets = ["rendered/bot.env"] },
        ],
        [
            on.Real.File("/etc/same.conf", "same\n"), on.Real.File("/etc/changed.conf", version), on.Real.File($"/etc/{only}.conf", only), on.Real.File($"/etc/deep/{only}/er.conf", only),
            on.Real.File("/etc/sysusers.d/hale.conf", $"u bot - \"a test\"\nu {only} - \"a test\"\n"),
            on.Real.File("/etc/tmpfiles.d/hale.conf", $"d /var/lib/{only} 0750 {only} {only}\n"),
            // A folder of links in one, a link to a folder in the other: they cannot stand side by side.
            .. version == "1" ? [on.Real.File("/etc/tree/one", "1")] : new[] { on.Real.LinkFolder("/etc/tree", ("one", "2"), ("two", "2")) },
        ],
        [SecretMachine.Provided("token"), SecretMachine.Provided("shared", "db") with { Owner = "bot", Link = $"/srv/{only}/db" }, new ManifestSecret { Name = "made" }],
        [new ManifestCheck { Name = "a runs", Kind = CheckKind.Unit, Unit = "a.service" }],
        on.Seal(("s.yaml", $"token: token {version}\ndb: the same\n")),
        [on.Real.Template("bot.env", "TOKEN={{secret:token}}\n", TemplateFormat.Environment)],
        [new() { Name = "keeper", Paths = ["/var/lib/keeper"], Units = ["keeper.service"], Identity = "a test", Format = version, OnChange = FormatChange.Migrate }]);

    /// <summary>The new system, but one of its units is broken.</summary>
    internal PathInfo Broken()
    {
        var broken = System("3", "added", "ExecStartPost=/bin/false");
        on.Real.Send(Machine, broken);
        return broken;
    }

    internal Task<string> LookAsync() => Machine.SucceedAsync($"export DOTNET_ROOT={Old.Path}/runtime; {Look}");

    /// <summary>Which of the two systems the machine is in, whole; a test fails that finds it in neither.</summary>
    internal async Task<string> WhichAsync(string cut)
    {
        var here = await LookAsync();
        if (here == Whole.Old)
            return "old";
        if (here == Whole.New)
            return "new";
        var nearest = here.Contains($"/run/hale/system {New.Path}", StringComparison.Ordinal) ? Whole.New : Whole.Old;
        var (has, wants) = (here.Split('\n'), nearest.Split('\n'));
        throw new MachineAssertionException(
            $"cut {cut}, the machine is in neither system whole:\n{string.Join('\n', wants.Except(has).Select(l => $"- {l}").Concat(has.Except(wants).Select(l => $"+ {l}")))}\n"
            + (await Machine.RunAsync("cat /var/lib/hale/journal.json; journalctl -b -n 40 --no-pager -o cat; tail -n 3 /var/lib/hale/history.jsonl")).Output);
    }

    /// <summary>Activates in a unit of its own, as the operator does, and waits until that unit has ended with all that systemd does after it.</summary>
    /// <returns>The result, where it lived to tell one.</returns>
    internal static async Task<ResultEvent?> ActivateAsync(Machine machine, string system, string token, string more)
    {
        var said = await machine.RunAsync($"touch /run/hale/confirmed-{token}; {Unit(system, token, "--pipe --wait")} activate --system {system} --by test --token {token} --confirm 20 {more}");
        await machine.RunAsync($"rm -f /run/hale/confirmed-{token}");
        return said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent)).OfType<ResultEvent>().LastOrDefault();
    }

    /// <summary>Activates and cuts the power at a point; false where the activation has fewer.</summary>
    internal static async Task<bool> CutAsync(Machine machine, string system, string token, int point, string more = "")
    {
        await machine.SucceedAsync($"mkdir -p /run/hale; touch /run/hale/confirmed-{token}; {Unit(system, token, "")} activate --system {system} --by test --token {token} --confirm 20 --halt-at {point} {more}");
        var halted = await machine.SucceedAsync(
            $"for i in $(seq 300); do test -e /run/hale/halted && echo yes && exit; systemctl is-active --quiet hale-{token} || exit 0; sleep 0.1; done; exit 1");
        if (halted.Length == 0)
            return false;
        await machine.PowerCutAsync();
        await machine.StartAsync();
        Assert.Equal("running", await machine.WaitForBootAsync());
        return true;
    }

    /// <summary>What the machine says that a switch came to; null where it knows of none.</summary>
    internal async Task<Outcome?> OutcomeAsync(string token) =>
        (await Activation.RealSystem.RunAsync(Machine, Old, $"outcome --token {token}")).Events.OfType<ResultEvent>().LastOrDefault()?.Outcome;

    /// <summary>Back to the old system, its data and its secrets, by a deployment of it.</summary>
    internal async Task BackAsync()
    {
        var (result, _) = await on.ActivateAsync(Old, $"activate --system {Old.Path} --by test --restore-data");
        Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
    }

    /// <summary>Puts what Hale keeps on the machine onto a small disk of its own.</summary>
    internal Task SmallDiskAsync() => SmallDiskAsync("/var/lib/hale", "size=8M");

    /// <summary>Puts a folder of the machine onto a small disk of its own.</summary>
    internal Task SmallDiskAsync(string folder, string how) => Machine.SucceedAsync(
        $"rm -rf /root/kept && cp -a {folder} /root/kept && mount -t tmpfs -o mode=755,{how} tmpfs {folder} && cp -a /root/kept/. {folder}/");

    /// <summary>Fills a disk but for so many names.</summary>
    internal Task FillNamesAsync(string folder, int names) => Machine.SucceedAsync(
        $"cd {folder} && rm -rf filler && mkdir filler && cd filler && seq $(( $(stat -f -c %d .) - {names} )) | xargs touch && test $(stat -f -c %d .) = {names}");

    /// <summary>Fills that disk but for so many pages of 4 KiB.</summary>
    internal Task FillAsync(int pages) => Machine.SucceedAsync(
        $"cd /var/lib/hale && rm -f filler && sync && dd if=/dev/zero of=filler bs=4k count=$(( $(stat -f -c %a .) - {pages} )) status=none; test $(stat -f -c %a .) = {pages}");

    private static string Unit(string system, string token, string how) =>
        $"systemd-run --quiet {how} --collect --service-type=exec --unit=hale-{token} --property=DefaultDependencies=no "
        + $"--property=ExecStopPost=\"/bin/sh -c 'ls /var/lib/hale/journal.json* /var/lib/hale/outcome.json.* 2>/dev/null | grep -q . || exit 0; exec {system}/activator/bin/hale-activator recover >/dev/null 2>&1'\" "
        + $"--setenv=DOTNET_ROOT={system}/runtime -- {system}/activator/bin/hale-activator";

    public ValueTask DisposeAsync() => on.DisposeAsync();
}
