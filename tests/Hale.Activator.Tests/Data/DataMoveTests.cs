using System.Diagnostics;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Data;

/// <summary>Upgrades that migrate data, and the ways back from them.</summary>
public sealed class DataMoveTests
{
    [Fact]
    public void Data_are_copied_whole_before_their_software_migrates_them()
    {
        using var on = new DataMachine();
        on.First();
        Shell(on, "cd $0/var/lib/db && ln rows twin && ln -s rows link && mkdir -m 0710 deep && head -c 5000 /dev/urandom > deep/blob && truncate -s 9M deep/holes && mkfifo pipe && touch -d 2001-02-03 rows");
        var before = on.Tree(DataMachine.Place);

        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("2")));

        var kept = Assert.Single(on.Kept(1));
        Assert.Equal(("db", 1, "example.org", "1"), (kept.Name, kept.Generation, kept.Identity, kept.Format));
        Assert.InRange(kept.Bytes, 5000, 1_000_000);
        Assert.Equal(before, on.Tree("/var/lib/hale/generations/1/state/db/0"));
        Assert.Equal("one\nmigrated to 2\n", on.Read("rows"));
        Assert.Equal("2", on.Record!.Format);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(on.Machine.At("/var/lib/hale/generations/1/state")));
    }

    [Fact]
    public void The_plan_says_what_is_copied_and_who_is_down_and_the_copy_is_made_while_it_is()
    {
        using var on = new DataMachine();
        on.First();
        on.Write("blob", new string('x', 100_000));
        on.Machine.Systemd.Calls.Clear();

        on.Activate(on.Put("2", DataMachine.System("2", unit: 1)));

        var plan = on.Machine.Events.OfType<PlanEvent>().Single().Plan;
        var planned = Assert.Single(plan.State);
        Assert.Equal((StateAction.Snapshot, "1", "2"), (planned.Action, planned.OldFormat, planned.NewFormat));
        Assert.InRange(planned.Bytes, 100_000, 200_000);
        Assert.Equal(["db.service"], planned.Units);
        Assert.Equal(new PlannedUnit("db.service", UnitAction.StopStart, UnitReason.StateMoves, "db"), Assert.Single(plan.Units));
        Assert.Equal(["stop db.service", "start db.service"], on.Machine.Systemd.Calls);
        Assert.Contains(PlanText.Lines(plan), line => line.StartsWith("  ~ data    db: 1 -> 2, migrated; a snapshot of ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_system_that_does_not_hold_leaves_the_data_as_they_were()
    {
        using var on = new DataMachine();
        on.First();
        var before = on.Tree(DataMachine.Place);
        on.Failing.Add("2");

        var result = on.Activate(on.Put("2"));

        DataMachine.AssertEnd(Outcome.RolledBack, result);
        Assert.Equal(before, on.Tree(DataMachine.Place));
        Assert.Equal("1", on.Record!.Format);
        Assert.Empty(on.Kept(1));
        Assert.Equal("active", on.Machine.Systemd.Units["db.service"].Active);
        Assert.False(Directory.Exists(on.Machine.At("/var/lib/hale/generations/2")));
    }

    [Fact]
    public void Units_that_only_went_along_when_the_database_stopped_come_back_with_it()
    {
        using var on = new DataMachine();
        on.First();
        var act = on.Machine.Systemd.Before!;
        on.Machine.Systemd.Before = call =>
        {
            act(call);
            if (call == "stop db.service")
                on.Machine.Systemd.Units["page.service"] = new UnitState("inactive", "dead", "oneshot", Invocation: "9");
        };

        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("2")));
        Assert.Equal("active", on.Machine.Systemd.Units["page.service"].Active);
        on.Failing.Add("3");
        DataMachine.AssertEnd(Outcome.RolledBack, on.Activate(on.Put("3")));
        Assert.Equal("active", on.Machine.Systemd.Units["page.service"].Active);
    }

    [Fact]
    public void Going_back_days_later_is_refused_with_what_it_would_lose_and_done_when_asked_for()
    {
        using var on = new DataMachine();
        on.First();
        var before = on.Tree(DataMachine.Place);
        on.Activate(on.Put("2"));
        on.Write("rows", "written since\n");
        var since = on.Tree(DataMachine.Place);

        var refused = on.GoTo(1);

        DataMachine.AssertEnd(Outcome.Refused, refused);
        var error = Assert.Single(refused.Errors);
        Assert.StartsWith("The data of db are of the format 2, which 1 cannot read: there is no way back for them. Generation 1 keeps a snapshot from before, of ", error.Message, StringComparison.Ordinal);
        Assert.Contains("--restore-data", error.Hint!, StringComparison.Ordinal);
        Assert.Equal(since, on.Tree(DataMachine.Place));

        DataMachine.AssertEnd(Outcome.Done, on.GoTo(1, restore: true));

        Assert.Equal(before, on.Tree(DataMachine.Place));
        Assert.Equal("1", on.Record!.Format);
        Assert.Empty(on.Kept(1));
        Assert.Equal("2", Assert.Single(on.Kept(2)).Format);

        DataMachine.AssertEnd(Outcome.Done, on.GoTo(2, restore: true));
        Assert.Equal(since, on.Tree(DataMachine.Place));
        Assert.Equal("1", Assert.Single(on.Kept(1)).Format);
        Assert.Empty(on.Kept(2));
    }

    [Fact]
    public void A_way_back_that_does_not_hold_leaves_todays_data()
    {
        using var on = new DataMachine();
        on.First();
        on.Activate(on.Put("2"));
        on.Write("rows", "written since\n");
        var since = on.Tree(DataMachine.Place);
        on.Failing.Add("1");

        DataMachine.AssertEnd(Outcome.RolledBack, on.GoTo(1, restore: true));

        Assert.Equal(since, on.Tree(DataMachine.Place));
        Assert.Equal("2", on.Record!.Format);
        Assert.Equal("1", Assert.Single(on.Kept(1)).Format);
        Assert.Empty(on.Kept(2));
        on.Failing.Clear();
        DataMachine.AssertEnd(Outcome.Done, on.GoTo(1, restore: true));
    }

    [Fact]
    public void A_downgrade_without_a_snapshot_is_refused_and_nothing_stops()
    {
        using var on = new DataMachine();
        on.First();
        on.Activate(on.Put("2"));
        on.Machine.Generations.Forget(1);
        on.Machine.Systemd.Calls.Clear();

        var refused = on.Activate(on.Put("1"), restore: true);

        DataMachine.AssertEnd(Outcome.Refused, refused);
        Assert.EndsWith("No snapshot in the format 1 is left.", Assert.Single(refused.Errors).Message, StringComparison.Ordinal);
        Assert.Empty(on.Machine.Systemd.Calls);
    }

    [Fact]
    public void Data_of_another_identity_are_refused()
    {
        using var on = new DataMachine();
        on.First();

        var refused = on.Activate(on.Put("1", DataMachine.System("1", identity: "other.org"), "other"));

        DataMachine.AssertEnd(Outcome.Refused, refused);
        Assert.Equal(
            "The data in /var/lib/db were made with the server name example.org, and this system has the server name other.org.", Assert.Single(refused.Errors).Message);
    }

    [Fact]
    public void Data_that_nobody_noted_are_taken_over_only_when_somebody_says_so_and_then_with_a_snapshot()
    {
        using var on = new DataMachine();
        on.Write("rows", "made by something else\n");
        var before = on.Tree(DataMachine.Place);

        var refused = on.Activate(on.Put("2"));
        DataMachine.AssertEnd(Outcome.Refused, refused);
        Assert.Equal("There are data in /var/lib/db, and nothing on this machine says by what they were made.", Assert.Single(refused.Errors).Message);

        on.Failing.Add("2");
        DataMachine.AssertEnd(Outcome.RolledBack, on.Activate(on.Put("2"), adopt: true));
        Assert.Equal(before, on.Tree(DataMachine.Place));
        Assert.Null(on.Record);

        on.Failing.Clear();
        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("2"), adopt: true));
        Assert.Equal(before, on.Tree("/var/lib/hale/generations/1/state/db/0"));
        Assert.Equal(("example.org", "2"), (on.Record!.Identity, on.Record.Format));
    }

    [Fact]
    public void A_format_that_never_migrates_is_refused_in_both_directions_until_somebody_brought_the_data_over()
    {
        using var on = new DataMachine();
        string Put(string format) => on.Put(format, DataMachine.System(format, change: FormatChange.Refuse));
        DataMachine.AssertEnd(Outcome.Done, on.Activate(Put("2")));

        Assert.All(["1", "3"], format => Assert.Equal(
            $"The data in /var/lib/db are of the format 2, and this system's db is of {format}: neither goes over to the other by itself.",
            Assert.Single(on.Activate(Put(format)).Errors).Message));
        DataMachine.AssertEnd(Outcome.Done, on.Activate(Put("3"), adopt: true));
        Assert.Equal("3", on.Record!.Format);
    }

    [Fact]
    public void The_folder_of_a_dynamic_user_is_kept_and_put_back_where_it_lies_also_when_the_new_system_moves_it()
    {
        using var on = new DataMachine();
        on.First();
        // What systemd does when a unit becomes one of DynamicUser=.
        var before = on.Tree(DataMachine.Place);
        var act = on.Machine.Systemd.Before!;
        on.Machine.Systemd.Before = call =>
        {
            if (call.StartsWith("start", StringComparison.Ordinal) && on.Runs == "2" && !Directory.Exists(on.Machine.At("/var/lib/private/db")))
                Shell(on, "cd $0/var/lib && mkdir -m 0700 -p private && mv db private/db && ln -s private/db db");
            act(call);
        };
        on.Failing.Add("2");
        DataMachine.AssertEnd(Outcome.RolledBack, on.Activate(on.Put("2")));
        on.Machine.Systemd.Before = act;
        Assert.Null(new FileInfo(on.Machine.At(DataMachine.Place)).LinkTarget);
        Assert.Equal(before, on.Tree(DataMachine.Place));

        Shell(on, "cd $0/var/lib && rm -rf private/db && mv db private/db && ln -s private/db db");
        DataMachine.AssertEnd(Outcome.RolledBack, on.Activate(on.Put("2")));
        Assert.Equal("private/db", new FileInfo(on.Machine.At(DataMachine.Place)).LinkTarget);
        Assert.Equal(before, on.Tree("/var/lib/private/db"));
    }

    [Fact]
    public void A_unit_that_does_not_stop_ends_the_activation_before_its_data_are_copied()
    {
        using var on = new DataMachine();
        on.First();
        var stuck = on.Put("2");
        on.Machine.Systemd.Stuck.Add("db.service");

        var result = on.Activate(stuck);

        DataMachine.AssertEnd(Outcome.Failed, result);
        Assert.StartsWith("db.service does not stop", result.Errors[0].Message, StringComparison.Ordinal);
        Assert.Empty(on.Kept(1));
        Assert.Equal("one\n", on.Read("rows"));
    }

    private static void Shell(DataMachine on, string script)
    {
        using var process = Process.Start("sh", ["-c", script, on.Machine.Root]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
