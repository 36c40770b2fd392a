using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Activator.Verify;

/// <summary>What a machine must be, by the record of its last activation and not by its links: those may have been changed too.</summary>
internal static class Declared
{
    /// <summary>Whether an activation was cut short, so that nobody can tell what it did from what a person did.</summary>
    internal static bool IsInterrupted(MachineFiles files) =>
        ActivationJournal.Read(files) is { } journal && !(journal.Phase == JournalPhase.Kept && journal.IsOfThisBoot(files));

    /// <summary>Where the system is that was activated last; null where there is none.</summary>
    /// <exception cref="UserError">A record of it is damaged.</exception>
    internal static string? Path(ActivationContext context)
    {
        var files = context.Files;
        // What was tried, or is to come with the next boot, has a journal until that boot; then the links say what runs.
        var recorded = ActivationJournal.Read(files) is null ? context.Generations.Pointed()?.System : null;
        string?[] known = [recorded, SystemClosure.CurrentPath(files), SystemClosure.BootPath(files)];
        return known.FirstOrDefault(path => path is not null && files.Exists($"{path}/manifest.json")) ?? SystemClosure.CurrentPath(files);
    }

    /// <summary>The system that was activated last.</summary>
    /// <exception cref="UserError">There is none, or it cannot be read.</exception>
    internal static SystemClosure System(ActivationContext context) =>
        SystemClosure.Read(context.Files, Path(context) ?? throw new UserError("Nothing is activated on this machine yet.", "Deploy first."));

    /// <summary>The links that name the system itself.</summary>
    internal static IEnumerable<Link> Pointers(MachineFiles files, SystemClosure system) => ActivationJournal.Read(files) is not null ? [] :
        [new Link(SystemClosure.RunningLink, system.Path), new Link(SystemClosure.BootLink, system.Path)];

    internal static IEnumerable<Finding> Findings(MachineFiles files, SystemClosure system, Accounts accounts)
    {
        foreach (var pointer in Pointers(files, system).Where(link => !files.Has(link)))
            yield return LinkFindings.Other(files, pointer, null, null);
        var text = files.Read(BootGenerator.Place) is { } bytes ? global::System.Text.Encoding.UTF8.GetString(bytes) : null;
        if (!BootGenerator.IsIts(text))
            yield return new Finding
            {
                Kind = FindingKind.OwnFile,
                Path = BootGenerator.Place,
                Expected = "the generator that makes the machine boot its system",
                Actual = LinkFindings.What(files, BootGenerator.Place),
                Diff = text is null ? [] : UnifiedDiff.Lines(BootGenerator.Text, text),
                IsContent = text is not null,
            };
        else
            foreach (var finding in FolderFindings.Compare(files, accounts, BootGenerator.Place, 0b111_101_101, 0, 0))
                yield return finding;
    }
}
