using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Recovery;

/// <summary>What the machine is committed to, as it was before an activation that is for the next boot only.</summary>
/// <param name="System">Where the boot link leads; null where there is none.</param>
/// <param name="Generation">Which generations count as the current one and the one before it.</param>
internal sealed record BootPointers(string? System, GenerationPointers Generation)
{
    internal static BootPointers Of(ActivationContext context) => new(SystemClosure.BootPath(context.Files), context.Generations.Pointers());

    /// <summary>
    /// Takes a commit back. The boot link comes last: until it is back, the journal says that the new system is committed, and a recovery
    /// finishes that instead.
    /// </summary>
    /// <returns>False where the disk does not let it: the machine stays committed to the new system.</returns>
    internal bool PutBack(ActivationContext context)
    {
        if (SystemClosure.BootPath(context.Files) == System)
            return true;
        try
        {
            context.Generations.Restore(Generation);
            if (System is null)
                context.Files.Remove(SystemClosure.BootLink);
            else
                context.Files.SetLink(SystemClosure.BootLink, System);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Report(new WarningEvent($"The boot link cannot be put back: {e.Message}"));
            return false;
        }
    }
}
