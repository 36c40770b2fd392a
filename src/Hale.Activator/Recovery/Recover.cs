using Hale.Activator.Audit;
using Hale.Activator.Data;
using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Recovery;

/// <summary>
/// Ends what a journal tells of: finishes it where the new system had held, else takes it back. After another boot the machine came
/// up in one of the two, and only what is left of the other goes. Killed itself, it does the same when run again.
/// </summary>
internal static class Recover
{
    /// <param name="context">The machine.</param>
    /// <param name="journal">What was interrupted.</param>
    /// <param name="leaveData">Whether a person has put the data right, so that none are put back.</param>
    /// <returns>What failed; empty where all is well.</returns>
    internal static List<ActivationError> Run(ActivationContext context, ActivationJournal journal, bool leaveData = false)
    {
        var booted = !journal.IsOfThisBoot(context.Files);
        if (!booted && journal.Phase == JournalPhase.Kept)
            return [];
        var forwards = booted ? SystemClosure.CurrentPath(context.Files) == journal.New : journal.Phase == JournalPhase.Committing;
        if (journal.Phase != JournalPhase.Kept)
            context.Report(new WarningEvent(forwards
                ? $"An activation of {journal.New} was interrupted after its commit; it is finished."
                : $"An activation of {journal.New} was interrupted before its commit; it is taken back."));
        var known = Known(context, journal);
        RemoveUnfinished(context, known.Values.OfType<SystemManifest>(), journal);
        return booted ? Booted(context, journal, known, forwards, leaveData)
            : forwards ? Finish(context, journal, known)
            : GoBack.Run(context, journal, known, leaveData: leaveData);
    }

    /// <summary>The manifests of all systems that may have left links, and of what runs; null for one that cannot be read.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="journal">The activation.</param>
    /// <param name="read">Systems that were read already.</param>
    internal static Dictionary<string, SystemManifest?> Known(ActivationContext context, ActivationJournal journal, params IReadOnlyList<SystemClosure?> read) =>
        journal.Systems.Append(SystemClosure.CurrentPath(context.Files)).Append(SystemClosure.BootPath(context.Files)).OfType<string>()
            .Distinct(StringComparer.Ordinal).ToDictionary(
                path => path, path => read.FirstOrDefault(system => system?.Path == path)?.Manifest ?? Readable(context, path), StringComparer.Ordinal);

    /// <summary>
    /// The units have followed before the commit; what is left is to tidy. Where another system runs, only the next boot was to run the
    /// new one: the links of both stay until then.
    /// </summary>
    private static List<ActivationError> Finish(ActivationContext context, ActivationJournal journal, Dictionary<string, SystemManifest?> known)
    {
        Commit.Last(context, journal);
        if (SystemClosure.CurrentPath(context.Files) == journal.New)
        {
            Tidy(context, known, journal);
            return [];
        }

        LastOutcome.Write(context, journal.Token, context.Result(Outcome.NeedsReboot), isLast: false);
        journal.Enter(context.Files, JournalPhase.Kept);
        return [];
    }

    /// <summary>The end of every activation: links of others go, and what is past of the secrets.</summary>
    internal static void Tidy(ActivationContext context, Dictionary<string, SystemManifest?> known, ActivationJournal journal)
    {
        if (known.GetValueOrDefault(journal.New) is { } manifest)
        {
            if (Links.Settle(context, known.Values.OfType<SystemManifest>(), manifest))
                context.Systemd.Reread();
            SecretStaging.Prune(context.Files, manifest);
        }

        DataMoves.End(context, journal);

        LastOutcome.Write(context, journal.Token, context.Result(Outcome.Done), isLast: false);
        ActivationJournal.Remove(context.Files);
    }

    /// <summary>
    /// systemd starts what the links want, and it may have read them before they are put right. Waiting for units here would wait for
    /// ourselves. Memory is empty, and <c>hale-secrets.service</c> fills it.
    /// </summary>
    private static List<ActivationError> Booted(
        ActivationContext context, ActivationJournal journal, Dictionary<string, SystemManifest?> known, bool forwards, bool leaveData)
    {
        List<ActivationError> errors = [];
        if (leaveData)
            DataMoves.Leave(context, journal, SystemClosure.CurrentPath(context.Files) is { } runs ? known[runs] : null);
        else
            errors = Data(context, journal, ref forwards);
        var held = DataHold.Release(context);
        var here = SystemClosure.CurrentPath(context.Files);
        var manifest = here is null ? null : known[here];
        var all = known.Values.OfType<SystemManifest>().ToList();
        if (journal.Phase != JournalPhase.Kept || errors.Count > 0)
            TodaysSecrets.Set(context.Files, forwards && journal.Phase == JournalPhase.Committing ? journal.NewSealed : journal.OldSealed);
        StagedLinks.Settle(context.Files, all, manifest);
        if (here is null)
            BootGenerator.Remove(context.Files);
        if (forwards)
            Commit.Record(context, journal);
        else if (!journal.Recorded)
            context.Generations.Forget(journal.Generation.Number);
        // Led back in this boot, systemd has read the other system's units, although the links to them are the same.
        if (here is null || manifest is not null)
            if (Links.Settle(context, all, manifest) | errors.Count > 0 || (here is null && held))
            {
                context.Systemd.Reread();
                context.Systemd.ResumeBoot([]);
            }

        if (journal.Phase != JournalPhase.Kept)
            LastOutcome.Write(context, journal.Token, context.Result(
                forwards ? Outcome.Done : Outcome.RolledBack,
                forwards ? [] : [new("The machine restarted before the new system had held, and is in the one before.", null)]), isLast: false);
        ActivationJournal.Remove(context.Files);
        if (held && manifest is not null)
            DataHold.Resume(context, manifest);
        return errors;
    }

    /// <summary>
    /// The data follow the system that booted. Where a snapshot that was left to the boot cannot be made, the software that would migrate them
    /// must not start: the machine is led back to the system before, while none of its services runs yet. Where data cannot be put back,
    /// the journal stays, and who writes them is held.
    /// </summary>
    private static List<ActivationError> Data(ActivationContext context, ActivationJournal journal, ref bool forwards)
    {
        var (there, led) = (SystemClosure.CurrentPath(context.Files), forwards && journal is { AtBoot: true, Old: not null });
        // Software that may have run already is not led back from: what it left is no data of the system before.
        if (led)
            DataMoves.Try(context, journal, () => led = DataMoves.MayBegin(context, journal.Data));
        try
        {
            if (led)
                DataMoves.Booted(context, journal, there);
            else
                DataMoves.Try(context, journal, () => DataMoves.Booted(context, journal, there));
            return [];
        }
        catch (Exception e) when (led && (e is IOException or UnauthorizedAccessException or UserError))
        {
            DataMoves.Try(context, journal, () => DataMoves.Undo(context, journal.Data, untouched: true));
            context.Files.SetLink(SystemClosure.BootLink, journal.Old!);
            Commit.Run(context.Files, journal.Old);
            if (context.Generations.All().LastOrDefault(g => g.System == journal.Old) is { } before)
                context.Generations.Point(before.Number);
            forwards = false;
            return [Activation.Error(e) with { Hint = $"The machine is back in the system before, {journal.Old}." }];
        }
    }

    private static void RemoveUnfinished(ActivationContext context, IEnumerable<SystemManifest> known, ActivationJournal journal)
    {
        var paths = known.SelectMany(m => LinkSet.All(m).Select(l => l.Path)
                .Concat(m.Secrets.Select(s => GeneratedSecrets.PathOf(s.Name)))
                .Concat(StagedLinks.Paths(m)))
            .Concat([SystemClosure.BootLink, SystemClosure.RunningLink, TodaysSecrets.Link, BootGenerator.Place, BootGenerator.Booted])
            .Concat(GenerationStore.PathsOf(journal.Generation.Number))
            .Concat(journal.Chain().SelectMany(j => j.Data).Select(move => DataRecord.PlaceOf(move.Name)));
        foreach (var unfinished in paths.Distinct(StringComparer.Ordinal))
            context.Files.RemoveUnfinished(unfinished);
        LastOutcome.RemoveUnfinished(context.Files);
    }

    private static SystemManifest? Readable(ActivationContext context, string path)
    {
        try
        {
            return SystemClosure.Read(context.Files, path).Manifest;
        }
        catch (UserError e)
        {
            context.Report(new WarningEvent(e.Message, e.Hint));
            return null;
        }
    }
}
