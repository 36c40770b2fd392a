using System.Globalization;
using Lab.Tests.Ohana;

namespace Lab.Tests.Isolation;

/// <summary>How much each of the machine's declared services could do to the machine, by systemd's own measure and by trying.</summary>
[Collection(OhanaMachine.Name)]
public sealed class ExposureTests(OhanaFixture ohana)
{
    [LabFact]
    public async Task Every_service_but_the_two_that_change_the_machine_itself_is_exposed_to_2_at_most()
    {
        var services = OhanaFixture.PlanOf(await OhanaFixture.DeclareAsync()).Units.Select(unit => unit.Name)
            .Where(name => name.EndsWith(".service", StringComparison.Ordinal)).ToList();

        Assert.True(services.Count > 5);
        foreach (var service in services.Except(Exposure.TheMachineItself))
            await Exposure.AssertAtMostAsync(ohana.Machine, 2.0, service);
        // The measure tells the difference.
        Assert.True(await Exposure.OfAsync(ohana.Machine, "hale-recover.service") > 5);
    }

    [LabFact]
    public async Task No_service_that_runs_is_root_and_each_has_a_root_of_its_own()
    {
        foreach (var service in new[] { "caddy.service", "matrix-synapse.service", "registration.service" })
        {
            var pid = (await ohana.Machine.SucceedAsync($"systemctl show -p MainPID --value {service}")).Trim();
            var status = await ohana.Machine.SucceedAsync($"cat /proc/{pid}/status");
            Assert.Matches(@"Uid:\s+6\d{4}\s", status);
            Assert.Matches(@"NoNewPrivs:\s+1", status);
            Assert.DoesNotMatch(@"Seccomp:\s+0", status);
            // Neither the machine's programs nor other services' state.
            Assert.NotEqual(0, (await ohana.Machine.RunAsync($"test -e /proc/{pid}/root/usr/bin/systemctl")).ExitCode);
            Assert.NotEqual(0, (await ohana.Machine.RunAsync($"test -e /proc/{pid}/root/var/lib/hale")).ExitCode);
            Assert.NotEqual(0, (await ohana.Machine.RunAsync($"test -e /proc/{pid}/root/run/secrets")).ExitCode);
        }
    }

    [LabFact]
    public async Task A_service_sees_of_the_store_what_its_unit_names_and_nothing_else()
    {
        var pid = (await ohana.Machine.SucceedAsync("systemctl show -p MainPID --value registration.service")).Trim();

        var seen = (await ohana.Machine.SucceedAsync($"ls /proc/{pid}/root/nix/store")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(2, seen.Length);
        Assert.Contains(seen, name => name[33..].StartsWith("dotnet-runtime", StringComparison.Ordinal));
        Assert.Contains(seen, name => name[33..] == "registration");
        Assert.True(int.Parse(await ohana.Machine.SucceedAsync("ls /nix/store | wc -l"), CultureInfo.InvariantCulture) > 10);
    }

    [LabFact]
    public async Task The_setting_that_reloads_need_is_made_without_root()
    {
        await ohana.Machine.SucceedAsync("echo 0 >/proc/sys/net/ipv4/tcp_migrate_req; systemctl restart caddy-reload-setting.service");

        Assert.Equal("1", (await ohana.Machine.SucceedAsync("cat /proc/sys/net/ipv4/tcp_migrate_req")).Trim());
    }
}
