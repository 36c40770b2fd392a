using System.Net;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Hale.Store.Closure;

namespace Lab.Tests.Ohana;

/// <summary>What a second deployment does, and what it leaves alone.</summary>
[Collection(OhanaMachine.Name)]
public sealed class ChangeTests(OhanaFixture ohana)
{
    private static readonly string[] Services = ["caddy.service", "matrix-synapse.service", "registration.service"];

    /// <summary>A module as a user would write one in fleet.cs.</summary>
    private sealed record Sleeper(string Label) : Hale.Declare.Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
        [
            new Unit("sleeper.service")
            {
                WantedBy = ["multi-user.target"],
                Body = { { "Unit", "Description", Label }, { "Service", "ExecStart", "/usr/bin/sleep infinity" } },
            },
        ];
    }

    [LabFact]
    public async Task The_same_declaration_again_has_nothing_to_do_and_touches_nothing()
    {
        var runs = await ohana.RunsAsync(Services);
        var before = await ohana.Machine.SucceedAsync("readlink /etc/hale/system; ls /var/lib/hale/generations; find /etc/systemd/system -newermt '-1 second' | wc -l");

        var result = await ohana.DeployAsync(await OhanaFixture.DeclareAsync());

        Assert.Equal(Outcome.Nothing, result.Outcome);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(runs, await ohana.RunsAsync(Services));
        Assert.Equal(before, await ohana.Machine.SucceedAsync("readlink /etc/hale/system; ls /var/lib/hale/generations; find /etc/systemd/system -newermt '-1 second' | wc -l"));
    }

    [LabFact]
    public async Task A_changed_site_reloads_Caddy_under_load_and_no_request_fails()
    {
        var runs = await ohana.RunsAsync(Services);
        using var client = ohana.Client();
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(client, stop.Token);
        var fleet = await OhanaFixture.DeclareAsync();
        OhanaFixture.HostOf(fleet).Contributions.Add(new VirtualHost("photos.ohana-matrix.xyz") { Routes = [new Respond(200, "photos")] });

        var result = await ohana.DeployAsync(fleet);
        var answer = await client.GetStringAsync("https://photos.ohana-matrix.xyz/");
        var back = await ohana.DeployAsync(await OhanaFixture.DeclareAsync());
        await stop.CancelAsync();
        var (succeeded, failures) = await load;

        Assert.Equal(Outcome.Done, result.Outcome);
        Assert.Equal("photos", answer);
        Assert.Equal(Outcome.Done, back.Outcome);
        Assert.Empty(failures);
        Assert.True(succeeded > 20, $"only {succeeded} requests were made");
        Assert.Equal(runs, await ohana.RunsAsync(Services));
    }

    [LabFact]
    public async Task One_changed_unit_restarts_that_unit_alone()
    {
        await ohana.DeployAsync(await WithAsync(new Sleeper("first")));
        var others = await ohana.RunsAsync(Services);
        var sleeper = await ohana.RunsAsync("sleeper.service");

        var result = await ohana.DeployAsync(await WithAsync(new Sleeper("second")));

        Assert.Equal(Outcome.Done, result.Outcome);
        Assert.Equal(others, await ohana.RunsAsync(Services));
        Assert.NotEqual(sleeper, await ohana.RunsAsync("sleeper.service"));

        await ohana.DeployAsync(await OhanaFixture.DeclareAsync());
        Assert.NotEqual(0, (await ohana.Machine.RunAsync("systemctl cat sleeper.service")).ExitCode);
    }

    [LabFact]
    public async Task A_unit_that_cannot_start_takes_the_machine_back_and_is_shown_with_its_journal()
    {
        var result = await ohana.DeployAsync(await WithAsync(new Oneshot("/usr/bin/cat /no/such/file")));

        Assert.Equal(Outcome.RolledBack, result.Outcome);
        Assert.Equal(3, result.ExitCode);
        var error = Assert.Single(result.Errors, error => error.Message.Contains("sleeper.service", StringComparison.Ordinal));
        Assert.Contains(error.Log ?? [], line => line.Contains("/no/such/file", StringComparison.Ordinal));

        Assert.Equal(Outcome.Nothing, (await ohana.DeployAsync(await OhanaFixture.DeclareAsync())).Outcome);
    }

    [LabFact]
    public async Task After_a_reboot_the_machine_is_in_the_committed_generation_and_healthy()
    {
        var system = await ohana.Machine.SucceedAsync("readlink /etc/hale/system");

        await ohana.Machine.RebootAsync();
        await HealthyAsync();

        Assert.Equal(system, await ohana.Machine.SucceedAsync("readlink /etc/hale/system"));
        Assert.Equal(Outcome.Nothing, (await ohana.DeployAsync(await OhanaFixture.DeclareAsync())).Outcome);
    }

    [LabFact]
    public async Task After_a_power_cut_right_after_a_deployment_the_new_generation_is_up()
    {
        await ohana.DeployAsync(await WithAsync(new Sleeper("before the cut")));

        await ohana.Machine.PowerCutAsync();
        await ohana.Machine.StartAsync();
        await HealthyAsync();
        await ohana.Machine.WaitForUnitAsync("sleeper.service");

        Assert.Contains("before the cut", await ohana.Machine.SucceedAsync("systemctl show -p Description --value sleeper.service"), StringComparison.Ordinal);
        await ohana.DeployAsync(await OhanaFixture.DeclareAsync());
    }

    private async Task HealthyAsync()
    {
        foreach (var service in Services)
            await ohana.Machine.WaitForUnitAsync(service, TimeSpan.FromMinutes(2));
        using var client = ohana.Client();
        for (var tries = 0; ; tries++)
            try
            {
                Assert.Contains("versions", await client.GetStringAsync("https://ohana-matrix.xyz/_matrix/client/versions"), StringComparison.Ordinal);
                return;
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(200);
            }
    }

    private static async Task<Fleet> WithAsync(Hale.Declare.Module module)
    {
        var fleet = await OhanaFixture.DeclareAsync();
        OhanaFixture.HostOf(fleet).Modules.Add(module);
        return fleet;
    }

    private sealed record Oneshot(string Program) : Hale.Declare.Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
        [
            new Unit("sleeper.service") { WantedBy = ["multi-user.target"], Body = { { "Service", "Type", "oneshot" }, { "Service", "ExecStart", Program } } },
        ];
    }

    private static async Task<(int Succeeded, List<string> Failures)> LoadAsync(HttpClient client, CancellationToken stop)
    {
        var failures = new List<string>();
        var succeeded = 0;
        // Bounded: at most a minute at some 50 requests a second.
        for (var request = 0; request < 3000 && !stop.IsCancellationRequested; request++)
        {
            try
            {
                using var answer = await client.GetAsync("https://ohana-matrix.xyz/.well-known/matrix/client", CancellationToken.None);
                if (answer.StatusCode == HttpStatusCode.OK) succeeded++;
                else failures.Add(answer.StatusCode.ToString());
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                failures.Add(error.Message);
            }
            await Task.Delay(20, CancellationToken.None);
        }
        return (succeeded, failures);
    }
}
