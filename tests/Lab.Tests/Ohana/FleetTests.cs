using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hale.Catalogue;
using Hale.Catalogue.Tests;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Hale.Store.Closure;

namespace Lab.Tests.Ohana;

/// <summary>More than one machine, and the command as a person types it.</summary>
[Collection(OhanaMachine.Name)]
public sealed class FleetTests(OhanaFixture ohana)
{
    /// <summary>Lists what every host of the fleet serves: a module that reads across hosts, as a monitor does.</summary>
    private sealed record Directory : Hale.Declare.Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
            [new EtcFile("/etc/directory.txt", new TextFile("directory.txt", string.Join('\n', host.AcrossFleet<VirtualHost>().Select(one => $"{one.Host.Name} {one.Value.Name}"))))];
    }

    [LabFact]
    public async Task Two_machines_of_one_fleet_become_each_what_it_is_declared_and_see_each_other()
    {
        await using var run = await LabFixture.StartAsync();
        var east = await run.BootAsync("east");
        var west = await run.BootAsync("west");
        var fleet = new Fleet("example.org")
        {
            Hosts =
            {
                new Host("east")
                {
                    Modules = { new Caddy { Email = "admin@example.org" }, new Directory() },
                    Contributions = { new VirtualHost("east.example.org") { Routes = [new Respond(200, "east")] } },
                },
                new Host("west")
                {
                    Modules = { new Caddy { Email = "admin@example.org" } },
                    Contributions = { new VirtualHost("west.example.org") { Routes = [new Respond(200, "west")] } },
                },
            },
        };

        var results = await Task.WhenAll(
            ohana.DeployAsync(OhanaFixture.PlanOf(fleet, "east"), east),
            ohana.DeployAsync(OhanaFixture.PlanOf(fleet, "west"), west));

        Assert.All(results, result => Assert.Equal(Outcome.Done, result.Outcome));
        Assert.Equal("east east.example.org\nwest west.example.org", await east.SucceedAsync("cat /etc/directory.txt"));
        Assert.Equal("west", await east.SucceedAsync("curl --silent --show-error --insecure --connect-to ::west:443 https://west.example.org/"));
        Assert.Equal("east", await west.SucceedAsync("curl --silent --show-error --insecure --connect-to ::east:443 https://east.example.org/"));
        Assert.NotEqual(0, (await west.RunAsync("test -e /etc/directory.txt")).ExitCode);
    }

    [LabFact]
    public async Task The_readmes_command_brings_the_example_up_and_leaves_nothing_behind()
    {
        // A copy without the committed lock: mirrors drop what it pins.
        var folder = System.IO.Directory.CreateTempSubdirectory("hale-try-").FullName;
        File.Copy(Repository.At("examples", "ohana", "fleet.cs"), Path.Combine(folder, "fleet.cs"));
        using var hale = Start(folder, "try", "ohana");
        var errors = hale.StandardError.ReadToEndAsync();
        var output = new StringBuilder();
        while (await hale.StandardOutput.ReadLineAsync() is { } line && line != "Ctrl-C ends the machine.")
            output.Append(line).Append('\n');
        try
        {
            // Other commands ask this machine, or say that there is none.
            var (exit, status) = await EndAsync(Start(folder, "status", "ohana", "--tried"));
            Assert.True(exit == 0, $"{output}{status}");
            Assert.Contains("everything that is declared runs", status, StringComparison.Ordinal);
            Assert.Contains("Registration: https://ohana-matrix.xyz.localhost", status, StringComparison.Ordinal);
            (exit, var made) = await EndAsync(Start(folder, "invite", "ohana", "create", "--label", "Nana", "--tried"));
            Assert.True(exit == 0, made);
            Assert.Matches(@"link  https://ohana-matrix\.xyz\.localhost(:[0-9]+)?/register/#code=", made);
            Assert.Contains("Nana", (await EndAsync(Start(folder, "invite", "ohana", "list", "--tried"))).Output, StringComparison.Ordinal);
            Assert.Equal(2, (await EndAsync(Start(folder, "invite", "ohana", "create", "--qr", "--tried"))).Exit);
            (exit, var diagnosis) = await EndAsync(Start(folder, "doctor", "ohana", "--tried", "--timeout", "60"));
            Assert.True(exit == 0, diagnosis);
            Assert.Contains("✓ certificate of ohana-matrix.xyz", diagnosis, StringComparison.Ordinal);
            Assert.Contains("✓ disk at /", diagnosis, StringComparison.Ordinal);
        }
        finally
        {
            using var stop = Process.Start("kill", ["-TERM", $"{hale.Id}"]);
            await hale.StandardOutput.ReadToEndAsync();
            await hale.WaitForExitAsync();
        }

        Assert.True(hale.ExitCode == 0, $"{output}{await errors}");
        Assert.Contains("ohana: generation 1 is running", $"{output}", StringComparison.Ordinal);
        Assert.Contains("Invites: hale invite ohana create --tried", $"{output}", StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", $"{output}", StringComparison.Ordinal); // a pipe gets plain lines
        Assert.True(File.Exists(Path.Combine(folder, "hale.lock")));
        Assert.DoesNotContain(hale.Id.ToString(CultureInfo.InvariantCulture), RunningLabs());
        var (none, said) = await EndAsync(Start(folder, "status", "ohana", "--tried"));
        Assert.Equal(5, none);
        Assert.Contains("hale try ohana", said, StringComparison.Ordinal);
        System.IO.Directory.Delete(folder, recursive: true);
    }

    [LabFact]
    public async Task A_trial_for_a_script_ends_by_itself_and_leaves_another_ones_machine_alone()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("hale-try-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "fleet.cs"), """
            var fleet = new Fleet("example.org") { Hosts = { new Host("small") { Modules = { new Caddy { Email = "admin@example.org" } } } } };
            return await HaleCommand.RunAsync(args, fleet);
            """);
        using var kept = Start(folder, "try", "small", "--json");
        var errors = kept.StandardError.ReadToEndAsync();
        while (await kept.StandardOutput.ReadLineAsync() is { } line && !line.Contains("\"ready\"", StringComparison.Ordinal))
        {
            // Its steps.
        }
        var (exit, said) = await EndAsync(Start(folder, "try", "small", "--exit"));
        Assert.True(exit == 0, said);
        Assert.Contains("small: generation 1 is running", said, StringComparison.Ordinal);
        (exit, said) = await EndAsync(Start(folder, "generations", "small", "--tried"));
        using (Process.Start("kill", ["-TERM", $"{kept.Id}"]))
            await kept.StandardOutput.ReadToEndAsync();
        await kept.WaitForExitAsync();

        Assert.True(exit == 0, said + await errors);
        Assert.Contains("small *    1", said, StringComparison.Ordinal);
        System.IO.Directory.Delete(folder, recursive: true);
    }

    private static Process Start(string folder, params string[] command) => Process.Start(
        new ProcessStartInfo(Repository.At("hale"), [.. command, "--fleet", folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task<(int Exit, string Output)> EndAsync(Process process)
    {
        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output + await errors);
        }
    }

    /// <summary>The processes that keep a run of the lab at this moment.</summary>
    private static IEnumerable<string> RunningLabs() =>
        System.IO.Directory.EnumerateFiles("/var/lib/hale-lab", "run.json", SearchOption.AllDirectories)
            .Select(file => System.Text.Json.JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("processId").ToString());
}
