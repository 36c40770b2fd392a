using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Hale.Activator.Commands;
using Hale.Activator.Recovery;
using Hale.Activator.Staging;
using Hale.Activator.Tests.Staging;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Staging.SealedMachine;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Recovery;

/// <summary>
/// A child process activates and is killed by SIGKILL before its k-th change to the machine, for every k; then recovery runs, in
/// the same boot or the next. The machine must be in one of the two generations, whole, every time.
/// </summary>
public sealed class KillTests
{
    private static readonly SystemManifest Old = Of(Unit("a.service"), Unit("b.service"), Unit("web.socket"), Loose("web.service")) with
    {
        Files = [Etc("/etc/a/a.conf"), Etc("/etc/sysusers.d/hale.conf"), Etc("/etc/x/y/1")],
        Secrets = [new() { Name = "kept" }, Provided("bot/token") with { Link = "/srv/old-token" }],
    };

    private static readonly SystemManifest New =
        Of(Unit("a.service", 2), Unit("c.service") with { WantedBy = ["multi-user.target", "hale.target"] }, Unit("web.socket", 2), Loose("web.service")) with
        {
            Files = [Etc("/etc/a/a.conf", 2), Etc("/etc/c.conf"), Etc("/etc/sysusers.d/hale.conf", 2), Etc("/etc/x")],
            Secrets =
            [
                new() { Name = "kept" }, new() { Name = "matrix/token" },
                Provided("bot/token") with { Link = "/srv/token", Restart = ["a.service"] }, Provided("password") with { ForUsers = true },
            ],
        };

    /// <summary>The child: called by this assembly's own entry point.</summary>
    internal static void ActivateAndDie(string root, string system, int before)
    {
        var changes = 0;
        using var machine = new TestMachine(root, what =>
        {
            if (++changes == before)
                Process.GetCurrentProcess().Kill();
        });
        Run(machine);
        machine.Activate(system);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_before_any_change_the_machine_ends_in_one_of_two_generations(bool first)
    {
        var expected = Outcomes(first);
        var ended = new HashSet<string>();
        for (var k = 1; ; k++)
        {
            using var prepared = Prepared(first);
            var machine = prepared.Machine;
            var survived = Child(machine, k);
            using var rebooted = machine.Copy();
            rebooted.Reboot();
            foreach (var found in new[] { machine, rebooted })
            {
                Run(found);
                if (ActivationJournal.Read(found.Files) is { } journal)
                    Assert.Empty(Recover.Run(found.Context, journal));
                ActivationJournal.Remove(found.Files);
                if (found == rebooted)
                    Assert.Empty(Restaging.Run(found.Context).Errors);
                var state = State(found);
                Assert.True(expected.TryGetValue(state, out var which), $"killed before change {k}, the machine is in neither generation:\n{state}");
                ended.Add(which);
            }

            if (survived)
            {
                Assert.True(k > 30, $"only {k} changes were tried");
                Assert.Equal(["new", "old"], ended.Order());
                return;
            }
        }
    }

    [Fact]
    public void Killed_before_any_change_for_the_next_boot_what_runs_stays_whole_and_the_boot_comes_up_in_one_of_two_generations()
    {
        var expected = Outcomes(first: false);
        var (here, booted) = (new HashSet<string>(), new HashSet<string>());
        var pending = Pending();
        for (var (k, survived) = (1, false); !survived; k++)
        {
            using var prepared = Prepared(first: false);
            survived = SurvivesAtNextBoot(prepared.Machine, k);
            using var machine = new TestMachine(prepared.Machine.Root);
            using var rebooted = machine.Copy();
            rebooted.Reboot();
            Run(machine);
            if (ActivationJournal.Read(machine.Files) is { } journal)
                Assert.Empty(Recover.Run(machine.Context, journal));
            ActivationJournal.Remove(machine.Files);
            here.Add(Which(State(machine), k, ("old", expected.Single(e => e.Value == "old").Key), ("pending", pending)));
            if (ActivationJournal.Read(rebooted.Files) is { } left)
                Assert.Empty(Recover.Run(rebooted.Context, left));
            ActivationJournal.Remove(rebooted.Files);
            Assert.Empty(Restaging.Run(rebooted.Context).Errors);
            booted.Add(Which(State(rebooted), k, [.. expected.Select(e => (e.Value, e.Key))]));
            Assert.True(!survived || k > 20, $"only {k} changes were tried");
        }
        Assert.Equal(["old", "pending"], here.Order());
        Assert.Equal(["new", "old"], booted.Order());
    }

    [Theory]
    [InlineData("write /var/lib/hale/generations/2/generation.json")]
    [InlineData("rename /var/lib/hale/generations/current")]
    [InlineData("third journal")]
    public void A_commit_for_the_next_boot_that_fails_half_way_is_taken_back_whole(string at)
    {
        using var prepared = Prepared(first: false);
        var before = State(prepared.Machine);
        var journals = 0;
        using var machine = new TestMachine(prepared.Machine.Root, what =>
        {
            if (what == at || (what.StartsWith("rename /var/lib/hale/journal.json", StringComparison.Ordinal) && ++journals == 3 && at == "third journal"))
                throw new IOException("No space left on device");
        });
        Run(machine);
        var result = machine.Activate(new ActivationRequest(StorePath("hale-system-new"), "ana@laptop") { Mode = SwitchMode.Boot });
        Assert.Equal((Outcome.Failed, 1), (result.Outcome, result.Generation));
        Assert.Equal(before, State(machine));
        Assert.Null(ActivationJournal.Read(machine.Files));
    }

    [Fact]
    public void Where_the_boot_link_cannot_be_put_back_the_machine_says_so_and_the_next_activation_ends_it()
    {
        using var prepared = Prepared(first: false);
        var (links, full) = (0, true);
        using var machine = new TestMachine(prepared.Machine.Root, what =>
        {
            if (full && (what == "write /var/lib/hale/generations/2/generation.json" || (what == "link /etc/hale/system" && ++links > 1)))
                throw new IOException("No space left on device");
        });
        Run(machine);
        var request = new ActivationRequest(StorePath("hale-system-new"), "ana@laptop") { Mode = SwitchMode.Boot };
        var result = machine.Activate(request);
        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.Contains("next boot comes up in the new system", result.Errors[0].Hint, StringComparison.Ordinal);
        full = false;
        Assert.Equal(Outcome.NeedsReboot, machine.Activate(request).Outcome);
        ActivationJournal.Remove(machine.Files);
        Assert.Equal(Pending(), State(machine));
    }

    [Fact]
    public void After_a_kill_the_next_activation_recovers_by_itself()
    {
        for (var k = 5; k < 60; k += 6)
        {
            using var prepared = Prepared(first: false);
            var machine = prepared.Machine;
            Child(machine, k);
            Run(machine);
            var result = machine.Activate(StorePath("hale-system-new"));
            Assert.True(result.Outcome is Outcome.Done or Outcome.Nothing, $"{k}: {result.Outcome}");
            Assert.Equal("new", Outcomes(first: false)[State(machine)]);
        }
    }

    [Fact]
    public void A_unit_that_was_stopped_before_the_kill_runs_again_after_a_revert()
    {
        using var prepared = Prepared(first: false);
        var machine = prepared.Machine;
        Run(machine);
        machine.Systemd.Units["web.socket"] = new("inactive", "dead");
        new ActivationJournal
        {
            Old = StorePath("hale-system-old"),
            New = StorePath("hale-system-new"),
            Boot = "boot-1",
            Generation = new() { Number = 2, System = StorePath("hale-system-new"), CreatedAt = DateTimeOffset.UnixEpoch },
        }.Write(machine.Files);
        Assert.Empty(Recover.Run(machine.Context, ActivationJournal.Read(machine.Files)!));
        Assert.Contains("start web.socket", machine.Systemd.Calls);
    }

    /// <summary>The states that are whole, made by activations that nobody killed.</summary>
    private static Dictionary<string, string> Outcomes(bool first)
    {
        using var before = Prepared(first);
        using var after = Prepared(first);
        Run(after.Machine);
        Assert.Equal(Outcome.Done, after.Machine.Activate(StorePath("hale-system-new")).Outcome);
        return new() { [State(before.Machine)] = "old", [State(after.Machine)] = "new" };
    }

    /// <summary>What a machine looks like that runs the old system and boots the new one.</summary>
    private static string Pending()
    {
        using var prepared = Prepared(first: false);
        Run(prepared.Machine);
        var request = new ActivationRequest(StorePath("hale-system-new"), "ana@laptop") { Mode = SwitchMode.Boot };
        Assert.Equal(Outcome.NeedsReboot, prepared.Machine.Activate(request).Outcome);
        ActivationJournal.Remove(prepared.Machine.Files);
        return State(prepared.Machine);
    }

    /// <summary>Ends an activation before a change by an exception that nothing in it catches: all that it would do after that is left undone, as by a kill.</summary>
    private static bool SurvivesAtNextBoot(TestMachine on, int before)
    {
        var changes = 0;
        using var machine = new TestMachine(on.Root, _ =>
        {
            if (++changes == before)
                throw new NotSupportedException("killed");
        });
        Run(machine);
        try
        {
            machine.Activate(new ActivationRequest(StorePath("hale-system-new"), "ana@laptop") { Mode = SwitchMode.Boot });
            return true;
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }

    private static string Which(string state, int k, params (string Name, string State)[] wholes) =>
        wholes.FirstOrDefault(whole => whole.State == state).Name ?? throw new Xunit.Sdk.XunitException($"killed before change {k}, the machine is in neither:\n{state}");

    private static SealedMachine Prepared(bool first)
    {
        var machine = new SealedMachine();
        var old = machine.Machine.Put("old", Old with { Sealed = machine.Seal(1, ("s.yaml", "bot:\n    token: old\n")) });
        machine.Machine.Put("new", New with { Sealed = machine.Seal(2, ("s.yaml", "bot:\n    token: newer\npassword: hash\n")) });
        if (!first)
            machine.Machine.Activate(old);
        machine.Machine.Events.Clear();
        return machine;
    }

    private static void Run(TestMachine machine)
    {
        foreach (var unit in new[] { "a.service", "b.service", "web.socket", "web.service" })
            machine.Systemd.Units[unit] = new("active", "running", "simple", Invocation: "1");
    }

    /// <summary>What belongs to generations: made secrets and empty folders may be left behind, times and texts within the record differ, and so do numbers of staged generations.</summary>
    private static string State(TestMachine machine) => string.Join('\n', Regex.Replace(machine.State(), @"(/run/secrets[-a-z]*\.d)/\d+", "$1/N").Split('\n')
        .Where(line => !line.StartsWith("/var/lib/hale/secrets", StringComparison.Ordinal) && !line.Contains("/ ", StringComparison.Ordinal))
        .Select(line => line.Contains("generation.json ", StringComparison.Ordinal) ? line[..line.IndexOf(' ', StringComparison.Ordinal)] : line));

    /// <returns>Whether the child lived to its end.</returns>
    private static bool Child(TestMachine machine, int before)
    {
        var start = new ProcessStartInfo("dotnet", [
            "exec", typeof(KillTests).Assembly.Location, "activate-and-die", machine.Root, StorePath("hale-system-new"), before.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var said = child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode is 0 or 137, $"exit {child.ExitCode}: {said}");
        return child.ExitCode == 0;
    }
}
