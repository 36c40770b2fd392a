using System.Text.Json;
using Hale.Declare;
using Hale.Store.Closure;
using Lab.Tests.Deploy;

namespace Lab.Tests.Activation;

/// <summary>Who did what to a machine, as it tells it itself; and two who do at once.</summary>
public sealed class HistoryTests : IDisposable
{
    private static readonly Module[] Slow = [new Waiter("slow", "/bin/sleep 8") { Type = "oneshot" }];

    private readonly FrontDoor door = new();

    public void Dispose() => door.Dispose();

    [LabFact]
    public async Task The_second_of_two_operators_is_refused_with_all_about_the_first_and_the_machine_tells_of_everything()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        Git("init", "-q");
        Git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m", "one");
        var revision = Git("rev-parse", "HEAD").Trim();

        var first = await door.AsAsync("ana@laptop", machine, [new Waiter("first")], "deploy", "--yes");
        Assert.True(first.Exit == 0, first.ToString());
        Assert.Matches(
            $"^{revision} generation 1 system /nix/store/[^ ]*-hale-system-one deployed 20[^ ]*Z by ana@laptop\n$",
            await machine.SucceedAsync("cat /var/lib/hale/revision"));
        Assert.Contains($"one: generation 1, {revision}, of ", (await door.HaleAsync(machine, [], "status")).Out, StringComparison.Ordinal);

        var slow = door.AsAsync("ana@laptop", machine, Slow, "deploy", "--yes");
        await BusyAsync(machine);
        var second = await door.AsAsync("bo@desk", machine, [new Waiter("second")], "deploy", "--yes");
        Assert.Equal(1, second.Exit);
        Assert.Matches($"error: ana@laptop is deploying revision {revision} since 20.*Z, for \\d+ s \\(process \\d+ on this machine\\)\\.", second.Error);
        Assert.EndsWith("one: refused, nothing was touched\n", second.Error, StringComparison.Ordinal);
        Assert.Contains("ana@laptop is deploying revision", (await door.HaleAsync(machine, [], "status")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await slow).Exit);

        // Who dies lets go of the lock; the machine deals with its work at once.
        var killed = door.AsAsync("ana@laptop", machine, [new Waiter("slow", "/bin/sleep 9") { Type = "oneshot" }], "deploy", "--yes");
        await BusyAsync(machine);
        await machine.SucceedAsync("kill -9 $(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/' /run/hale/lock)");
        Assert.NotEqual(0, (await killed).Exit);
        var next = await door.AsAsync("bo@desk", machine, [new Waiter("second")], "deploy", "--yes");
        Assert.True(next.Exit == 0, next.ToString());
        Assert.Equal(0, (await door.AsAsync("bo@desk", machine, [], "rollback", "one", "--to", "1")).Exit);
        Assert.Equal(0, (await door.AsAsync("bo@desk", machine, [], "gc")).Exit);

        var json = (await door.HaleAsync(machine, [], "history", "--json")).Out;
        var entries = Assert.IsType<HistoryEvent>(JsonSerializer.Deserialize(json, EventJson.Default.ActivationEvent)).Entries;
        Assert.Equal(
        [
            ("gc", "bo@desk", 1, 1, Outcome.Nothing),
            ("rollback", "bo@desk", 3, 1, Outcome.Done),
            ("activate", "bo@desk", 2, 3, Outcome.Done),
            ("recover", "", 3, 2, Outcome.Done),
            ("activate", "ana@laptop", 1, 2, Outcome.Done),
            ("activate", "ana@laptop", null, 1, Outcome.Done),
        ], entries.Select(e => (e.Verb, e.Who, e.From, e.To!.Value, e.Outcome)));
        Assert.Equal("dealt with the interrupted activation of generation 3", entries[3].Detail);
        Assert.InRange(entries[4].Seconds, 7, 60);

        var lines = (await door.HaleAsync(machine, [], "history", "--limit", "2")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^one  20..-..-.. ..:..:..Z  gc        1          nothing", lines[0]);
        Assert.Matches("^one  20..-..-.. ..:..:..Z  rollback  3 -> 1     done .* bo@desk$", lines[2]);
        Assert.Equal("640 root\n", await machine.SucceedAsync("stat -c '%a %U' /var/lib/hale/history.jsonl"));
    }

    private static async Task BusyAsync(Hale.Lab.Machine machine) => await machine.SucceedAsync(
        "for i in $(seq 300); do test $(systemctl show -P ActiveState slow.service) = activating && exit 0; sleep 0.1; done; exit 1");

    private string Git(params string[] args)
    {
        using var git = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("git", ["-C", door.Folder, .. args]) { RedirectStandardOutput = true })!;
        var said = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return said;
    }
}
