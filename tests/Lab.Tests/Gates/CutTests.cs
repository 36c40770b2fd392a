using System.Diagnostics;
using System.Globalization;
using Hale.Store.Closure;
using Lab.Tests.Activation;
using Xunit.Abstractions;

namespace Lab.Tests.Gates;

/// <summary>
/// An activation is cut at its points: before each change that it makes to a file and each event that it tells. A sample of them each time;
/// all of them, twice over, with <c>HALE_CUT_EVERY=1</c>.
/// </summary>
public sealed class CutTests(ITestOutputHelper output)
{
    private static readonly int? Asked = Environment.GetEnvironmentVariable("HALE_CUT_EVERY") is { } every ? int.Parse(every, CultureInfo.InvariantCulture) : null;

    private static int Rounds => Asked == 1 ? 2 : 1;

    [LabFact]
    public async Task Killed_at_any_point_the_machine_is_in_one_of_the_two_systems_whole_and_says_which()
    {
        await using var bench = await CutBench.StartAsync();
        await SweepAsync("killed", Asked ?? 9, async (point, token) =>
        {
            var result = await CutBench.ActivateAsync(bench.Machine, bench.New.Path.ToString(), token, $"--die-at {point}");
            var which = await bench.WhichAsync($"killed at {point}");
            AssertTruth(which, await bench.OutcomeAsync(token), point);
            if (which == "new")
                await bench.BackAsync();
            Assert.True(result is null || which == "new", $"killed at {point}: {result}");
            return result is null ? which : null;
        });
    }

    [LabFact]
    public async Task Without_power_at_any_point_the_machine_boots_into_one_of_the_two_systems_whole_and_says_which()
    {
        await using var bench = await CutBench.StartAsync();
        await SweepAsync("without power", Asked ?? 9, async (point, token) =>
        {
            var cut = await CutBench.CutAsync(bench.Machine, bench.New.Path.ToString(), token, point);
            var which = await bench.WhichAsync($"without power at {point}");
            AssertTruth(which, await bench.OutcomeAsync(token), point);
            if (which == "new")
                await bench.BackAsync();
            return cut ? which : null;
        });
    }

    /// <summary>Nothing of Hale is there that such a boot would start, and Debian has a unit of the same name.</summary>
    [LabFact]
    public async Task Without_power_at_any_point_of_its_first_activation_the_machine_boots_as_it_was_or_into_the_new_system()
    {
        const string debians = "printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\nEnvironment=OF=debian\\n' >/usr/lib/systemd/system/own.service"
            + " && mkdir -p /usr/lib/systemd/system/multi-user.target.wants /var/lib/own && ln -sf ../own.service /usr/lib/systemd/system/multi-user.target.wants/"
            + " && echo debian >/var/lib/own/of && systemctl daemon-reload && systemctl start own";
        const string look = "systemctl show -P Environment own; systemctl is-active own; cat /var/lib/own/of; ls -d /etc/hale/system /etc/systemd/system-generators/hale /etc/systemd/system/own* /run/hale/held/own* 2>/dev/null; true";
        using var real = await RealSystem.MakeAsync();
        await using var run = await LabFixture.StartAsync();
        var machine = await run.BootAsync("ohana");
        await machine.WaitForBootAsync();
        await machine.SucceedAsync(debians);
        var system = real.Build(
            [real.Unit("own.service", "ExecStartPre=/bin/sh -c 'echo hale >/var/lib/own/of'\nExecStart=/usr/bin/sleep infinity\nEnvironment=OF=hale")],
            state: [new() { Name = "own", Paths = ["/var/lib/own"], Units = ["own.service"], Identity = "a test", Format = "2", OnChange = FormatChange.Migrate }]);
        real.Send(machine, system);
        await SweepAsync("without power, the first time,", Asked ?? 11, async (point, token) =>
        {
            var cut = await CutBench.CutAsync(machine, system.Path.ToString(), token, point, "--adopt-data");
            var here = await machine.SucceedAsync(look);
            if (cut && here == "OF=debian\nactive\ndebian\n")
                return "old";
            Assert.True(here == "OF=hale\nactive\nhale\n/etc/hale/system\n/etc/systemd/system-generators/hale\n/etc/systemd/system/own.service\n", $"without power at {point}: {here}{(await machine.RunAsync($"journalctl -b -u hale-{token} -u 'hale-recover*' -o cat; ls -R /run/hale /etc/hale")).Output}");
            // Only from the commit on, and that is at the end.
            return null;
        });
    }

    [LabFact]
    public async Task Killed_on_the_way_back_it_goes_back_all_the_same()
    {
        await using var bench = await CutBench.StartAsync();
        var broken = bench.Broken();
        await SweepAsync("killed on the way there or back", Asked ?? 21, async (point, token) =>
        {
            var result = await CutBench.ActivateAsync(bench.Machine, broken.Path.ToString(), token, $"--die-at {point}");
            Assert.Equal("old", await bench.WhichAsync($"killed at {point} of a broken system"));
            Assert.True(await bench.OutcomeAsync(token) is null or Outcome.RolledBack);
            Assert.True(result is null or { Outcome: Outcome.RolledBack }, $"{result}");
            return result is null ? "old" : null;
        });
    }

    [LabFact]
    public async Task With_a_disk_that_is_full_from_any_write_on_the_machine_is_in_one_of_the_two_systems_whole()
    {
        await using var bench = await CutBench.StartAsync();
        await bench.SmallDiskAsync();
        var ends = new List<string>();
        for (var pages = 0; ends.Count == 0 || ends[^1] == "old"; pages++)
        {
            Assert.True(pages < 60, "no disk was large enough");
            await bench.FillAsync(pages);
            var result = await CutBench.ActivateAsync(bench.Machine, bench.New.Path.ToString(), $"f{pages:x4}", "");
            var which = await bench.WhichAsync($"with {pages} pages free");
            Assert.True(result?.Outcome is Outcome.Refused or Outcome.Failed or Outcome.RolledBack || (result?.Outcome == Outcome.Done && which == "new"), $"{pages} pages free: {result}");
            Assert.True(which == "new" || result.Errors.Any(e => e.Message.Contains("disk is full", StringComparison.Ordinal)), string.Join('\n', result.Errors));
            ends.Add(which);
        }
        output.WriteLine($"with {ends.Count} sizes of a disk: {ends.Count(e => e == "old")} times in the old system");
        Assert.True(ends.Count > 2);
    }

    /// <summary>Of two file systems, what the activator keeps and what links of units and files lie in: a disk has bytes, but no names are left.</summary>
    [LabFact]
    public async Task With_a_disk_that_has_no_names_left_from_any_file_on_the_machine_is_in_one_of_the_two_systems_whole()
    {
        await using var bench = await CutBench.StartAsync();
        foreach (var folder in new[] { "/var/lib/hale", "/etc" })
        {
            await bench.SmallDiskAsync(folder, "nr_inodes=6000");
            var ends = new List<string>();
            for (var names = 0; ends.Count == 0 || ends[^1] == "old"; names = names < 4 ? names + 2 : names * 2)
            {
                Assert.True(names < 1000, "no disk was large enough");
                await bench.FillNamesAsync(folder, names);
                var result = await CutBench.ActivateAsync(bench.Machine, bench.New.Path.ToString(), $"{folder.Length:x2}{names:x4}", "");
                var which = await bench.WhichAsync($"with {names} names free in {folder}");
                Assert.True(
                    result?.Outcome is Outcome.Refused or Outcome.Failed or Outcome.RolledBack || (result?.Outcome == Outcome.Done && which == "new"),
                    $"{names} names free in {folder}: {result}");
                Assert.True(which == "new" || result.Errors.Any(e => e.Message.Contains("disk is full", StringComparison.Ordinal)), string.Join('\n', result.Errors));
                ends.Add(which);
            }

            output.WriteLine($"{folder} with {ends.Count} numbers of names: {ends.Count(e => e == "old")} times in the old system");
            Assert.True(ends.Count > 1);
            await bench.Machine.SucceedAsync($"rm -rf {folder}/filler");
            await bench.BackAsync();
        }
    }

    /// <summary>What the machine says of a switch is what it came to. Of one that was ended before its first step it says nothing.</summary>
    private static void AssertTruth(string which, Outcome? said, int point) =>
        Assert.True(said == (which == "new" ? Outcome.Done : Outcome.RolledBack) || (said is null && which == "old"), $"at {point} the machine is in the {which} system and says {said}");

    /// <summary>Cuts at one point after the other, until an activation has fewer.</summary>
    private async Task SweepAsync(string how, int every, Func<int, string, Task<string?>> cutAsync)
    {
        for (var round = 1; round <= Rounds; round++)
        {
            var (watch, ends) = (Stopwatch.StartNew(), new List<string>());
            var point = 1;
            for (; await cutAsync(point, $"{round}{point:x4}") is { } which; point += every)
                ends.Add(which);
            output.WriteLine($"{how} at {ends.Count} points, each {every} up to {point - 1}: {ends.Count(e => e == "old")} times in the old system, "
                + $"{ends.Count(e => e == "new")} times in the new one; {watch.Elapsed.TotalSeconds:0} s");
            Assert.True(ends.Count > 3);
        }
    }
}
