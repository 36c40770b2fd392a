using System.Text.Json;
using Hale.Declare;

namespace Lab.Tests.Deploy;

/// <summary>The verbs about machines, through the front door.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly FrontDoor door = new();

    public void Dispose() => door.Dispose();

    private Task<(int Exit, string Out, string Error)> HaleAsync(Hale.Lab.Machine machine, Module[] modules, params string[] args) =>
        door.HaleAsync(machine, modules, args);

    [LabFact]
    public async Task A_machine_is_planned_deployed_asked_and_rolled_back_by_verbs()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        Module[] first = [new Waiter("waiter")];
        Module[] second = [new Waiter("waiter") { Note = "changed" }];

        var bare = await HaleAsync(machine, first, "status", "one");
        Assert.Equal(1, bare.Exit);
        Assert.Contains("Nothing was deployed to", bare.Error, StringComparison.Ordinal);

        var plan = await HaleAsync(machine, first, "plan", "one");
        Assert.True(plan.Exit == 0, plan.ToString());
        Assert.Contains("one: first activation", plan.Out, StringComparison.Ordinal);
        Assert.Contains("start waiter.service (new)", plan.Out, StringComparison.Ordinal);

        var deploy = await HaleAsync(machine, first, "deploy", "--yes");
        Assert.True(deploy.Exit == 0, deploy.ToString());
        Assert.EndsWith("one: generation 1 is running\n", deploy.Out, StringComparison.Ordinal);
        Assert.Equal((0, "one: nothing to do\n", ""), await HaleAsync(machine, first, "deploy", "--yes"));
        Assert.Equal((0, "one: nothing to do\n", ""), await HaleAsync(machine, first, "plan"));

        var json = await HaleAsync(machine, second, "deploy", "--yes", "--json");
        Assert.True(json.Exit == 0, json.ToString());
        var lines = json.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .ToList();
        Assert.Contains(lines, line => line.GetProperty("event").GetString() == "plan");
        Assert.Equal(
            ("result", "done", 2),
            (lines[^1].GetProperty("event").GetString(), lines[^1].GetProperty("outcome").GetString(),
            lines[^1].GetProperty("generation").GetInt32()));

        var generations = await HaleAsync(machine, second, "generations");
        Assert.Equal(2, generations.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("one *    2", generations.Out, StringComparison.Ordinal);
        Assert.Contains("tester@here", generations.Out, StringComparison.Ordinal);

        var back = await HaleAsync(machine, second, "rollback", "one", "--to", "1");
        Assert.True(back.Exit == 0, back.ToString());
        Assert.EndsWith("is running\n", back.Out, StringComparison.Ordinal);
        Assert.Equal("Description=waiter ", (await machine.SucceedAsync("grep Description /etc/systemd/system/waiter.service")).Trim('\n'));

        var well = await HaleAsync(machine, second, "status");
        Assert.Equal(0, well.Exit);
        Assert.Contains("everything that is declared runs", well.Out, StringComparison.Ordinal);
        Assert.Contains("Page: http://one/", well.Out, StringComparison.Ordinal);
        await machine.SucceedAsync("systemctl kill -s KILL waiter.service; sleep 0.3");
        var ill = await HaleAsync(machine, second, "status");
        Assert.Equal(7, ill.Exit);
        Assert.Contains("waiter.service should run and does not", ill.Out, StringComparison.Ordinal);

        Assert.Contains(
            "There is no generation 9", (await HaleAsync(machine, second, "rollback", "one", "--to", "9")).Error, StringComparison.Ordinal);
    }
}
