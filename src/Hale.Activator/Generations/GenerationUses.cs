using Hale.Activator.Data;
using Hale.Activator.Recovery;
using Hale.Store;

namespace Hale.Activator.Generations;

/// <summary>Which generations a machine uses, beside the one that it is in.</summary>
/// <param name="Boots">The one that its next boot comes up in; null before the first.</param>
/// <param name="Back">The one that a rollback goes back to; null for none.</param>
/// <param name="Before">The one that it was in before the current one; null for none.</param>
/// <param name="Interrupted">That of an interrupted activation; null for none.</param>
/// <param name="Unsettled">Those that keep data for an activation that only the next boot settles.</param>
internal sealed record GenerationUses(int? Boots, int? Back, int? Before, int? Interrupted, IReadOnlyCollection<int> Unsettled)
{
    /// <exception cref="UserError">A record is damaged.</exception>
    internal static GenerationUses Of(ActivationContext context)
    {
        var (generations, journal) = (context.Generations, ActivationJournal.Read(context.Files));
        return new(
            generations.Pointed()?.Number, WayBack.Of(context.Files, generations)?.Number, generations.Before(), journal?.Generation.Number, DataMoves.Homes(journal));
    }
}
