using Hale.Activator.Plan;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Plan;

public sealed class UnitJobsTests
{
    private static readonly UnitState Up = new("active", "running", "simple", Invocation: "1");
    private static readonly UnitState Failed = new("failed", "failed", "simple", "exit-code", Invocation: "1");
    private static readonly UnitState Down = new("inactive", "dead", "simple");
    private static readonly UnitState Ran = new("inactive", "dead", "oneshot", Invocation: "1");

    private static UnitJobs Jobs(SystemManifest? old, SystemManifest @new, params (string Unit, UnitState State)[] states) =>
        UnitJobs.Of(Planner.Plan(old, @new), @new, new Dictionary<string, UnitState>(
            states.Append(("multi-user.target", Up)).DistinctBy(s => s.Item1).Select(s => KeyValuePair.Create(s.Item1, s.Item2)), StringComparer.Ordinal));

    [Fact]
    public void A_running_unit_that_changed_restarts_and_its_neighbour_is_left_alone()
    {
        var jobs = Jobs(Of(Unit("a.service"), Unit("b.service")), Of(Unit("a.service", 2), Unit("b.service")), ("a.service", Up), ("b.service", Up));
        Assert.Equal(["a.service"], jobs.Restart);
        Assert.Equal(["a.service"], jobs.Running);
        Assert.Empty(jobs.Stop);
    }

    [Fact]
    public void A_changed_unit_that_nothing_wants_and_that_does_not_run_is_not_started() =>
        Assert.Empty(Jobs(Of(Loose("job.service")), Of(Loose("job.service", 2)), ("job.service", Down)).Running);

    [Fact]
    public void What_does_not_answer_meanwhile_is_known_beforehand()
    {
        SystemManifest System(int version) => Of(
            Unit("a.service", version), Unit("b.service") with { ReloadTriggers = [StorePath("b.conf", version)] }, Unit("hook.socket"), Loose("hook.service", version),
            Unit("web.socket", version), Unit("web.service", version), Unit("once.service", version), Unit("down.service", version), Unit("x.timer", version));
        var old = System(1) with { Units = [.. System(1).Units, Unit("gone.service")] };
        var states = new Dictionary<string, UnitState>(StringComparer.Ordinal)
        {
            ["multi-user.target"] = Up,
            ["a.service"] = Up,
            ["b.service"] = Up,
            ["hook.socket"] = Up,
            ["hook.service"] = Up,
            ["web.socket"] = Up,
            ["web.service"] = Up,
            ["once.service"] = new("active", "exited", "oneshot", Invocation: "1"),
            ["down.service"] = Down,
            ["x.timer"] = Up,
            ["gone.service"] = Up,
        };
        var what = Interruptions.Of(UnitJobs.Of(Planner.Plan(old, System(2)), System(2), states), states);
        Assert.Equal(["a.service", "web.service"], what.Restarted);
        Assert.Equal(["hook.service"], what.Waited);
        Assert.Equal(["gone.service"], what.Stopped);
        Assert.Equal(["b.service"], what.Reloaded);
    }

    [Fact]
    public void A_changed_unit_that_failed_before_is_forgotten_and_started()
    {
        var jobs = Jobs(Of(Unit("a.service")), Of(Unit("a.service", 2)), ("a.service", Failed));
        Assert.Equal(["a.service"], jobs.Forget);
        Assert.Equal(["a.service"], jobs.Start);
        Assert.Empty(jobs.Restart);
    }

    [Fact]
    public void A_wanted_unit_that_is_behind_is_started_along_with_a_change_elsewhere() =>
        Assert.Equal(
            ["b.service"],
            Jobs(Of(Unit("a.service"), Unit("b.service")), Of(Unit("a.service", 2), Unit("b.service")), ("a.service", Up), ("b.service", Down)).Start);

    [Fact]
    public void A_oneshot_that_has_done_its_work_is_not_run_again() =>
        Assert.Empty(Jobs(Of(Unit("a.service"), Unit("once.service")), Of(Unit("a.service", 2), Unit("once.service")), ("a.service", Up), ("once.service", Ran)).Start);

    [Fact]
    public void A_oneshot_that_changed_runs_again() =>
        Assert.Equal(["once.service"], Jobs(Of(Unit("once.service")), Of(Unit("once.service", 2)), ("once.service", Ran)).Start);

    [Fact]
    public void Nothing_is_started_for_a_target_that_is_not_reached()
    {
        var rescue = Unit("shell.service") with { WantedBy = ["rescue.target"] };
        Assert.Empty(Jobs(null, Of(rescue), ("rescue.target", Down)).Running);
    }

    [Fact]
    public void A_target_with_a_job_of_the_boot_counts_as_reached()
    {
        var unit = Unit("a.service");
        Assert.Equal(["a.service"], Jobs(null, Of(unit), ("multi-user.target", Down with { Queued = true })).Start);
        Assert.Empty(Jobs(null, Of(unit), ("multi-user.target", Down)).Start);
    }

    [Fact]
    public void A_new_target_reaches_what_it_wants()
    {
        var jobs = Jobs(null, Of(Unit("hale.target"), Unit("a.service") with { WantedBy = ["hale.target"] }), ("hale.target", Down));
        Assert.Equal(["a.service", "hale.target"], jobs.Start);
    }

    [Fact]
    public void A_new_unit_whose_name_ran_from_another_file_restarts() =>
        Assert.Equal(["ssh.service"], Jobs(null, Of(Unit("ssh.service")), ("ssh.service", Up)).Restart);

    [Fact]
    public void The_running_instances_follow_their_template()
    {
        var jobs = Jobs(Of(Loose("w@.service")), Of(Loose("w@.service", 2)), ("w@a.service", Up), ("w@b.service", Down), ("wx.service", Up));
        Assert.Equal(["w@a.service"], jobs.Restart);
        Assert.Empty(jobs.Start);
        Assert.Equal(["w@a.service"], Jobs(Of(Loose("w@.service")), Of(), ("w@a.service", Up)).Stop);
    }

    [Fact]
    public void A_socket_and_its_service_stop_first_and_the_socket_alone_starts()
    {
        var jobs = Jobs(Of(Unit("web.socket"), Loose("web.service")), Of(Unit("web.socket", 2), Loose("web.service")), ("web.socket", Up), ("web.service", Up));
        Assert.Equal(["web.socket", "web.service"], jobs.Stop);
        Assert.Equal(["web.socket"], jobs.Start);
    }

    [Fact]
    public void A_reload_of_a_unit_that_is_still_starting_is_a_restart()
    {
        var old = Unit("a.service") with { OnChange = OnChange.Reload };
        var @new = Unit("a.service", 2) with { OnChange = OnChange.Reload };
        Assert.Equal(["a.service"], Jobs(Of(old), Of(@new), ("a.service", Up)).Reload);
        Assert.Equal(["a.service"], Jobs(Of(old), Of(@new), ("a.service", Up with { Active = "activating" })).Restart);
    }

    [Fact]
    public void A_failed_unit_that_goes_is_forgotten()
    {
        var jobs = Jobs(Of(Unit("a.service")), Of(), ("a.service", Failed));
        Assert.Equal(["a.service"], jobs.Forget);
        Assert.Empty(jobs.Stop);
    }

    [Fact]
    public void Behind_names_the_wanted_units_that_do_not_run() =>
        Assert.Equal(["b.service"], UnitJobs.Behind(
            Of(Unit("a.service"), Unit("b.service"), Unit("c.service")),
            new Dictionary<string, UnitState> { ["multi-user.target"] = Up, ["a.service"] = Up, ["b.service"] = Failed, ["c.service"] = Ran }));

    [Fact]
    public void States_are_asked_of_units_of_both_systems_of_their_targets_and_of_instances() =>
        Assert.Equal(
            ["a.service", "b.service", "multi-user.target", "w@*.service"],
            UnitJobs.Asked(Of(Unit("a.service")), Of(Unit("b.service"), Loose("w@.service"))));
}
