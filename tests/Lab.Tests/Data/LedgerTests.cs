using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Lab;
using Hale.Produce;
using Lab.Tests.Deploy;

namespace Lab.Tests.Data;

/// <summary>A service of a user of its own that migrates its data forward only, as a database does.</summary>
/// <param name="Version">The format that it writes.</param>
internal sealed record Ledger(int Version) : Module
{
    public string Owner { get; init; } = "ana";

    /// <summary>Whether it ends once it has migrated.</summary>
    public bool Broken { get; init; }

    private TextFile Script => new("ledger.sh", $"""
        cd "$STATE_DIRECTORY" || exit 1
        have=$(cat format 2>/dev/null || echo 0)
        if [ "$have" -gt {Version} ]; then echo "the data are of $have, newer than {Version}"; exit 1; fi
        if [ "$have" -lt {Version} ]; then echo "migrated to {Version}" >>rows; echo {Version} >format; fi
        {(Broken ? "echo the migration went wrong; exit 3" : "systemd-notify --ready; exec sleep infinity")}

        """);

    public override IEnumerable<Contribution> Contribute(HostView host) => [new UnitCheck("the ledger runs", "ledger.service"), new UnitCheck("the reader runs", "reader.service")];

    public override IEnumerable<Artifact> Realise(GatheredView host) =>
    [
        new Unit("ledger.service")
        {
            WantedBy = ["multi-user.target"],
            Body =
            {
                // One of its own is enough for such a unit, and none outweighs a hold.
                { "Unit", "AssertPathExists", "|/etc" }, { "Unit", "AssertPathExists", "|/nowhere" },
                { "Service", "Type", "notify" }, { "Service", "NotifyAccess", "all" }, { "Service", "ExecStart", $"/bin/sh {Script}" },
                { "Service", "DynamicUser", "yes" }, { "Service", "StateDirectory", "ledger" },
            },
        },
        // Of another name than the ledger, and starts it.
        new Unit("door.socket") { WantedBy = ["sockets.target"], Body = { { "Socket", "ListenStream", "/run/door" }, { "Socket", "Service", "ledger.service" } } },
        // It goes along when the ledger stops, and must come back with it.
        new Unit("reader.service")
        {
            WantedBy = ["multi-user.target"],
            Body =
            {
                { "Unit", "Requires", "ledger.service" }, { "Unit", "After", "ledger.service" },
                { "Service", "Type", "oneshot" }, { "Service", "RemainAfterExit", "yes" }, { "Service", "ExecStart", "/bin/true" },
            },
        },
        new StateDirectory("ledger")
        {
            Units = ["ledger.service"], Identity = Owner, IdentityName = "owner", Format = $"{Version}", WhenFormatChanges = FormatChange.Migrate,
        },
    ];
}

/// <summary>Data of a real service through upgrades and back, by the verbs that a person uses.</summary>
public sealed class LedgerTests : IDisposable
{
    private const string Tree = "cd /var/lib/ledger/ && find . -printf '%P %y %m %U %s %T@ %l\\n' | sort && find . -type f -exec sha256sum {} + | sort";
    private readonly FrontDoor door = new();

    public void Dispose() => door.Dispose();

    [LabFact]
    public async Task Data_follow_their_software_forwards_and_back()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        Task<(int Exit, string Out, string Error)> HaleAsync(Ledger ledger, params string[] args) => door.HaleAsync(machine, [ledger], args);
        var (first, second) = (new Ledger(1), new Ledger(2));

        await DoneAsync(HaleAsync(first, "deploy", "--yes"));
        await machine.SucceedAsync("cd /var/lib/ledger/ && echo row >>rows && ln rows twin && truncate -s 50M holes && head -c 300000 /dev/urandom >blob");
        var before = await machine.SucceedAsync(Tree);
        Assert.Equal("/var/lib/private/ledger\n", await machine.SucceedAsync("realpath /var/lib/ledger"));

        // What fails after it has migrated leaves the data as they were.
        var failed = await HaleAsync(second with { Broken = true }, "deploy", "--yes");
        Assert.True(failed.Exit == 3, failed.ToString());
        Assert.Contains("the migration went wrong", failed.Error, StringComparison.Ordinal);
        Assert.Equal(before, await machine.SucceedAsync(Tree));
        Assert.Equal("active\nactive\n", await machine.SucceedAsync("systemctl is-active ledger.service reader.service"));
        await machine.SucceedAsync("test ! -e /var/lib/hale/generations/1/state");

        var plan = await HaleAsync(second, "plan");
        Assert.Matches(@"  ~ data    ledger: 1 -> 2, migrated; a snapshot of 3\d\d(\.\d)? kB is (copied|made) first while ledger\.service is down", plan.Out);
        await DoneAsync(HaleAsync(second, "deploy", "--yes"));
        Assert.Equal("row\nmigrated to 2\n", string.Join('\n', (await machine.SucceedAsync("cat /var/lib/ledger/rows")).Split('\n').Skip(1)));
        Assert.Contains("(data of ledger 1 of ", (await HaleAsync(second, "generations")).Out, StringComparison.Ordinal);
        Assert.Equal("active\n", await machine.SucceedAsync("systemctl is-active reader.service"));
        Assert.Equal("700\n", await machine.SucceedAsync("stat -c %a /var/lib/hale/generations/1/state"));

        // The way back is refused with its price, and by a deployment as by a rollback.
        await machine.SucceedAsync("echo since >>/var/lib/ledger/rows");
        var since = await machine.SucceedAsync(Tree);
        var pid = await machine.SucceedAsync("systemctl show -P MainPID ledger.service");
        foreach (var command in new[] { new[] { "rollback" }, ["deploy", "--yes"], ["plan"] })
        {
            var refused = await HaleAsync(first, command);
            Assert.True(refused.Exit == 1, refused.ToString());
            Assert.Contains("The data of ledger are of the format 2, which 1 cannot read", refused.Error, StringComparison.Ordinal);
            Assert.Contains("--restore-data", refused.Error, StringComparison.Ordinal);
        }
        Assert.Equal(pid, await machine.SucceedAsync("systemctl show -P MainPID ledger.service"));
        await DoneAsync(HaleAsync(first, "rollback", "--restore-data"));
        Assert.Equal(before, await machine.SucceedAsync(Tree));
        await DoneAsync(HaleAsync(second, "deploy", "--yes", "--restore-data"));
        Assert.Equal(since, await machine.SucceedAsync(Tree));

        // Another owner's data are not taken, and what has no room is not begun.
        var other = await HaleAsync(second with { Owner = "ben" }, "deploy", "--yes");
        Assert.True(other.Exit == 1, other.ToString());
        Assert.Contains("The data in /var/lib/private/ledger were made with the owner ana, and this system has the owner ben.", other.Error, StringComparison.Ordinal);
        await machine.SucceedAsync("cp -a /var/lib/hale /root/kept && mount -t tmpfs -o size=12M tmpfs /var/lib/hale && cp -a /root/kept/. /var/lib/hale/ && head -c 20M /dev/zero >/var/lib/ledger/large");
        var full = await HaleAsync(new Ledger(3), "deploy", "--yes");
        Assert.True(full.Exit == 1, full.ToString());
        Assert.Contains("The machine's disk is full: a snapshot of ledger takes ", full.Error, StringComparison.Ordinal);
        await machine.SucceedAsync("umount /var/lib/hale; rm /var/lib/ledger/large");

        // A test ends with the next boot, for the data too, and also without power.
        before = await machine.SucceedAsync(Tree);
        await DoneAsync(HaleAsync(new Ledger(3), "deploy", "--yes", "--mode", "test"));
        Assert.Equal("3\n", await machine.SucceedAsync("cat /var/lib/ledger/format; sync"));
        await machine.PowerCutAsync();
        await machine.StartAsync();
        await machine.WaitForBootAsync();
        await machine.WaitForUnitAsync("ledger.service");
        Assert.Equal(before, await machine.SucceedAsync(Tree));

        await CannotBePutBackAsync(machine, second, before, HaleAsync);

        // What only the next boot runs has its snapshot made there.
        var boot = await HaleAsync(new Ledger(3), "deploy", "--yes", "--mode", "boot");
        Assert.True(boot.Exit == 6, boot.ToString());
        await machine.PowerCutAsync();
        await machine.StartAsync();
        await machine.WaitForBootAsync();
        await machine.WaitForUnitAsync("ledger.service");
        Assert.Equal("3\n", await machine.SucceedAsync("cat /var/lib/ledger/format"));
        await DoneAsync(HaleAsync(second, "rollback", "--restore-data"));
        Assert.Equal(before, await machine.SucceedAsync(Tree));
        Assert.Equal("active\n", await machine.SucceedAsync("systemctl is-active reader.service"));
    }

    /// <summary>A boot that cannot put the data back starts nothing upon them, says so wherever one looks, and has two ways out.</summary>
    private static async Task CannotBePutBackAsync(
        Machine machine, Ledger second, string before, Func<Ledger, string[], Task<(int Exit, string Out, string Error)>> haleAsync)
    {
        await DoneAsync(haleAsync(new Ledger(3), ["deploy", "--yes", "--mode", "test"]));
        Assert.Contains("the next boot comes up in another system than the one that runs", (await haleAsync(second, ["status"])).Out, StringComparison.Ordinal);
        await machine.SucceedAsync("sync");
        await machine.PowerCutAsync();
        // Nothing in the machine can move the snapshot now.
        var snapshots = Directory.GetDirectories($"{machine.Root}/var/lib/hale/generations").Select(folder => $"{folder}/state/ledger/0").Where(Directory.Exists).ToArray();
        Change("+i", snapshots);
        try
        {
            await machine.StartAsync();
            await machine.WaitForBootAsync();
            Assert.Equal(
                "inactive\ninactive\nfailed\n",
                await machine.SucceedAsync("for i in $(seq 100); do systemctl is-failed --quiet hale-recover && break; sleep 0.1; done; systemctl is-active ledger.service reader.service hale-recover.service; true"));
            // Neither by hand, nor by a connection, nor after the units are read again.
            await machine.SucceedAsync("! curl --silent --max-time 1 --unix-socket /run/door http://ledger && ! systemctl start ledger.service && systemctl daemon-reload && ! systemctl start ledger.service && test ! -e /var/lib/ledger/format");
            Assert.Contains("The data of ledger could not be put back: rename /var/lib/private/ledger", await machine.SucceedAsync("journalctl -b -u hale-recover -o cat"), StringComparison.Ordinal);
            var status = await haleAsync(second, ["status"]);
            Assert.True(status.Exit == 7, status.ToString());
            Assert.Contains("✗ the data of ledger could not be put back: ", status.Out, StringComparison.Ordinal);
            Assert.Contains("hale deploy one --adopt-data", status.Out, StringComparison.Ordinal);
            Assert.Contains("the data of ledger could not be put back", (await haleAsync(second, ["verify"])).Out, StringComparison.Ordinal);
            var refused = await haleAsync(second, ["deploy", "--yes"]);
            Assert.True(refused.Exit == 7, refused.ToString());
            Assert.Contains("The data of ledger could not be put back", refused.Error, StringComparison.Ordinal);
        }
        finally
        {
            Change("-i", snapshots);
        }

        await machine.SucceedAsync("systemctl restart hale-recover.service");
        await machine.WaitForUnitAsync("ledger.service");
        await machine.WaitForUnitAsync("reader.service");
        Assert.Equal(before, await machine.SucceedAsync(Tree));
        Assert.Equal("active\n", await machine.SucceedAsync("systemctl is-active door.socket"));
        var well = await haleAsync(second, ["status"]);
        Assert.True(well.Exit == 0, well.ToString());
        Assert.Matches(@"    data of ledger: format 2, owner ana, \d snapshots?, \d+(\.\d)? [kM]B\n", well.Out);
        await machine.SucceedAsync("test ! -e /etc/hale/held && test ! -e /run/hale/held && test ! -e /var/lib/hale/journal.json");
    }

    private static void Change(string attribute, string[] folders)
    {
        using var chattr = System.Diagnostics.Process.Start("chattr", [attribute, .. folders]);
        chattr.WaitForExit();
        Assert.Equal(0, chattr.ExitCode);
    }

    private static async Task DoneAsync(Task<(int Exit, string Out, string Error)> command)
    {
        var result = await command;
        Assert.True(result.Exit == 0, result.ToString());
    }
}
