using Hale.Activator.Health;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator;

/// <summary>What to activate.</summary>
/// <param name="System">The store path of a system closure on this machine.</param>
/// <param name="By">Who asks: <c>user@computer</c>.</param>
/// <param name="Revision">The git revision, where it is not the manifest's own.</param>
/// <param name="AnyOs">Whether to try on another system than Debian 13.</param>
/// <param name="Earlier">The generation to go back to; null for a new one.</param>
/// <param name="Undoes">The activation that is taken back as a whole, its secrets too; null where a person decides.</param>
internal sealed record ActivationRequest(
    string System, string By = "", string? Revision = null, bool AnyOs = false, Generation? Earlier = null, ActivationJournal? Undoes = null);

/// <summary>The way from one system to another: look, plan, note it down, prepare, switch, act, listen.</summary>
internal static class Activation
{
    internal static async Task<ResultEvent> RunAsync(ActivationContext context, ActivationRequest request)
    {
        if (ActivationJournal.Read(context.Files) is { } interrupted)
            context.Step(StepKind.Recover, true, () => Warn(context, Recover.Run(context, interrupted)));
        var old = Old(context);
        var @new = SystemClosure.CurrentPath(context.Files) == request.System && old is not null
            ? old
            : SystemClosure.Read(context.Files, request.System);
        var today = TodaysSecrets.After(context.Files, request, @new.Manifest);
        if (ReferenceEquals(@new, old) && today == TodaysSecrets.Folder(context.Files))
            return Nothing(context, old.Manifest, request.Earlier);

        using var secrets = SecretStaging.Open(context, @new.Manifest, today);
        var plan = secrets.AddTo(Planner.Plan(old?.Manifest, @new.Manifest));
        context.Report(new PlanEvent(plan));
        List<ActivationError> refusals = [.. Precheck.Errors(context.Files, old, @new, request.AnyOs), .. secrets.Errors];
        if (refusals.Count > 0)
            return context.Result(Outcome.Refused, refusals);

        var jobs = UnitJobs.Of(plan, @new.Manifest, States(context, plan, old, @new));
        var journal = Journal(context, request, @new) with { NewSealed = today, SecretsTouched = secrets.Touched };
        secrets.Warn(journal);
        if (Switch(context, journal, plan, jobs, old, @new, secrets) is { } failure)
            return context.Result(Outcome.Failed, failure);
        return await ActAsync(context, journal, plan, jobs, old, @new, secrets).ConfigureAwait(false);
    }

    /// <summary>An empty plan starts nothing either, so nothing need be asked.</summary>
    private static IReadOnlyDictionary<string, UnitState> States(
        ActivationContext context, ActivationPlan plan, SystemClosure? old, SystemClosure @new) =>
        plan.IsEmpty ? new Dictionary<string, UnitState>() : context.Systemd.States(UnitJobs.Asked(old?.Manifest, @new.Manifest));

    /// <summary>All up to the switch. What fails here is taken back, and the machine stays as it was.</summary>
    private static List<ActivationError>? Switch(
        ActivationContext context, ActivationJournal journal, ActivationPlan plan, UnitJobs jobs, SystemClosure? old, SystemClosure @new, SecretStaging secrets)
    {
        try
        {
            context.Files.SyncAll();
            journal.Write(context.Files);
            context.Step(StepKind.Secrets, secrets.AnyForUsers, secrets.BeforeUsers);
            context.Step(StepKind.Users, plan.Sysusers, () => Users.Run(context, plan, @new.Manifest));
            context.Step(StepKind.Directories, plan.Tmpfiles, () => Directories.Run(context, plan, @new.Manifest));
            context.Step(StepKind.Secrets, secrets.Any, secrets.Write);
            context.Step(StepKind.Stop, jobs.Stop.Count > 0, () => Warn(context, Units.Stop(context, jobs)));
            context.Step(StepKind.Links, plan.Links.Count + plan.Files.Count > 0, () => Links.Add(context, old?.Manifest, @new.Manifest));
            context.Step(StepKind.Commit, true, () => Commit.Run(context, journal));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            return [Error(e), .. Revert(context, journal)];
        }
    }

    private static List<ActivationError> Revert(ActivationContext context, ActivationJournal journal)
    {
        try
        {
            return Recover.Run(context, journal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            return [Error(e) with { Hint = "What was prepared could not be taken back yet; the next activation or boot does it." }];
        }
    }

    /// <summary>All after the switch: from here on there is only forwards, and each failure is told.</summary>
    private static async Task<ResultEvent> ActAsync(
        ActivationContext context, ActivationJournal journal, ActivationPlan plan, UnitJobs jobs, SystemClosure? old, SystemClosure @new, SecretStaging secrets)
    {
        var known = old is null ? [@new.Manifest] : new[] { old.Manifest, @new.Manifest };
        secrets.Switch(known, journal.NewSealed);
        Links.Settle(context, known, @new.Manifest);
        context.Generations.Point(journal.Generation.Number);
        List<ActivationError> errors = [];
        var needed = plan.DaemonReload || jobs.Running.Any() || jobs.Forget.Count > 0;
        context.Step(StepKind.Units, needed, () => errors = Units.Run(context, plan.DaemonReload, jobs));
        secrets.Prune();
        ActivationJournal.Remove(context.Files);
        var asked = !plan.IsEmpty || !(old?.Manifest.Checks ?? []).SequenceEqual(@new.Manifest.Checks);
        if (errors.Count == 0 && asked)
            errors = await Checks.RunAsync(context, Checks.Of(@new.Manifest, jobs.Running)).ConfigureAwait(false);
        else if (errors.Count > 0)
            errors.AddRange(await Checks.RunAsync(context, Checks.Settled(jobs.Running.Except(errors.Select(e => e.Unit!)))).ConfigureAwait(false));

        // The place of health-gated rollback: with errors here, going back to journal.Old is one more activation.
        return context.Result(errors.Count == 0 ? Outcome.Done : Outcome.Failed, [.. errors.Select(e => Stays(e, journal))]);
    }

    private static ActivationError Stays(ActivationError error, ActivationJournal journal) => error with
    {
        Hint = $"{error.Hint}{(error.Hint is null ? "" : ". ")}The machine is in generation {journal.Generation.Number}"
            + (journal.Old is null ? "." : "; hale rollback goes back to the one before."),
    };

    private static ResultEvent Nothing(ActivationContext context, SystemManifest manifest, Generation? pointed)
    {
        if (pointed is not null)
            context.Generations.Point(pointed.Number);
        var drifted = Links.Drifted(context.Files, manifest);
        foreach (var path in drifted)
            context.Report(new WarningEvent($"{path} is not the link that this system made.", "hale-activator recover puts it right."));
        var asked = UnitJobs.Asked(null, manifest);
        var behind = UnitJobs.Behind(manifest, context.Systemd.States(asked));
        return context.Result(Outcome.Nothing, [.. behind.Select(u => Units.Failure(context.Systemd, u, "is wanted but does not run."))]);
    }

    private static ActivationJournal Journal(ActivationContext context, ActivationRequest request, SystemClosure @new) => new()
    {
        Old = SystemClosure.CurrentPath(context.Files),
        New = @new.Path,
        Generation = request.Earlier ?? new Generation
        {
            Number = context.Generations.Next(),
            System = @new.Path,
            Revision = request.Revision ?? @new.Manifest.Revision,
            CreatedAt = context.Clock.GetUtcNow(),
            CreatedBy = request.By,
        },
        Recorded = request.Earlier is not null,
        OldSealed = TodaysSecrets.Folder(context.Files),
        Boot = ActivationJournal.ThisBoot(context.Files),
    };

    internal static SystemClosure? Old(ActivationContext context)
    {
        try
        {
            return SystemClosure.Current(context.Files);
        }
        catch (UserError e)
        {
            context.Report(new WarningEvent($"The current system cannot be read, so every unit counts as new: {e.Message}"));
            return null;
        }
    }

    private static void Warn(ActivationContext context, IEnumerable<ActivationError> errors)
    {
        foreach (var error in errors)
            context.Report(new WarningEvent(error.Message, error.Hint));
    }

    internal static ActivationError Error(Exception e) => e switch
    {
        UserError user => new(user.Message, user.Hint.Length > 0 ? user.Hint : null),
        _ when IsFull(e) => new(
            $"The machine's disk is full: {e.Message}",
            "Make room on the machine (df -h; df -i; journalctl --vacuum-size=100M) and try again. It stays as it was."),
        _ => new(e.Message, "The machine stays as it was."),
    };

    private static bool IsFull(Exception e) => e.HResult is 28 or 122 || e.Message.Contains("No space left", StringComparison.Ordinal);
}
