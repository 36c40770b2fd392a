using System.Text;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Lab.Tests.Deploy;

namespace Lab.Tests.Secrets;

/// <summary>A changed value from git to the one service that needs it, by the commands that a person types.</summary>
public sealed class DayTests : IDisposable
{
    private readonly FrontDoor hale;

    public DayTests()
    {
        hale = new FrontDoor { Variables = [] };
        hale.Variables["SOPS_AGE_KEY_FILE"] = Path.Combine(hale.Folder, "keys.txt");
    }

    public void Dispose() => hale.Dispose();

    [LabFact]
    public async Task A_changed_value_is_planned_by_name_deployed_kept_by_a_rollback_and_brought_anew_by_the_next_deployment()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        await SayAsync(machine, "", "secrets", "init");
        await SayAsync(machine, "one", "secrets", "set", "secrets.yaml", "bot/token");
        await SayAsync(machine, "one", "secrets", "set", "secrets.yaml", "bot/other");
        await SayAsync(machine, "", "machine-key", "one");
        await SayAsync(machine, "", "deploy", "one", "--yes");
        var kept = await PidAsync(machine, "other.service");
        Assert.Contains("nothing to do", await SayAsync(machine, "", "plan", "one"), StringComparison.Ordinal);

        await SayAsync(machine, "two", "secrets", "set", "secrets.yaml", "bot/token");
        var plan = await SayAsync(machine, "", "plan", "one");
        Assert.Contains("~ secret  bot/token\n", plan, StringComparison.Ordinal);
        Assert.Contains("restart bot.service (secret bot/token changed)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("bot/other", plan, StringComparison.Ordinal);
        Assert.Equal("one", await machine.SucceedAsync("cat /run/credentials/bot.service/token"));

        await SayAsync(machine, "", "deploy", "one", "--yes");
        Assert.Equal("two", await machine.SucceedAsync("cat /run/credentials/bot.service/token"));
        Assert.Equal(kept, await PidAsync(machine, "other.service"));

        Assert.Contains("Generation 1 runs with today's secrets.", await SayAsync(machine, "", "rollback", "one"), StringComparison.Ordinal);
        Assert.Equal("two", await machine.SucceedAsync("cat /run/credentials/bot.service/token"));
        await SayAsync(machine, "three", "secrets", "set", "secrets.yaml", "bot/token");
        await SayAsync(machine, "", "deploy", "one", "--yes");
        Assert.Equal("three", await machine.SucceedAsync("cat /run/credentials/bot.service/token"));
        Assert.Equal(kept, await PidAsync(machine, "other.service"));
    }

    private static async Task<string> PidAsync(Hale.Lab.Machine machine, string unit) => await machine.SucceedAsync($"systemctl show -P MainPID {unit}");

    private async Task<string> SayAsync(Hale.Lab.Machine machine, string input, params string[] args)
    {
        hale.Input = Encoding.UTF8.GetBytes(input);
        var (exit, output, error) = await hale.HaleAsync(machine, [new Bot()], args);
        Assert.True(exit == 0, $"hale {string.Join(' ', args)} ended with {exit}\n{output}{error}");
        return output + error;
    }

    private sealed record Bot : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
            from name in new[] { ("bot", "token"), ("other", "other") }
            select new Unit($"{name.Item1}.service")
            {
                WantedBy = ["multi-user.target"],
                Credentials = [(name.Item2, Secret.Named($"bot/{name.Item2}"))],
                Body = { { "Service", "ExecStart", "/usr/bin/sleep infinity" }, { "Service", "Type", "exec" } },
            };
    }
}
