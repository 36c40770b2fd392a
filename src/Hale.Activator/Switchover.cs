using Hale.Activator.Data;
using Hale.Activator.Health;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator;

/// <summary>One activation under way: everything is looked at and planned, and what now fails is taken back.</summary>
internal sealed record Switchover(
    ActivationContext Context, ActivationRequest Request, ActivationJournal Journal, ActivationPlan Plan, UnitJobs Jobs,
    SystemClosure? Old, SystemClosure New, SecretStaging Secrets)
{
    /// <summary>Switches, and commits where the new system holds.</summary>
    internal async Task<ResultEvent> RunAsync()
    {
        if (Before() is { } failure)
            return Context.Result(Outcome.Failed, failure);
        var errors = await ActAsync().ConfigureAwait(false);
        // A folder is no running machine: nobody can reach it.
        if (errors.Count == 0 && Context.Files.IsLive && Request.Confirm > 0 && Request.Token is { } token
            && await Confirmation.AwaitAsync(Context, token, Request.Confirm).ConfigureAwait(false) is { } alone)
            errors = [alone];
        if (errors.Count > 0)
            return Request.NoRollback ? Stays(errors) : await BackAsync(errors).ConfigureAwait(false);
        if (Request.Mode == SwitchMode.Test)
            Journal.Enter(Context.Files, JournalPhase.Kept);
        else if (Commits() is { } uncommitted)
            return SystemClosure.BootPath(Context.Files) == New.Path
                ? Context.Result(Outcome.Failed, [uncommitted with { Hint = "The machine runs the new system and boots it; the next activation or boot tidies up." }])
                : await BackAsync([uncommitted with { Hint = null }]).ConfigureAwait(false);
        return Context.Result(Outcome.Done);
    }

    /// <summary>Only makes the next boot come up in the new system; what runs stays.</summary>
    internal ResultEvent AtNextBoot()
    {
        var (journal, before) = (Journal, BootPointers.Of(Context));
        try
        {
            Prepare();
            Context.Step(StepKind.Links, Plan.Links.Count + Plan.Files.Count > 0, () => Links.Add(Context, Old?.Manifest, New.Manifest));
            journal = journal.Enter(Context.Files, JournalPhase.Committing);
            Context.Step(StepKind.Commit, true, () => Commit.Last(Context, journal));
            journal.Enter(Context.Files, JournalPhase.Kept);
            return Context.Result(Outcome.NeedsReboot);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            return Context.Result(Outcome.Failed, before.PutBack(Context)
                ? [Activation.Error(e), .. Revert()]
                : [Activation.Error(e) with { Hint = "The next boot comes up in the new system all the same; the next activation or boot tidies up." }]);
        }
    }

    /// <summary>All up to the switch. What fails here is taken back, and the machine stays as it was.</summary>
    private List<ActivationError>? Before()
    {
        try
        {
            Prepare();
            Context.Step(StepKind.Secrets, Secrets.Any, Secrets.Write);
            Context.Step(StepKind.Stop, Jobs.Stop.Count > 0, () => Activation.Warn(Context, Units.Stop(Context, Jobs)));
            Context.Step(StepKind.State, Journal.Data.Count > 0, () => DataMoves.Do(Context, Journal.Data));
            Context.Step(StepKind.Links, Plan.Links.Count + Plan.Files.Count > 0, () => Links.Add(Context, Old?.Manifest, New.Manifest));
            Context.Step(StepKind.Switch, true, () => Commit.Switch(Context, Journal));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            return [Activation.Error(e), .. Revert()];
        }
    }

    private void Prepare()
    {
        Context.Files.SyncAll();
        Journal.Write(Context.Files);
        FirstRecovery.Prepare(Context.Files, Journal);
        BootGenerator.Install(Context.Files);
        DataHold.Prepare(Context.Files, Journal);
        Context.Step(StepKind.Secrets, Secrets.AnyForUsers, Secrets.BeforeUsers);
        Context.Step(StepKind.Users, Plan.Sysusers, () => Users.Run(Context, Plan, New.Manifest));
        Context.Step(StepKind.Directories, Plan.Tmpfiles, () => Directories.Run(Context, Plan, New.Manifest));
    }

    /// <summary>Units follow the switch, and everything that must answer is asked.</summary>
    private async Task<List<ActivationError>> ActAsync()
    {
        try
        {
            Links.Replace(Context, Old?.Manifest, New.Manifest);
            Secrets.Switch(Old is null ? [New.Manifest] : [Old.Manifest, New.Manifest]);
            List<ActivationError> errors = [];
            var jobs = Journal.Ran.Count == 0 ? Jobs : Jobs.Also(UnitJobs.GoneAlong(Journal.Ran, New.Manifest, Context.Systemd.States(Journal.Ran)));
            var needed = Plan.DaemonReload || jobs.Running.Any() || jobs.Forget.Count > 0;
            Context.Step(StepKind.Units, needed, () => errors = Units.Run(Context, Plan.DaemonReload, jobs));
            var started = jobs.Restart.Concat(jobs.Start).ToHashSet(StringComparer.Ordinal);
            var asked = !Plan.IsEmpty || !(Old?.Manifest.Checks ?? []).SequenceEqual(New.Manifest.Checks);
            if (errors.Count == 0 && asked)
                errors = await Checks.RunAsync(Context, Checks.Of(New.Manifest, jobs.Running), started).ConfigureAwait(false);
            else if (errors.Count > 0)
                errors.AddRange(await Checks.RunAsync(Context, Checks.Settled(jobs.Running.Except(errors.Select(e => e.Unit!)))).ConfigureAwait(false));
            return errors;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            return [Activation.Error(e) with { Hint = null }];
        }
    }

    /// <returns>Why it could not be written down that the new system stays; null once it is.</returns>
    private ActivationError? Commits()
    {
        try
        {
            Context.Step(StepKind.Commit, true, () =>
            {
                var journal = Journal.Enter(Context.Files, JournalPhase.Committing);
                Commit.Last(Context, journal);
                Recover.Tidy(Context, Recover.Known(Context, journal, Old, New), journal);
            });
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            return Activation.Error(e);
        }
    }

    /// <summary>The new system did not hold: back, and prove the one before healthy too.</summary>
    private async Task<ResultEvent> BackAsync(List<ActivationError> errors)
    {
        Context.Report(new StepEvent(StepKind.Revert, Progress.Started));
        UnitJobs? jobs = null;
        var wrong = Revert(followed => jobs = followed);
        if (wrong.Count == 0 && Old is not null)
            wrong = await Checks.RunAsync(
                Context, Checks.Of(Old.Manifest, jobs?.Running ?? []), jobs?.Restart.Concat(jobs.Start).ToHashSet(StringComparer.Ordinal)).ConfigureAwait(false);
        Context.Report(new StepEvent(StepKind.Revert, wrong.Count == 0 ? Progress.Done : Progress.Failed));
        var end = Old is null ? "There was no generation to go back to: what was started is stopped again." : "";
        return Context.Result(
            wrong.Count == 0 ? Outcome.RolledBack : Outcome.RollbackFailed,
            [.. errors.Select(e => Old is null ? Activation.Also(e, end) : e), .. wrong.Select(e => e with { Message = $"On the way back: {e.Message}" })]);
    }

    /// <summary>As asked, the machine stays in what failed, for a person to look at; its next boot is the system before.</summary>
    private ResultEvent Stays(List<ActivationError> errors)
    {
        Journal.Enter(Context.Files, JournalPhase.Kept);
        var end = $"The machine is left in generation {Journal.Generation.Number}, as --no-rollback asks"
            + (Old is null ? "." : "; it boots the one before, and hale rollback goes back to it now.");
        return Context.Result(Outcome.Failed, [.. errors.Select(e => Activation.Also(e, end))]);
    }

    private List<ActivationError> Revert(Action<UnitJobs>? followed = null)
    {
        try
        {
            return GoBack.Run(Context, Journal, Recover.Known(Context, Journal), followed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            return [Activation.Error(e) with { Hint = "What was prepared could not be taken back yet; the next activation or boot does it." }];
        }
    }
}
