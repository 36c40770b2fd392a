using Hale.Declare;
using Lab.Tests.Deploy;

namespace Lab.Tests.Verify;

/// <summary>What the machine's own system lacks is told as that, with the way out, and the way out works.</summary>
public sealed class DamagedSystemTests : IDisposable
{
    private static readonly Module[] Declared = [new Waiter("waiter")];

    private readonly FrontDoor door = new();

    public void Dispose() => door.Dispose();

    [LabFact]
    public async Task A_system_that_is_damaged_is_never_taken_for_none_or_for_well_and_comes_anew()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        Task<(int Exit, string Out, string Error)> Hale(string line) => door.HaleAsync(machine, Declared, line.Split(' '));
        Assert.Equal(0, (await Hale("deploy --yes")).Exit);

        foreach (var (damage, exit, says) in new[]
        {
            ("rm -rf $(readlink /run/hale/system)", 7, "lacks its manifest, its activator or its runtime"),
            (": >$(readlink /run/hale/system)/manifest.json", 7, "lacks its manifest, its activator or its runtime"),
            ("rm -rf $(readlink -f /run/hale/system/activator)", 7, "lacks its manifest, its activator or its runtime"),
            ("rm -rf $(readlink -f /run/hale/system/runtime)", 7, "lacks its manifest, its activator or its runtime"),
            ("truncate -s 100 $(readlink /run/hale/system)/manifest.json", 8, "declared: a system that can be read"),
            ("ln -sfn /nix/store/nothing /run/hale/system", 8, "/run/hale/system"),
        })
        {
            await machine.SucceedAsync(damage);
            var status = await Hale("status");
            Assert.DoesNotContain("everything that is declared runs", exit == 7 ? status.Out : "", StringComparison.Ordinal);
            Assert.DoesNotContain("Nothing was deployed", status.Error, StringComparison.Ordinal);
            var seen = await Hale("verify");
            Assert.True(seen.Exit == exit, $"{damage}: {seen}");
            Assert.Contains(says, seen.Out + seen.Error, StringComparison.Ordinal);
            // A deployment of the same does not count it as done, nor as the first.
            Assert.DoesNotContain("nothing to do", (await Hale("plan")).Out, StringComparison.Ordinal);
            var mended = await Hale("verify --repair overwrite");
            Assert.True(mended.Exit == 0, $"{damage}: {mended}");
            Assert.Equal((0, "one: as declared\n", ""), await Hale("verify --store"));
            Assert.Equal((0, "one: nothing to do\n", ""), await Hale("deploy --yes"));
        }

        await machine.SucceedAsync("echo '{' >/var/lib/hale/generations/1/generation.json");
        var damaged = await Hale("generations");
        Assert.Equal((1, ""), (damaged.Exit, damaged.Out));
        Assert.Contains("/var/lib/hale/generations/1/generation.json is damaged", damaged.Error, StringComparison.Ordinal);
    }
}
