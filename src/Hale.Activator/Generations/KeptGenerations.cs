using Hale.Store.Closure;

namespace Hale.Activator.Generations;

/// <summary>Which generations must stay, each with the reason that a person is told. Pure.</summary>
internal static class KeptGenerations
{
    /// <param name="all">Every generation, with what is known of it.</param>
    /// <param name="uses">Which of them the machine uses.</param>
    /// <param name="more">How many of the newest others stay, of those that are whole.</param>
    /// <returns>Numbers and reasons; what is not in it may go.</returns>
    internal static SortedDictionary<int, string> Of(IReadOnlyList<GenerationInfo> all, GenerationUses uses, int more = 0)
    {
        var kept = new SortedDictionary<int, string>();
        var current = all.FirstOrDefault(g => g.Current)?.Generation.Number;
        if (current is { } here)
            kept[here] = "the machine is in it";
        if (uses.Boots is { } boots)
            kept.TryAdd(boots, "the machine boots it");
        if (uses.Back is { } back)
            kept.TryAdd(back, "it is what hale rollback goes back to");
        if (uses.Before is { } earlier)
            kept.TryAdd(earlier, "the machine was in it before");
        if (uses.Interrupted is { } cut)
            kept.TryAdd(cut, "an interrupted activation is about it");
        foreach (var home in uses.Unsettled)
            kept.TryAdd(home, "it keeps data that the next boot may put back");
        foreach (var pinned in all.Where(g => g.Pinned))
            kept.TryAdd(pinned.Generation.Number, "it is pinned");
        foreach (var newest in all.Where(g => g.Present && !kept.ContainsKey(g.Generation.Number)).OrderByDescending(g => g.Generation.Number).Take(more))
            kept.Add(newest.Generation.Number, "it is one of the newest");
        return kept;
    }
}
