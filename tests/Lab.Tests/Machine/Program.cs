using Hale.Lab;

namespace Lab.Tests;

/// <summary>
/// Started by tests as a process of its own, to be ended by them: boots a machine, says so and waits (<see cref="TeardownTests"/>); or
/// deploys to one (<see cref="Gates.OperatorDeathTests"/>).
/// </summary>
public static class Program
{
    public const string HoldALab = "hold-a-lab";
    public const string Deploy = "deploy";

    public static async Task<int> Main(string[] args)
    {
        if (args is [Deploy, var destination, var slow, .. var options])
            return await Gates.OperatorDeathTests.DeployAsync(destination, slow, options);
        if (args is not [HoldALab]) return 2;
        await using var run = await LabFixture.StartAsync();
        await run.BootAsync("held");
        Console.WriteLine(run.Folder);
        await Task.Delay(TimeSpan.FromMinutes(2));
        return 1;
    }
}
