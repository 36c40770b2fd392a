using System.Diagnostics;
using Hale.Lab;
using Xunit.Abstractions;

namespace Lab.Tests;

/// <summary>A machine boots, reboots, loses its power, and meets its neighbours.</summary>
[Collection(SharedLab.Name)]
public sealed class LifeTests(ITestOutputHelper output)
{
    [LabFact]
    public async Task A_fresh_machine_is_Debian_13_and_reachable_within_seconds()
    {
        await using var run = await LabFixture.StartAsync();
        var watch = Stopwatch.StartNew();
        var machine = await run.BootAsync("ohana");
        output.WriteLine($"from clone to ssh: {watch.Elapsed.TotalSeconds:0.00} s");

        Assert.Equal("ohana 13", (await machine.SucceedAsync(". /etc/os-release; echo $(hostname) $VERSION_ID")).Trim());
        Assert.Equal("running", await machine.WaitForBootAsync());
        output.WriteLine($"from clone to booted: {watch.Elapsed.TotalSeconds:0.00} s");
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);

        watch.Restart();
        for (var i = 0; i < 20; i++) await machine.SucceedAsync("true");
        output.WriteLine($"one command: {watch.Elapsed.TotalMilliseconds / 20:0.0} ms");
    }

    [LabFact]
    public async Task A_reboot_keeps_the_disk_and_starts_a_new_boot()
    {
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        var before = await machine.BootIdAsync();
        await machine.SucceedAsync("echo kept > /root/kept; echo lost > /run/lost");

        var watch = Stopwatch.StartNew();
        await machine.RebootAsync();
        output.WriteLine($"reboot: {watch.Elapsed.TotalSeconds:0.00} s");

        Assert.NotEqual(before, await machine.BootIdAsync());
        Assert.Equal("kept\n", await machine.SucceedAsync("cat /root/kept"));
        await machine.FailAsync("test -e /run/lost");
    }

    [LabFact]
    public async Task A_power_cut_ends_the_machine_at_once_and_it_starts_again()
    {
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        var before = await machine.BootIdAsync();
        await machine.SucceedAsync("systemd-run --unit=stubborn --property=KillSignal=SIGCONT sleep 1000; echo kept > /root/kept; sync");

        var watch = Stopwatch.StartNew();
        await machine.PowerCutAsync();
        output.WriteLine($"power cut: {watch.Elapsed.TotalMilliseconds:0} ms");
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2);
        Assert.False(machine.IsOn);
        var off = await Assert.ThrowsAsync<LabException>(() => machine.RunAsync("true"));
        Assert.Contains("is off", off.Message, StringComparison.Ordinal);

        await machine.StartAsync();
        Assert.NotEqual(before, await machine.BootIdAsync());
        Assert.Equal("kept\n", await machine.SucceedAsync("cat /root/kept"));
    }

    [LabFact]
    public async Task Two_machines_of_a_run_reach_each_other_by_name_and_nothing_else()
    {
        await using var run = await LabFixture.StartAsync();
        var web = await run.AddAsync(new MachineOptions("web") { Aliases = ["www.example.org"] });
        await web.StartAsync();
        var client = await run.BootAsync("client");

        await web.SucceedAsync("echo hello > /run/page; systemd-run --unit=page sh -c 'cd /run && exec sleep 1000'");
        await client.SucceedAsync("ping -c 1 -W 5 www.example.org && ping -c 1 -W 5 web");
        await web.SucceedAsync("ping -c 1 -W 5 client");
        await client.FailAsync("ping -c 1 -W 2 192.0.2.1");
    }

    [LabFact]
    public async Task Three_machines_boot_in_parallel()
    {
        await using var run = await LabFixture.StartAsync();
        var watch = Stopwatch.StartNew();
        var machines = await Task.WhenAll(new[] { "one", "two", "three" }.Select(async name =>
        {
            var machine = await run.BootAsync(name);
            await machine.WaitForBootAsync();
            return machine;
        }));
        output.WriteLine($"three machines running: {watch.Elapsed.TotalSeconds:0.00} s");
        Assert.Equal(3, machines.Select(m => m.Address).Distinct().Count());
    }
}
