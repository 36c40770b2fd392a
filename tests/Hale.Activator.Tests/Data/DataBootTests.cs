using Hale.Activator.Data;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Data;

/// <summary>Modes, reboots and what is pending between them.</summary>
public sealed class DataBootTests
{
    [Fact]
    public void After_a_test_the_next_boot_has_the_data_from_before_it()
    {
        using var on = new DataMachine();
        on.First();
        var before = on.Tree(DataMachine.Place);

        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("2"), mode: SwitchMode.Test));
        Assert.Contains(on.Machine.Events.OfType<WarningEvent>(), w => w.Message.StartsWith("The next boot puts back the data of db as they are now", StringComparison.Ordinal));
        on.Write("rows", "written during the test\n");
        on.Reboot();

        Assert.Equal("1", on.Runs);
        Assert.Equal(before, on.Tree(DataMachine.Place));
        Assert.Equal("1", on.Record!.Format);
        Assert.Empty(on.Kept(1));
    }

    [Fact]
    public void A_test_that_is_committed_before_the_boot_keeps_its_data_and_the_snapshot()
    {
        using var on = new DataMachine();
        on.First();
        var second = on.Put("2");
        on.Activate(second, mode: SwitchMode.Test);
        on.Write("rows", "written during the test\n");

        DataMachine.AssertEnd(Outcome.Done, on.Activate(second));
        on.Reboot();

        Assert.Equal(("2", "written during the test\n"), (on.Runs, on.Read("rows")));
        Assert.Equal("1", Assert.Single(on.Kept(1)).Format);
        DataMachine.AssertEnd(Outcome.Done, on.GoTo(1, restore: true));
        Assert.Equal("one\n", on.Read("rows"));
    }

    [Fact]
    public void What_fails_upon_a_test_goes_back_to_the_test_and_the_next_boot_to_before_both()
    {
        using var on = new DataMachine();
        on.First();
        var before = on.Tree(DataMachine.Place);
        on.Activate(on.Put("2"), mode: SwitchMode.Test);
        on.Write("rows", "written during the test\n");
        on.Failing.Add("3");

        DataMachine.AssertEnd(Outcome.RolledBack, on.Activate(on.Put("3")));
        Assert.Equal(("2", "written during the test\n"), (on.Runs, on.Read("rows")));
        on.Reboot();

        Assert.Equal("1", on.Runs);
        Assert.Equal(before, on.Tree(DataMachine.Place));
    }

    [Fact]
    public void A_test_upon_a_test_is_taken_back_whole_by_the_next_boot()
    {
        using var on = new DataMachine();
        on.First();
        var before = on.Tree(DataMachine.Place);
        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("2"), mode: SwitchMode.Test));
        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("3"), mode: SwitchMode.Test));

        on.Reboot();

        Assert.Equal("1", on.Runs);
        Assert.Equal(before, on.Tree(DataMachine.Place));
        Assert.Equal("1", on.Record!.Format);
    }

    [Fact]
    public void A_failed_system_that_is_left_for_a_person_to_look_at_is_left_with_its_data_until_the_next_boot()
    {
        using var on = new DataMachine();
        on.First();
        var before = on.Tree(DataMachine.Place);
        on.Failing.Add("2");

        DataMachine.AssertEnd(Outcome.Failed, on.Activate(on.Put("2"), stays: true));
        Assert.Equal("2", on.Read("format"));
        on.Reboot();

        Assert.Equal("1", on.Runs);
        Assert.Equal(before, on.Tree(DataMachine.Place));
    }

    [Fact]
    public void What_only_the_next_boot_runs_has_its_snapshot_made_there_before_anything_starts()
    {
        using var on = new DataMachine();
        on.First();
        DataMachine.AssertEnd(Outcome.NeedsReboot, on.Activate(on.Put("2"), mode: SwitchMode.Boot));
        Assert.Empty(on.Kept(1));
        on.Write("rows", "written before the boot\n");
        var before = on.Tree(DataMachine.Place);

        on.Reboot();

        Assert.Equal(("2", "2"), (on.Runs, on.Read("format")));
        Assert.Equal(before, on.Tree("/var/lib/hale/generations/1/state/db/0"));
        Assert.Equal("2", on.Record!.Format);
    }

    [Fact]
    public void A_first_system_that_is_for_the_next_boot_is_not_switched_to_by_what_reads_the_units_again()
    {
        using var on = new DataMachine();
        on.Write("rows", "one\n");
        var system = on.Put("1");
        DataMachine.AssertEnd(
            Outcome.NeedsReboot, on.Machine.Activate(new ActivationRequest(system, "ana@laptop") { Data = new(Restore: false, Adopt: true), Mode = SwitchMode.Boot }));
        var before = on.Machine.State();

        on.Machine.Generate();

        Assert.Equal(before, on.Machine.State());
        Assert.Null(on.Machine.Files.Target("/run/hale/system"));
        Assert.False(on.Machine.Files.Exists("/run/hale/held"));
        on.Reboot();
        Assert.Equal(("1", "1"), (on.Runs, on.Read("format")));
        Assert.False(on.Machine.Files.Exists("/var/lib/hale/journal.json"));
    }

    [Fact]
    public void A_first_system_that_was_cut_before_its_commit_holds_its_data_until_the_boot_has_put_them_back()
    {
        using var on = new DataMachine();
        on.Write("rows", "one\n");
        var before = on.Tree(DataMachine.Place);
        var first = on.Put("1");
        DataMachine.AssertEnd(Outcome.Done, on.Machine.Activate(
            new ActivationRequest(first, "ana@laptop") { Data = new(Restore: false, Adopt: true), Mode = SwitchMode.Test }));
        Assert.Equal("1", on.Read("format"));

        // Debian's own db.service is not to start upon what the first system made of them.
        on.Machine.Reboot();
        on.Machine.Systemd.Units.Clear();
        on.Machine.Systemd.Units["multi-user.target"] = new("active", "active", Invocation: "t");
        Assert.Null(on.Machine.Files.Target("/run/hale/system"));
        Assert.True(on.IsHeld);
        on.Machine.Generate();
        Assert.True(on.IsHeld);
        // No system is there that recovery would come from: the generator brings it along.
        Assert.Contains($"ExecStart={first}/activator/bin/hale-activator recover", on.Machine.Read($"/run/hale/held/{FirstRecovery.Unit}"), StringComparison.Ordinal);
        Assert.Equal($"../{FirstRecovery.Unit}", on.Machine.Files.Target($"/run/hale/held/basic.target.wants/{FirstRecovery.Unit}"));

        Assert.Empty(Recover.Run(on.Machine.Context, ActivationJournal.Read(on.Machine.Files)!));

        Assert.Equal(before, on.Tree(DataMachine.Place));
        foreach (var gone in new[] { "/run/hale/held", "/etc/hale/held", "/var/lib/hale/journal.json", "/etc/systemd/system-generators/hale", "/etc/systemd/system/db.service" })
            Assert.False(on.Machine.Files.Exists(gone), gone);
        Assert.Equal(["reread", "resume boot"], on.Machine.Systemd.Calls[^2..]);
        DataMachine.AssertEnd(Outcome.Done, on.Machine.Activate(new ActivationRequest(first, "ana@laptop") { Data = new(Restore: false, Adopt: true) }));
        Assert.Equal("one\nmigrated to 1\n", on.Read("rows"));
    }

    [Fact]
    public void A_first_system_without_data_that_was_cut_is_taken_back_by_the_boot_too()
    {
        using var machine = new TestMachine();
        Assert.Equal(Outcome.Done, machine.Activate(new ActivationRequest(machine.Put("v1", Of(Unit("a.service"))), "ana@laptop") { Mode = SwitchMode.Test }).Outcome);

        machine.Reboot();

        Assert.True(machine.Files.Exists($"/run/hale/held/{FirstRecovery.Unit}"));
        Assert.Null(DataHold.Find(machine.Files));
        Assert.Empty(Recover.Run(machine.Context, ActivationJournal.Read(machine.Files)!));
        Assert.False(machine.Files.Exists("/etc/systemd/system/a.service"));
        Assert.False(DataHold.IsLeft(machine.Files));
    }

    [Fact]
    public void A_boot_that_cannot_make_the_snapshot_comes_up_in_the_system_before()
    {
        using var on = new DataMachine();
        on.First();
        DataMachine.AssertEnd(Outcome.NeedsReboot, on.Activate(on.Put("2"), mode: SwitchMode.Boot));
        var before = on.Tree(DataMachine.Place);
        // What stands where snapshots are made lets none be made.
        on.Machine.Write("/var/lib/hale/generations/1/state", "in the way");

        on.Reboot();

        Assert.Equal(("1", "one\n"), (on.Runs, on.Read("rows")));
        Assert.Equal(before, on.Tree(DataMachine.Place));
        Assert.Equal(1, on.Machine.Generations.Current()!.Number);
        Assert.Equal(on.Machine.Files.Target("/etc/hale/system"), on.Machine.Files.Target("/run/hale/system"));
    }

    [Fact]
    public void A_snapshot_that_has_no_room_is_refused_before_anything_stops()
    {
        using var disk = SmallDisk.Mount();
        if (disk is null)
            return;
        using var on = new DataMachine(new TestMachine(disk.Root));
        on.First();
        on.Write("blob", new string('x', 5_000_000));
        on.Machine.Systemd.Calls.Clear();

        var refused = on.Activate(on.Put("2"));

        DataMachine.AssertEnd(Outcome.Refused, refused);
        Assert.Matches(@"^The machine's disk is full: a snapshot of db takes 5 MB, a tenth of it is for the migration, and \d(\.\d)? MB are free in /var/lib/hale\.$", Assert.Single(refused.Errors).Message);
        Assert.Empty(on.Machine.Systemd.Calls);
    }

    [Fact]
    public void A_snapshot_of_more_files_than_the_disk_has_names_for_is_refused_before_anything_stops()
    {
        using var disk = SmallDisk.Mount();
        if (disk is null)
            return;
        using var on = new DataMachine(new TestMachine(disk.Root));
        on.First();
        for (var i = 0; i < 100; i++)
            on.Write($"files/{i}", "");
        var second = on.Put("2");
        disk.Fill(60);
        on.Machine.Systemd.Calls.Clear();

        var refused = on.Activate(second);

        DataMachine.AssertEnd(Outcome.Refused, refused);
        Assert.Matches(
            @"^The machine's disk is full: a snapshot of db takes 10\d files and folders, and 60 more are possible in /var/lib/hale, however many bytes are free\.$",
            Assert.Single(refused.Errors).Message);
        Assert.Empty(on.Machine.Systemd.Calls);
        disk.Empty();
        DataMachine.AssertEnd(Outcome.Done, on.Activate(second));
    }

    [Fact]
    public async Task A_snapshot_goes_with_its_generation_and_that_is_told()
    {
        using var on = new GarbageMachine();
        on.Machine.Write("/var/lib/db/rows", "one\n");
        foreach (var number in new[] { 1, 2, 3, 4 })
        {
            on.Generation(number);
            Snapshots.Make(on.Machine.Files, new DataMove
            {
                Name = "db",
                Kind = DataMoveKind.Snapshot,
                Paths = [DataMachine.Place],
                Home = number,
                Before = new("", $"{number}", DateTimeOffset.UnixEpoch),
                After = new("", "", DateTimeOffset.UnixEpoch.AddDays(number)),
            });
        }

        on.GoTo(4);
        Assert.Equal(["1", "2", "3", "4"], on.Machine.Generations.Infos().SelectMany(g => g.Snapshots).Select(s => s.Format));

        var (code, said) = await on.RunAsync("delete --generations 1");
        Assert.Equal(0, code);
        Assert.Contains(said.OfType<WarningEvent>(), w => w.Message.StartsWith("With generation 1 its snapshot of the data of db is gone, of 1970-01-02", StringComparison.Ordinal));

        Directory.CreateDirectory(on.Machine.At("/var/lib/hale/aside/2001-02-03T04-05-06Z/etc"));
        Directory.CreateDirectory(on.Machine.At("/var/lib/hale/aside/mine"));
        var collected = on.Collect();
        Assert.Equal("2", Assert.Single(collected.Snapshots).Format);
        Assert.Equal(["2001-02-03T04-05-06Z"], collected.Aside);
        Assert.False(on.Machine.Files.Exists("/var/lib/hale/generations/2"));
        Assert.Equal(["mine"], on.Machine.Files.Names("/var/lib/hale/aside"));
    }
}
