using Hale.Contribute;
using Hale.Store.Closure;
using Lab.Tests.Ohana;
using Xunit.Abstractions;
using static Lab.Tests.Gates.Declared;

namespace Lab.Tests.Gates;

/// <summary>
/// The example on its machine, cut at some points of a real deployment, or with <c>HALE_CUT_EVERY=1</c> at each, by kill and by power;
/// <see cref="CutTests"/> cuts a smaller one at any.
/// </summary>
[Collection(OhanaMachine.Name)]
public sealed class OhanaCutTests(OhanaFixture ohana, ITestOutputHelper output)
{
    private const string Look = """
        readlink /run/hale/system /etc/hale/system
        find /etc -lname '/run/hale/system/*' -printf '%p\n' | sort
        ls /var/lib/hale/journal.json* 2>/dev/null
        systemctl list-units --state=failed --plain --no-legend
        systemctl show -P ActiveState -P Environment beside.service
        systemctl is-active caddy matrix-synapse registration
        DOTNET_ROOT=/run/hale/system/runtime /run/hale/system/activator/bin/hale-activator verify | grep finding
        curl -sk --retry 20 --retry-connrefused --retry-delay 1 --resolve photos.ohana-matrix.xyz:443:127.0.0.1 https://photos.ohana-matrix.xyz/
        """;

    private static readonly bool[] Both = [false, true];

    private Task<string> LookAsync() => ohana.Machine.SucceedAsync(Look);

    private async Task<(string System, string Look)> DeployedAsync(string version)
    {
        var fleet = await OhanaFixture.DeclareAsync();
        OhanaFixture.HostOf(fleet).Modules.Add(new Declared(Service("beside", "oneshot", "/bin/true", ("RemainAfterExit", "yes"), ("Environment", $"VERSION={version}"))));
        OhanaFixture.HostOf(fleet).Contributions.Add(new VirtualHost("photos.ohana-matrix.xyz") { Routes = [new Respond(200, version)] });
        Assert.Equal(0, (await ohana.DeployAsync(fleet)).ExitCode);
        return ((await ohana.Machine.SucceedAsync("readlink /etc/hale/system")).Trim(), await LookAsync());
    }

    [LabFact]
    public async Task Ohana_killed_or_without_power_on_the_way_is_in_one_of_its_two_systems_and_serves()
    {
        var @new = await DeployedAsync("2");
        var old = await DeployedAsync("1");
        var asked = Environment.GetEnvironmentVariable("HALE_CUT_EVERY") == "1";
        var (ends, ended) = (new List<string>(), false);
        for (var point = 3; !ended; point += asked ? 1 : 14)
            foreach (var byPower in asked ? Both : [ends.Count % 3 == 2])
            {
                var token = $"a{ends.Count:x4}";
                if (byPower)
                    ended |= !await CutBench.CutAsync(ohana.Machine, @new.System, token, point);
                else
                    ended |= await CutBench.ActivateAsync(ohana.Machine, @new.System, token, $"--die-at {point}") is not null;
                var here = await LookAsync();
                Assert.True(here == old.Look || here == @new.Look, $"{(byPower ? "without power" : "killed")} at {point}:\n{here}");
                ends.Add($"{point} {(byPower ? "power" : "kill")} {(here == old.Look ? "old" : "new")}");
                if (here != old.Look)
                    await DeployedAsync("1");
            }

        output.WriteLine(string.Join(", ", ends));
        Assert.True(ends.Count > 3);
        await ohana.DeployAsync(await OhanaFixture.DeclareAsync());
    }
}
