using Hale.Store.Closure;

namespace Hale.Activator.Generations;

/// <summary>Which generations must stay, each with the reason that a person is told. Pure.</summary>
internal static class KeptGenerations
{
    /// <param name="all">Every generation, with what is known of it.</param>
    /// <param name="before">The generation that the machine was in before the current one; null for none.</param>
    /// <param name="interrupted">The generation of an interrupted activation; null for none.</param>
    /// <param name="unsettled">Generations that keep data for an activation that only the next boot settles.</param>
    /// <param name="more">How many of the newest others stay, of those that are whole.</param>
    /// <returns>Numbers and reasons; what is not in it may go.</returns>
    internal static SortedDictionary<int, string> Of(IReadOnlyList<GenerationInfo> all, int? before, int? interrupted, IReadOnlyCollection<int> unsettled, int more = 0)
    {
        var kept = new SortedDictionary<int, string>();
        var current = all.FirstOrDefault(g => g.Current)?.Generation.Number;
        if (current is { } here)
            kept[here] = "the machine is in it";
        if (Previous(all.Select(g => g.Generation), current) is { } previous)
            kept.TryAdd(previous.Number, "it is what hale rollback goes back to");
        if (before is { } earlier)
            kept.TryAdd(earlier, "the machine was in it before");
        if (interrupted is { } cut)
            kept.TryAdd(cut, "an interrupted activation is about it");
        foreach (var home in unsettled)
            kept.TryAdd(home, "it keeps data that the next boot may put back");
        foreach (var pinned in all.Where(g => g.Pinned))
            kept.TryAdd(pinned.Generation.Number, "it is pinned");
        foreach (var newest in all.Where(g => g.Present && !kept.ContainsKey(g.Generation.Number)).OrderByDescending(g => g.Generation.Number).Take(more))
            kept.Add(newest.Generation.Number, "it is one of the newest");
        return kept;
    }

    /// <summary>The generation that a rollback goes back to, unless told another: the nearest number below the current one.</summary>
    internal static Generation? Previous(IEnumerable<Generation> all, int? current) => all.LastOrDefault(g => g.Number < current);
}
