using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>The switch: one rename. All it leads to is on the disk before, the store's paths since before the journal, so that no power cut shows a half.</summary>
internal static class Commit
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    internal static void Run(ActivationContext context, ActivationJournal journal)
    {
        if (!journal.Recorded)
            context.Generations.Record(journal.Generation);
        context.Files.MakeFolder("/etc/hale", FolderMode);
        context.Files.SetLink(SystemClosure.CurrentLink, journal.New);
        context.Did(StepKind.Commit, $"generation {journal.Generation.Number}", journal.New);
    }
}
