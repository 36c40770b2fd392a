using System.Diagnostics;
using System.Globalization;
using Hale.Lab;
using Hale.Operator.Deploy;
using Lab.Tests.Deploy;
using static Lab.Tests.Gates.Declared;

namespace Lab.Tests.Gates;

/// <summary>The operator's process and its ssh are killed, as by a battery that is empty: nothing of them says goodbye.</summary>
[Collection(GateMachine.Name)]
public sealed class OperatorDeathTests(GateFixture gate)
{
    private static readonly SwitchOptions Soon = new() { Window = TimeSpan.FromSeconds(8) };

    [LabFact]
    public async Task Killed_with_its_connections_it_leaves_a_machine_that_goes_back_by_itself()
    {
        var own = Directory.CreateTempSubdirectory("hale-dies-");
        try
        {
            var target = DeployBench.Target(gate.Machine);
            var start = new ProcessStartInfo("dotnet", ["exec", typeof(OperatorDeathTests).Assembly.Location, Program.Deploy, target.Destination, "3", .. target.Options])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                // Its connections are known by the folder of their sockets.
                Environment = { ["TMPDIR"] = own.FullName },
            };
            using var dies = Process.Start(start)!;
            var said = Task.WhenAll(dies.StandardOutput.ReadToEndAsync(), dies.StandardError.ReadToEndAsync());
            await gate.Machine.SucceedAsync(
                "for i in $(seq 1200); do test $(systemctl show -P ActiveState slow) = activating && exit; sleep 0.1; done; exit 1");
            var connections = Connections(own.FullName);
            Assert.NotEmpty(connections);
            dies.Kill();
            foreach (var connection in connections)
                connection.Kill();
            await dies.WaitForExitAsync();
            Assert.DoesNotContain("the result", string.Concat(await said), StringComparison.Ordinal);

            Assert.NotEqual(gate.Good, (await gate.Machine.SucceedAsync("readlink /run/hale/system")).Trim());
            await gate.Machine.SucceedAsync("for i in $(seq 600); do test ! -e /var/lib/hale/journal.json && exit; sleep 0.1; done; exit 1");
            await gate.IsWellAsync();
            Assert.Contains("Nobody reached", await gate.Machine.SucceedAsync(
                "for i in $(seq 100); do tail -n 1 /var/lib/hale/history.jsonl | grep Nobody && exit; sleep 0.1; done; exit 1"), StringComparison.Ordinal);
            // Nothing is held, nothing is left to do first.
            Assert.True((await gate.DeployAsync(_ => { })).Result.ExitCode == 0);
        }
        finally
        {
            own.Delete(recursive: true);
        }
    }

    /// <summary>What that process does: deploys a unit that takes its time to start.</summary>
    internal static async Task<int> DeployAsync(string destination, string seconds, string[] options)
    {
        using var fixture = new GateFixture();
        var deployed = await fixture.DeployAsync(
            new SshTarget(destination) { Options = options },
            host => host.Modules.Add(new Declared(Service("slow", "oneshot", $"/bin/sleep {seconds}", ("RemainAfterExit", "yes")))), Soon);
        Console.WriteLine($"the result: {deployed.Result.ExitCode.ToString(CultureInfo.InvariantCulture)}");
        return deployed.Result.ExitCode;
    }

    private static List<Process> Connections(string folder) => [.. Process.GetProcessesByName("ssh").Where(process => Line(process.Id).Contains(folder, StringComparison.Ordinal))];

    private static string Line(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
