using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Recovery;

/// <summary>
/// Finishes or reverts what a journal tells of. <c>/etc/hale/system</c> decides: if it names the new system the switch has
/// happened and the rest is done; if not, what was prepared is taken back. Killed itself, it does the same when run again.
/// </summary>
internal static class Recover
{
    /// <returns>Units that failed; empty where all is well.</returns>
    internal static List<ActivationError> Run(ActivationContext context, ActivationJournal journal)
    {
        var systems = new[] { journal.Old, journal.New, SystemClosure.CurrentPath(context.Files) }.OfType<string>().Distinct()
            .ToDictionary(path => path, path => Readable(context, path), StringComparer.Ordinal);
        var current = SystemClosure.CurrentPath(context.Files) is { } path ? systems[path] : null;
        var known = systems.Values.OfType<SystemManifest>().ToList();
        RemoveUnfinished(context, known, journal);

        var committed = SystemClosure.CurrentPath(context.Files) == journal.New;
        context.Report(new WarningEvent(committed
            ? $"An activation of {journal.New} was interrupted after its switch; it is finished."
            : $"An activation of {journal.New} was interrupted before its switch; it is reverted."));
        var errors = SecretRecovery.Run(context, journal, committed, known, current).ToList();
        var differed = Links.Settle(context, known, current);
        if (committed)
        {
            // Where only secrets change, old and new are one system, and the switch has always happened.
            if (context.Generations.Find(journal.Generation.Number) is null)
                context.Generations.Record(journal.Generation);
            context.Generations.Point(journal.Generation.Number);
        }
        else if (!journal.Recorded)
            context.Generations.Forget(journal.Generation.Number);

        errors.AddRange(current is null ? Unlinked(context, differed) : Jobs(context, journal, committed, current, systems, differed));
        ActivationJournal.Remove(context.Files);
        return errors;
    }

    private static List<ActivationError> Jobs(
        ActivationContext context, ActivationJournal journal, bool committed, SystemManifest current,
        Dictionary<string, SystemManifest?> systems, bool differed)
    {
        if (journal.Boot != ActivationJournal.ThisBoot(context.Files))
        {
            // Booting: systemd starts what the links want, and it may have read them before they were put right. Waiting for units here would wait for ourselves.
            if (differed)
            {
                context.Systemd.Reread();
                context.Systemd.ResumeBoot();
            }

            return [];
        }

        var old = committed && journal.Old is { } path ? systems[path] : committed ? null : current;
        var plan = Planner.Plan(old, current);
        plan = plan with { Units = SecretUsers.With(plan, current, committed ? journal.SecretsTouched : []) };
        var states = context.Systemd.States(UnitJobs.Asked(old, current));
        var jobs = UnitJobs.Of(plan, current, states);
        return [.. Units.Stop(context, jobs), .. Units.Run(context, plan.DaemonReload || differed, jobs)];
    }

    private static List<ActivationError> Unlinked(ActivationContext context, bool differed)
    {
        if (differed)
            context.Systemd.Reread();
        return [];
    }

    private static void RemoveUnfinished(ActivationContext context, IEnumerable<SystemManifest> known, ActivationJournal journal)
    {
        var paths = known.SelectMany(m => LinkSet.All(m).Select(l => l.Path).Concat(m.Secrets.Select(s => GeneratedSecrets.PathOf(s.Name))))
            .Concat(known.SelectMany(StagedLinks.Paths))
            .Append(SystemClosure.CurrentLink)
            .Append(TodaysSecrets.Link)
            .Concat(GenerationStore.PathsOf(journal.Generation.Number));
        foreach (var unfinished in paths.Distinct(StringComparer.Ordinal))
            context.Files.RemoveUnfinished(unfinished);
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
