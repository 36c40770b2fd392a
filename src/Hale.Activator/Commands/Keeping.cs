using Hale.Activator.Audit;
using Hale.Activator.Garbage;
using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Activator.Commands;

/// <summary>The verbs about what a machine keeps: comparing, pinning and deleting generations, and collecting garbage.</summary>
internal static class Keeping
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>What going from one generation to another would do; to the current one, unless told.</summary>
    internal static int Diff(ActivationContext context, CommandLine asked)
    {
        var to = asked.Number("--to") is { } number ? Find(context, number)
            : context.Generations.Current() ?? throw new UserError("Nothing is activated on this machine yet.", "Name two generations.");
        var from = Find(context, asked.Number("--from")!.Value);
        context.Report(new PlanEvent(Planner.Plan(
            SystemClosure.Read(context.Files, from.System).Manifest with { Revision = from.Revision },
            SystemClosure.Read(context.Files, to.System).Manifest with { Revision = to.Revision })));
        return 0;
    }

    internal static async Task<ResultEvent> RunAsync(ActivationContext context, CommandLine asked)
    {
        if (asked.Has("--dry-run"))
        {
            context.Report(Collector.Plan(context, asked.Number("--keep") ?? Collector.DefaultMore) with { DryRun = true });
            return context.Result(Outcome.Nothing);
        }

        var self = ActivatorCommand.Self(context, asked.Verb, asked.By);
        if (asked.Verb == "gc")
            return await CollectAsync(context, asked, self).ConfigureAwait(false);
        using var held = DeploymentLock.Take(context.Files, self);
        return await Audited.RunAsync(
            context, asked.Verb, asked.By, null, () => Task.FromResult(asked.Verb == "delete" ? Delete(context, asked.Generations)
                : Pin(context, asked.Generations, asked.Verb == "pin"))).ConfigureAwait(false);
    }

    private static async Task<ResultEvent> CollectAsync(ActivationContext context, CommandLine asked, LockHolder self)
    {
        var store = context.Files.Store();
        while (true)
        {
            // Both locks or neither: who waited with one of them would stand in the way of a deployment that has the other.
            using (var held = asked.Has("--wait") ? DeploymentLock.TryTake(context.Files, self) : DeploymentLock.Take(context.Files, self))
            using (var alone = held is null ? null : store.TryOwn())
                if (alone is not null)
                    return await Audited.RunAsync(context, "gc", asked.By, null, () => Task.FromResult(Collect(context, asked))).ConfigureAwait(false);
            if (!asked.Has("--wait"))
                throw new UserError("A deployment is copying to this machine, and counts on what is there.", "Wait until it ends and try again.");
            await Task.Delay(Pause, context.Clock).ConfigureAwait(false);
        }
    }

    private static (ResultEvent, string?) Collect(ActivationContext context, CommandLine asked)
    {
        var gone = Collector.Run(context, asked.Number("--keep") ?? Collector.DefaultMore);
        var freed = gone.Paths.Count + gone.Generations.Count + gone.Aside.Count;
        return (context.Result(freed == 0 ? Outcome.Nothing : Outcome.Done),
            $"deleted {List(gone.Generations)} and {gone.Paths.Count} store paths of {ByteSize.Text(gone.Bytes)}"
            + (gone.Snapshots.Count == 0 ? "" : $", snapshots of {string.Join(", ", gone.Snapshots.Select(s => s.Name))} of {ByteSize.Text(gone.Snapshots.Sum(s => s.Bytes))}")
            + (gone.Aside.Count == 0 ? "" : $", what was kept aside until {gone.Aside[^1]}"));
    }

    private static (ResultEvent, string?) Pin(ActivationContext context, IReadOnlyList<int> numbers, bool pinned)
    {
        foreach (var number in numbers)
            Find(context, number);
        var pins = context.Generations.Infos().Where(g => g.Pinned).Select(g => g.Generation.Number).ToHashSet();
        foreach (var number in numbers)
            context.Generations.SetPin(number, pinned);
        return (context.Result(numbers.All(n => pins.Contains(n) == pinned) ? Outcome.Nothing : Outcome.Done), List(numbers));
    }

    /// <summary>All of them or none: what must stay is told, with every reason.</summary>
    private static (ResultEvent, string?) Delete(ActivationContext context, IReadOnlyList<int> numbers)
    {
        foreach (var number in numbers)
            Find(context, number);
        var all = context.Generations.Infos();
        var kept = KeptGenerations.Of(all, GenerationUses.Of(context));
        var refused = numbers.Where(kept.ContainsKey).Select(number => new ActivationError(
            $"Generation {number} is not deleted: {kept[number]}.",
            kept[number] == "it is pinned" ? $"Unpin it first: hale generations HOST unpin {number}" : null)).ToList();
        if (refused.Count > 0)
            return (context.Result(Outcome.Refused, refused), List(numbers));
        foreach (var number in numbers)
        {
            context.Generations.Forget(number);
            foreach (var snapshot in all.First(g => g.Generation.Number == number).Snapshots)
                context.Report(new WarningEvent(
                    $"With generation {number} its snapshot of the data of {snapshot.Name} is gone, of {snapshot.At:yyyy-MM-dd HH:mm:ss}Z: about {ByteSize.Text(snapshot.Bytes)} are free."));
        }

        return (context.Result(Outcome.Done), List(numbers));
    }

    private static Generation Find(ActivationContext context, int number) => context.Generations.Find(number) ?? throw new UserError(
        $"There is no generation {number}.", $"There are: {string.Join(", ", context.Generations.All().Select(g => g.Number))}.");

    private static string List(IReadOnlyList<int> numbers) =>
        numbers.Count == 0 ? "no generation" : $"generation{(numbers.Count > 1 ? "s" : "")} {string.Join(", ", numbers)}";
}
