using Hale.Activator.Generations;
using Hale.Activator.Recovery;
using Hale.Store.Closure;
using Hale.Store.Paths;
using Hale.Store.Transfer;

namespace Hale.Activator.Garbage;

/// <summary>
/// Deletes what nothing on the machine needs. The caller holds the deployment lock, and the store's own (<see cref="MachineStore.TryOwn"/>).
/// Generations go before their paths, so that one that is listed is never half gone; how paths go is said at <see cref="MachineStore"/>.
/// Killed anywhere, it goes on the next time where it stopped.
/// </summary>
internal static class Collector
{
    /// <summary>How many generations stay beside those that must, unless told.</summary>
    internal const int DefaultMore = 5;

    /// <summary>What would go.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="more">How many generations stay beside those that must.</param>
    /// <exception cref="Hale.Store.UserError">It cannot be told what is needed.</exception>
    internal static GarbageEvent Plan(ActivationContext context, int more) => Look(context, context.Files.Store(), more).Event;

    /// <summary>Deletes it, and tells.</summary>
    /// <inheritdoc cref="Plan" path="/exception"/>
    internal static GarbageEvent Run(ActivationContext context, int more)
    {
        var store = context.Files.Store();
        var (told, paths) = Look(context, store, more);
        context.Report(told);
        foreach (var number in told.Generations.Concat(Leftovers(context)))
            context.Generations.Forget(number);
        OldAside.Remove(context.Files, told.Aside);
        store.SweepRemoved();
        store.Remove(paths, info => context.Report(new CollectedEvent(info.Path.ToString(), info.NarSize)));
        return told;
    }

    private static (GarbageEvent Event, IReadOnlyList<PathInfo> Paths) Look(ActivationContext context, MachineStore store, int more)
    {
        var (files, generations) = (context.Files, context.Generations);
        var all = generations.Infos();
        var kept = KeptGenerations.Of(all, GenerationUses.Of(context), more);
        var known = store.All().ToDictionary(info => info.Path);
        var staying = all.Select(g => g.Generation).Where(g => kept.ContainsKey(g.Number)).ToList();
        var roots = Roots.Of(files, staying, staying.SelectMany(g => generations.Texts(g.Number)), known.Keys, context.Clock.GetUtcNow());
        var needed = Reachable.From(known, roots, store.Exists);
        var garbage = known.Values.Where(info => !needed.Contains(info.Path)).ToList();
        return (new GarbageEvent
        {
            Generations = [.. all.Select(g => g.Generation.Number).Where(number => !kept.ContainsKey(number))],
            Snapshots = [.. all.Where(g => !kept.ContainsKey(g.Generation.Number)).SelectMany(g => g.Snapshots)],
            Aside = OldAside.Of(files, context.Clock.GetUtcNow()),
            Paths = [.. garbage.Select(info => new GarbagePath(info.Path.ToString(), info.NarSize))],
            Bytes = garbage.Sum(info => info.NarSize),
            KeptPaths = known.Count - garbage.Count,
            KeptBytes = known.Values.Where(info => needed.Contains(info.Path)).Sum(info => info.NarSize),
        }, garbage);
    }

    private static IEnumerable<int> Leftovers(ActivationContext context)
    {
        var interrupted = ActivationJournal.Read(context.Files)?.Generation.Number;
        return context.Generations.Leftovers().Where(number => number != interrupted);
    }
}
