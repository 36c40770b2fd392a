using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Steps;

public sealed class FullDiskTests
{
    /// <summary>The machine's folder is a file system of its own, full but for a few names.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(12)]
    public void A_full_disk_is_told_and_the_old_state_is_intact(int namesLeft)
    {
        using var disk = SmallDisk.Mount();
        if (disk is null)
            return;
        using var machine = new TestMachine(disk.Root);
        machine.Activate(machine.Put("one", Of(Unit("a.service"))));
        var two = machine.Put("two", Of(Unit("a.service", 2), Unit("b.service"), Unit("c.service")) with { Secrets = [new() { Name = "x/y/z" }] });
        var before = machine.State();
        disk.Fill(namesLeft);

        var result = machine.Activate(two);
        Assert.Equal((7, 1), (result.Outcome.ExitCode(), result.Generation));
        Assert.Contains("disk is full", result.Errors[0].Message, StringComparison.Ordinal);
        Assert.Equal(before, WithoutSecrets(machine.State()));

        disk.Empty();
        Assert.Equal((Outcome.Done, 2), (machine.Activate(two) is var again ? again.Outcome : default, again.Generation));
    }

    /// <summary>What was made of secrets stays: it belongs to no generation.</summary>
    private static string WithoutSecrets(string state) =>
        string.Join('\n', state.Split('\n').Where(line => !line.StartsWith("/var/lib/hale/secrets", StringComparison.Ordinal) && !line.StartsWith("/run/secrets.d/ ", StringComparison.Ordinal)));
}
