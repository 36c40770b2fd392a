using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Commands;

public sealed class KeepingTests : IDisposable
{
    private readonly GarbageMachine _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task What_must_stay_is_not_deleted_and_each_reason_is_told()
    {
        for (var number = 1; number <= 6; number++)
            _bench.Generation(number);
        _bench.GoTo(6);
        _bench.GoTo(4);
        await _bench.RunAsync("pin --generations 1");
        var (code, said) = await _bench.RunAsync("delete --generations 1,2,3,4,6");
        Assert.Equal(1, code);
        Assert.Equal(
        [
            "Generation 1 is not deleted: it is pinned.",
            "Generation 3 is not deleted: it is what hale rollback goes back to.",
            "Generation 4 is not deleted: the machine is in it.",
            "Generation 6 is not deleted: the machine was in it before.",
        ], Assert.IsType<ResultEvent>(said[^1]).Errors.Select(e => e.Message));
        Assert.Equal(6, _bench.Machine.Generations.All().Count);

        await _bench.RunAsync("unpin --generations 1");
        Assert.Equal(0, (await _bench.RunAsync("delete --generations 1,2")).Code);
        Assert.Equal([3, 4, 5, 6], _bench.Machine.Generations.All().Select(g => g.Number));
        Assert.Equal(1, (await _bench.RunAsync("delete --generations 9")).Code);
    }

    [Theory]
    [InlineData("test", 3)]
    [InlineData("boot", 1)]
    public async Task Where_what_runs_is_not_what_boots_a_rollback_takes_that_back_and_neither_goes(string mode, int current)
    {
        var machine = _bench.Machine;
        string Activate(string name) => $"activate --system {machine.Put(name, Of(Unit($"{name}.service")))}";
        // 2 is the nearest number below 3, was only tried, and is none to go back to.
        await _bench.RunAsync(Activate("one"));
        await _bench.RunAsync($"{Activate("two")} --mode test");
        await _bench.RunAsync("rollback");
        await _bench.RunAsync($"{Activate("three")} --mode {mode}");
        Assert.Equal(current, machine.Generations.Current()!.Number);

        var (code, said) = await _bench.RunAsync("delete --generations 1,3");
        Assert.Equal((1, 2), (code, Assert.IsType<ResultEvent>(said[^1]).Errors.Count));
        await _bench.RunAsync("gc --keep 0");
        Assert.Equal(Outcome.Done, Result(await _bench.RunAsync("rollback")));
        var one = machine.Generations.Find(1)!.System;
        Assert.Equal((one, one), (machine.Files.Target("/etc/hale/system"), machine.Files.Target("/run/hale/system")));
        Assert.Equal(1, machine.Generations.Current()!.Number);
    }

    [Fact]
    public async Task Generations_are_listed_with_pins_and_sizes()
    {
        var path = _bench.Put("much");
        _bench.Generation(1, path);
        _bench.Generation(2);
        _bench.GoTo(2);
        Assert.Equal(Outcome.Done, Result(await _bench.RunAsync("pin --generations 1")));
        Assert.Equal(Outcome.Nothing, Result(await _bench.RunAsync("pin --generations 1")));
        var listed = Assert.IsType<GenerationsEvent>((await _bench.RunAsync("generations")).Events[0]).Generations;
        Assert.Equal([(1, true, false), (2, false, true)], listed.Select(g => (g.Generation.Number, g.Pinned, g.Current)));
        Assert.Equal(_bench.Store.Find(path)!.NarSize, listed[0].Size - listed[1].Size);
    }

    [Fact]
    public async Task Two_generations_are_compared_as_a_deployment_would_be()
    {
        var machine = _bench.Machine;
        await _bench.RunAsync($"activate --system {machine.Put("one", Of(Unit("a.service"), Unit("b.service")))} --revision r1");
        await _bench.RunAsync($"activate --system {machine.Put("two", Of(Unit("a.service", 2)))} --revision r2");
        var plan = Assert.IsType<PlanEvent>(Assert.Single((await _bench.RunAsync("diff --from 1")).Events)).Plan;
        Assert.Equal(("r1", "r2"), (plan.OldRevision, plan.NewRevision));
        Assert.Equal([("b.service", UnitAction.Stop), ("a.service", UnitAction.Restart)], plan.Units.Select(u => (u.Name, u.Action)));
        var back = Assert.IsType<PlanEvent>((await _bench.RunAsync("diff --from 2 --to 1")).Events[0]).Plan;
        Assert.Contains(back.Units, unit => unit is { Name: "b.service", Reason: UnitReason.Added });
        Assert.Equal(1, (await _bench.RunAsync("diff --from 5")).Code);
    }

    private static Outcome Result((int Code, IReadOnlyList<ActivationEvent> Events) run) => ((ResultEvent)run.Events[^1]).Outcome;
}
