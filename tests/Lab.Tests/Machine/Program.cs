using Hale.Lab;

namespace Lab.Tests;

/// <summary>Started by <see cref="TeardownTests"/> as a process of its own: boots a machine, says so, and waits to be ended.</summary>
public static class Program
{
    public const string HoldALab = "hold-a-lab";

    public static async Task<int> Main(string[] args)
    {
        if (args is not [HoldALab]) return 2;
        await using var run = await LabFixture.StartAsync();
        await run.BootAsync("held");
        Console.WriteLine(run.Folder);
        await Task.Delay(TimeSpan.FromMinutes(2));
        return 1;
    }
}
