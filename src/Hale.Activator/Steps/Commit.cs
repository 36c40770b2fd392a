using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Activator.Staging;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>
/// The two moments that decide. The switch leads what runs to the new system; a crash after it is taken back. The commit, when the new
/// system has held, makes the next boot come up in it too; a crash after that is finished. All that either leads to is on the disk before.
/// </summary>
internal static class Commit
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    /// <summary>From here on the new system runs.</summary>
    internal static void Switch(ActivationContext context, ActivationJournal journal)
    {
        if (!journal.Recorded)
            context.Generations.Record(journal.Generation);
        Run(context.Files, journal.New);
        context.Did(StepKind.Switch, $"generation {journal.Generation.Number}", journal.New);
    }

    /// <summary>Leads what runs to a system; nowhere where there is none.</summary>
    internal static void Run(MachineFiles files, string? system)
    {
        if (system is null)
        {
            files.Remove(SystemClosure.RunningLink);
            return;
        }

        files.MakeFolder("/run/hale", FolderMode);
        files.SetLink(SystemClosure.RunningLink, system);
    }

    /// <summary>From here on the machine stays in the new system. Done anew it comes to the same.</summary>
    internal static void Last(ActivationContext context, ActivationJournal journal)
    {
        TodaysSecrets.Set(context.Files, journal.NewSealed);
        context.Files.MakeFolder("/etc/hale", FolderMode);
        context.Files.SetLink(SystemClosure.BootLink, journal.New);
        Record(context, journal);
        context.Did(StepKind.Commit, $"generation {journal.Generation.Number}", journal.New);
    }

    /// <summary>The machine is in this generation.</summary>
    internal static void Record(ActivationContext context, ActivationJournal journal)
    {
        if (context.Generations.Find(journal.Generation.Number) is null)
            context.Generations.Record(journal.Generation);
        context.Generations.Point(journal.Generation.Number);
    }
}
