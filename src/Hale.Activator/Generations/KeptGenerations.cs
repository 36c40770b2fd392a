using Hale.Activator.Data;
using Hale.Activator.Recovery;
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

    /// <summary>The nearest number below the current one.</summary>
    internal static Generation? Previous(IEnumerable<Generation> all, int? current) => all.LastOrDefault(g => g.Number < current);
}

/// <summary>Which generations a machine uses, beside the one that it is in.</summary>
/// <param name="Boots">The one that its next boot comes up in; null before the first.</param>
/// <param name="Back">The one that a rollback goes back to; null for none.</param>
/// <param name="Before">The one that it was in before the current one; null for none.</param>
/// <param name="Interrupted">That of an interrupted activation; null for none.</param>
/// <param name="Unsettled">Those that keep data for an activation that only the next boot settles.</param>
internal sealed record GenerationUses(int? Boots, int? Back, int? Before, int? Interrupted, IReadOnlyCollection<int> Unsettled)
{
    /// <exception cref="Hale.Store.UserError">A record is damaged.</exception>
    internal static GenerationUses Of(ActivationContext context)
    {
        var (generations, journal) = (context.Generations, ActivationJournal.Read(context.Files));
        return new(
            generations.Pointed()?.Number, WayBack.Of(context.Files, generations)?.Number, generations.Before(), journal?.Generation.Number, DataMoves.Homes(journal));
    }
}
