using System.Diagnostics;
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
        var root = Directory.CreateTempSubdirectory("hale-full-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", "nr_inodes=4096,size=8m", "tmpfs", root) is not 0)
        {
            Directory.Delete(root);
            Assert.NotEqual("true", Environment.GetEnvironmentVariable("CI"));
            Console.WriteLine("SKIPPED: a full disk cannot be shown, because mounting a tmpfs needs root");
            return;
        }

        try
        {
            using var machine = new TestMachine(root);
            machine.Activate(machine.Put("one", Of(Unit("a.service"))));
            var two = machine.Put("two", Of(Unit("a.service", 2), Unit("b.service"), Unit("c.service")) with { Secrets = [new() { Name = "x/y/z" }] });
            var before = machine.State();
            Fill(root, namesLeft);

            var result = machine.Activate(two);
            Assert.Equal((7, 1), (result.Outcome.ExitCode(), result.Generation));
            Assert.Contains("disk is full", result.Errors[0].Message, StringComparison.Ordinal);
            Assert.Equal(before, WithoutSecrets(machine.State()));

            Directory.Delete(Path.Combine(root, "fill"), recursive: true);
            Assert.Equal((Outcome.Done, 2), (machine.Activate(two) is var again ? again.Outcome : default, again.Generation));
        }
        finally
        {
            Run("umount", root);
            Directory.Delete(root);
        }
    }

    /// <summary>What was made of secrets stays: it belongs to no generation.</summary>
    private static string WithoutSecrets(string state) =>
        string.Join('\n', state.Split('\n').Where(line => !line.StartsWith("/var/lib/hale/secrets", StringComparison.Ordinal)));

    private static void Fill(string root, int left)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "fill")).FullName;
        var names = new List<string>();
        try
        {
            for (var i = 0; ; i++)
            {
                File.WriteAllBytes(Path.Combine(folder, $"{i}"), []);
                names.Add(Path.Combine(folder, $"{i}"));
            }
        }
        catch (IOException)
        {
            foreach (var name in names.Take(left))
                File.Delete(name);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
