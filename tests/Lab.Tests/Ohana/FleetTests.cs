using System.Diagnostics;
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
        var start = new ProcessStartInfo(Repository.At("hale"), ["try", "ohana", "--exit", "--fleet", folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var hale = Process.Start(start)!;
        var errors = hale.StandardError.ReadToEndAsync();
        var output = await hale.StandardOutput.ReadToEndAsync();
        await hale.WaitForExitAsync();

        Assert.True(hale.ExitCode == 0, output + await errors);
        Assert.Contains("ohana: generation 1 is running", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", output, StringComparison.Ordinal); // a pipe gets plain lines
        Assert.True(File.Exists(Path.Combine(folder, "hale.lock")));
        Assert.DoesNotContain(hale.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), RunningLabs());
        System.IO.Directory.Delete(folder, recursive: true);
    }

    /// <summary>The processes that keep a run of the lab at this moment.</summary>
    private static IEnumerable<string> RunningLabs() =>
        System.IO.Directory.EnumerateFiles("/var/lib/hale-lab", "run.json", SearchOption.AllDirectories)
            .Select(file => System.Text.Json.JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("processId").ToString());
}
