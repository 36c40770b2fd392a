using Hale.Activator.Health;
using Hale.Activator.Plan;

namespace Hale.Activator.Tests.Health;

public sealed class SteadinessTests
{
    private static readonly UnitState Up = new("active", "running", "simple", Invocation: "1");

    private static Verdict Last(params UnitState[] looks)
    {
        var steadiness = new Steadiness();
        return looks.Select(l => steadiness.Judge(l).Verdict).ToList()[^1];
    }

    [Fact]
    public void Two_looks_alike_pass_and_one_does_not()
    {
        Assert.Equal(Verdict.Wait, Last(Up));
        Assert.Equal(Verdict.Pass, Last(Up, Up));
        Assert.Equal(Verdict.Wait, Last(Up, Up with { Invocation = "2" }));
    }

    [Fact]
    public void A_failed_unit_fails_at_once_and_so_does_one_that_nothing_will_start()
    {
        Assert.Equal(Verdict.Fail, Last(new UnitState("failed", Result: "exit-code")));
        Assert.Equal(Verdict.Fail, Last(new UnitState("inactive", Type: "simple", Invocation: "1")));
        Assert.Equal(Verdict.Wait, Last(new UnitState("inactive", Type: "simple", Queued: true)));
    }

    [Fact]
    public void A_unit_in_a_loop_of_crashes_does_not_pass_in_a_good_moment()
    {
        var again = Up with { Invocation = "2", Restarts = 1 };
        Assert.Equal(Verdict.Wait, Last(Up, new UnitState("activating", "auto-restart", Restarts: 1), again, again, again));
        Assert.Equal(Verdict.Pass, Last([Up, .. Enumerable.Repeat(again, 25)]));
    }

    [Fact]
    public void A_unit_that_was_just_started_and_tells_nobody_when_it_is_ready_must_stay_up_for_a_while()
    {
        var steadiness = new Steadiness(started: true);
        Assert.All(Enumerable.Range(1, 19), _ => Assert.Equal(Verdict.Wait, steadiness.Judge(Up).Verdict));
        Assert.Equal(Verdict.Pass, steadiness.Judge(Up).Verdict);
        var notifies = new Steadiness(started: true);
        notifies.Judge(Up with { Type = "notify" });
        Assert.Equal(Verdict.Pass, notifies.Judge(Up with { Type = "notify" }).Verdict);
    }

    [Fact]
    public void A_oneshot_that_is_done_passes_and_so_does_a_unit_whose_condition_does_not_hold()
    {
        Assert.Equal(Verdict.Pass, Last(new UnitState("inactive", Type: "oneshot", Invocation: "1")));
        Assert.Equal(Verdict.Pass, Last(new UnitState("inactive", Type: "simple", Skipped: true)));
    }
}
