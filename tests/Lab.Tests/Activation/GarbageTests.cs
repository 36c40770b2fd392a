using System.Globalization;
using System.Text.Json;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Hale.Store.Closure;
using Hale.Store.Paths;
using Hale.Store.Transfer;
using Lab.Tests.Deploy;

namespace Lab.Tests.Activation;

/// <summary>A file of some megabytes, and nothing else.</summary>
internal sealed record Ballast(string Label, int Megabytes = 3) : Module
{
    public override IEnumerable<Artifact> Realise(GatheredView host) =>
        [new EtcFile("/etc/ballast", new TextFile("ballast", string.Concat(Enumerable.Repeat($"{Label}\n", Megabytes * 1_000_000 / (Label.Length + 1)))))];
}

/// <summary>Garbage of real deployments, collected on a booted machine.</summary>
public sealed class GarbageTests : IDisposable
{
    private const string Collect = "systemctl start hale-gc.service || { journalctl -q -u hale-gc.service >&2; exit 1; }";

    private readonly FrontDoor door = new();

    public void Dispose() => door.Dispose();

    private static Module[] Version(int number, int megabytes = 3) =>
        [new Waiter("waiter") { Note = $"v{number}" }, new Ballast($"v{number}", megabytes)];

    private async Task DeployAsync(Hale.Lab.Machine machine, int number, int megabytes = 3)
    {
        var deploy = await door.HaleAsync(machine, Version(number, megabytes), "deploy", "--yes");
        Assert.True(deploy.Exit == 0, deploy.ToString());
    }

    private static async Task<string> BallastAsync(Hale.Lab.Machine machine) => (await machine.SucceedAsync("readlink -f /etc/ballast")).Trim();

    [LabFact]
    public async Task What_was_said_goes_what_runs_stays_and_the_machine_boots_and_goes_back()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        var ballasts = new List<string>();
        for (var number = 1; number <= 5; number++)
        {
            await DeployAsync(machine, number);
            ballasts.Add(await BallastAsync(machine));
        }

        // Two processes use what only old generations have: an open file, and a mount that no other process sees.
        await machine.SucceedAsync($"systemd-run --unit=reader /usr/bin/tail -f {ballasts[0]}");
        await machine.SucceedAsync($"systemd-run --unit=mounter -p BindReadOnlyPaths={ballasts[1]}:/run/mounted /usr/bin/sleep infinity");
        await machine.SucceedAsync("mkdir -p /nix/store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-of-nix");

        var dry = Garbage(await door.HaleAsync(machine, [], "gc", "one", "--keep", "0", "--dry-run", "--json"));
        Assert.Equal([1, 2, 3], dry.Generations);
        Assert.Contains(dry.Paths, path => path.Path == ballasts[2]);
        Assert.DoesNotContain(dry.Paths, path => path.Path == ballasts[0] || path.Path == ballasts[1]);
        Assert.InRange(dry.Bytes, 3_000_000, 4_000_000);
        var told = await door.HaleAsync(machine, [], "gc", "one", "--keep", "0", "--dry-run");
        Assert.Matches($"^one: generations 1, 2, 3 and {dry.Paths.Count} store paths of \\d+ would go, 3(\\.\\d)? MB\n$", told.Out);

        Assert.Equal((0, ""), await door.HaleAsync(machine, [], "generations", "one", "pin", "1") is var pin ? (pin.Exit, pin.Error) : default);
        var used = await UsedAsync(machine);
        var gone = await door.HaleAsync(machine, [], "gc", "one", "--keep", "0");
        Assert.True(gone.Exit == 0, gone.ToString());
        Assert.StartsWith("one: generations 2, 3 and ", gone.Out, StringComparison.Ordinal);
        Assert.Matches("\none: freed 3(\\.\\d)? MB\n$", gone.Out);
        Assert.InRange(used - await UsedAsync(machine), 2_500_000, 4_500_000);
        await machine.SucceedAsync($"test -e {ballasts[0]} && test -e {ballasts[1]} && ! test -e {ballasts[2]}");
        Whole(machine);

        var listed = (await door.HaleAsync(machine, [], "generations", "one")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["1", "4", "5"], listed.Select(line => line[5..11].Trim()));
        Assert.EndsWith("(pinned)", listed[0], StringComparison.Ordinal);
        var refused = await door.HaleAsync(machine, [], "generations", "one", "delete", "1", "4");
        Assert.Equal(1, refused.Exit);
        Assert.Contains("Generation 1 is not deleted: it is pinned.", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Generation 4 is not deleted: it is what hale rollback goes back to.", refused.Error, StringComparison.Ordinal);
        var diff = await door.HaleAsync(machine, [], "generations", "one", "diff", "4");
        Assert.Contains("restart waiter.service (unit file changed)", diff.Out, StringComparison.Ordinal);

        // The weekly service sees processes and mounts through its own confinement, and frees what they used when they have ended.
        Assert.Equal("active", (await machine.SucceedAsync("systemctl is-active hale-gc.timer")).Trim());
        Assert.Equal(0, (await door.HaleAsync(machine, [], "generations", "one", "unpin", "1")).Exit);
        Assert.Equal(0, (await door.HaleAsync(machine, [], "generations", "one", "delete", "1")).Exit);
        await machine.SucceedAsync(Collect);
        await machine.SucceedAsync($"test -e {ballasts[0]} && test -e {ballasts[1]}");
        await machine.SucceedAsync($"systemctl stop reader mounter; {Collect}");
        await machine.SucceedAsync($"! test -e {ballasts[0]} && ! test -e {ballasts[1]} && test -e {ballasts[4]}");
        await machine.SucceedAsync("test -e /nix/store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-of-nix");
        Whole(machine);

        await machine.RebootAsync();
        Assert.Equal("running", await machine.WaitForBootAsync());
        Assert.Equal(0, (await door.HaleAsync(machine, [], "rollback", "one")).Exit);
        Assert.Equal(ballasts[3], await BallastAsync(machine));
        await DeployAsync(machine, 3);
        Assert.Equal(ballasts[2], await BallastAsync(machine));
    }

    [LabFact]
    public async Task A_disk_that_is_nearly_full_is_refused_with_what_would_be_freed_and_that_is_true()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        await machine.SucceedAsync("mkdir /nix && mount -t tmpfs -o size=2G tmpfs /nix");
        for (var number = 1; number <= 4; number++)
            await DeployAsync(machine, number, megabytes: 8);
        // Too little for one more beside the reserve; the two oldest make room enough.
        var used = await UsedAsync(machine);
        await machine.SucceedAsync($"mount -o remount,size={used + (62L << 20)} /nix");

        var refused = await door.HaleAsync(machine, Version(5, 8), "deploy", "--yes");
        Assert.Equal(1, refused.Exit);
        Assert.Matches("free where /nix is, and .* are needed\\. Nothing was copied\\.", refused.Error);
        Assert.Matches("hint: hale gc one frees 0 B, and 16(\\.\\d)? MB with --keep 0\\.\n", refused.Error);
        Assert.Equal(0, (await door.HaleAsync(machine, [], "gc", "one", "--keep", "0")).Exit);
        await DeployAsync(machine, 5, megabytes: 8);
    }

    private static GarbageEvent Garbage((int Exit, string Out, string Error) run)
    {
        Assert.True(run.Exit == 0, run.ToString());
        var lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return Assert.IsType<GarbageEvent>(JsonSerializer.Deserialize(lines[0], EventJson.Default.ActivationEvent));
    }

    private static async Task<long> UsedAsync(Hale.Lab.Machine machine) =>
        long.Parse((await machine.SucceedAsync("du -s --block-size=1 /nix | cut -f1")).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Everything in the machine's store is what its hash says, and has all that it needs.</summary>
    private static void Whole(Hale.Lab.Machine machine)
    {
        var store = new MachineStore(machine.Root + StorePath.StoreFolder, machine.Root + "/var/lib/hale/info");
        Assert.All(store.All(), info =>
        {
            Assert.True(store.Verify(info.Path), $"{info.Path}");
            Assert.All(info.References, reference => Assert.NotNull(store.Find(reference)));
        });
    }
}
