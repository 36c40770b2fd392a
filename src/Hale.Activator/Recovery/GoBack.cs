using Hale.Activator.Audit;
using Hale.Activator.Data;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Store.Closure;

namespace Hale.Activator.Recovery;

/// <summary>
/// Back to the system that ran before, in the same boot: its links, its secrets, its units, as if the activation had not been. The
/// machine never stopped being committed to it. Before the first system there is none: what was started stops.
/// </summary>
internal static class GoBack
{
    /// <param name="context">The machine.</param>
    /// <param name="journal">What is taken back.</param>
    /// <param name="known">Manifests of all systems that may have left links.</param>
    /// <param name="followed">Told which units were started or restarted on the way.</param>
    /// <param name="leaveData">Whether a person has put the data right, so that none are put back.</param>
    /// <returns>What failed; empty where the machine is as it was.</returns>
    internal static List<ActivationError> Run(
        ActivationContext context, ActivationJournal journal, Dictionary<string, SystemManifest?> known, Action<UnitJobs>? followed = null, bool leaveData = false)
    {
        // What runs is led back before the units follow: from then on only the phase knows that they still have to.
        var switched = journal.Phase == JournalPhase.Reverting || context.Files.Target(SystemClosure.RunningLink) == journal.New;
        if (switched)
            journal = Reverting(context, journal);
        var old = journal.Old is null ? Nothing(known[journal.New]) : known[journal.Old];
        if (old is null)
            return [new($"The system before, {journal.Old}, cannot be read, so the machine stays in {journal.New}.", "Deploy again.")];

        using var secrets = SecretStaging.Open(context, old, journal.OldSealed);
        var from = switched ? known[journal.New] : old;
        var plan = Planner.Plan(from, old);
        if (secrets.Errors.Count == 0)
            plan = secrets.AddTo(plan, switched ? journal.SecretsTouched : []);
        if (switched)
            plan = plan with { Units = StateWriters.With(plan.Units, known[journal.New], old, journal.Data.Where(move => move.Kind != DataMoveKind.Note).Select(move => move.Name)) };
        var jobs = UnitJobs.Of(plan, old, context.Systemd.States(UnitJobs.Asked(from, old)));
        List<ActivationError> errors = [.. secrets.Errors, .. Units.Stop(context, jobs)];
        if (leaveData)
            DataMoves.Leave(context, journal, old);
        else if (journal.Data.Count > 0)
            DataMoves.Try(context, journal, () => DataMoves.Undo(context, journal.Data, untouched: !switched));
        DataHold.Release(context);
        if (journal.Ran.Count > 0)
            jobs = jobs.Also(UnitJobs.GoneAlong(journal.Ran, old, context.Systemd.States(journal.Ran)));
        if (secrets.Errors.Count == 0)
        {
            secrets.BeforeUsers();
            secrets.Write();
        }

        Commit.Run(context.Files, journal.Old);
        var all = known.Values.OfType<SystemManifest>().ToList();
        if (secrets.Errors.Count == 0)
            secrets.Switch(all);
        TodaysSecrets.Set(context.Files, journal.OldSealed);
        var differed = Links.Settle(context, all, journal.Old is null ? null : old);
        if (journal.Old is null)
            BootGenerator.Remove(context.Files);
        if (!journal.Recorded)
            context.Generations.Forget(journal.Generation.Number);
        errors.AddRange(Units.Run(context, plan.DaemonReload || differed, jobs));
        SecretStaging.Prune(context.Files, old);
        // Before the journal goes: a crash from here on is nobody's to tell of.
        LastOutcome.Write(context, journal.Token, context.Result(
            errors.Count > 0 ? Outcome.RollbackFailed : Outcome.RolledBack, [new("The new system did not hold and is taken back.", null), .. errors]), isLast: false);
        journal.Close(context.Files);
        followed?.Invoke(jobs);
        return errors;
    }

    /// <summary>Notes that it goes back. On a full disk it goes back without a note: what frees it is on the way.</summary>
    private static ActivationJournal Reverting(ActivationContext context, ActivationJournal journal)
    {
        try
        {
            return journal.Enter(context.Files, JournalPhase.Reverting);
        }
        catch (IOException e)
        {
            context.Report(new WarningEvent($"It cannot be noted that the machine goes back: {e.Message}", "Were it interrupted now, units might stay as they are until the next boot."));
            return journal with { Phase = JournalPhase.Reverting };
        }
    }

    /// <summary>The system of a machine that has none.</summary>
    private static SystemManifest? Nothing(SystemManifest? first) =>
        first is null ? null : new SystemManifest { Host = first.Host, Architecture = first.Architecture };
}
