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

/// <summary>The way from one system to another: look, plan, note it down, prepare, switch, act, listen, commit; or go back.</summary>
internal static class Activation
{
    /// <param name="context">The machine.</param>
    /// <param name="request">What is activated.</param>
    /// <param name="sound">The machine's system, where somebody has just looked and found nothing of it that differs.</param>
    internal static async Task<ResultEvent> RunAsync(ActivationContext context, ActivationRequest request, SystemClosure? sound = null)
    {
        var pending = Settled(context, request.Data.Adopt);
        var old = sound is not null && sound.Path == SystemClosure.CurrentPath(context.Files) ? sound : Old(context);
        var @new = old?.Path == request.System ? old : SystemClosure.Read(context.Files, request.System);
        var today = TodaysSecrets.After(context.Files, request, @new.Manifest);
        if (IsThere(context.Files, request, today))
            return Nothing(context, @new, request.Earlier, sound);

        // Thousands of paths are looked for while the plan is made.
        var wrong = Task.Run(() => Precheck.Errors(context.Files, old, @new, request.AnyOs));
        using var secrets = SecretStaging.Open(context, @new.Manifest, today);
        var data = DataPlan.Of(context, old?.Manifest, @new.Manifest, request.Data);
        var plan = data.AddTo(secrets.AddTo(Planner.Plan(old?.Manifest, @new.Manifest)), old?.Manifest, @new.Manifest);
        context.Report(new PlanEvent(plan));
        List<ActivationError> refusals = [.. await wrong.ConfigureAwait(false), .. secrets.Errors, .. data.Errors];
        if (refusals.Count > 0)
            return context.Result(Outcome.Refused, refusals);
        // What --mode test or --no-rollback left running has no step that would show that it fails.
        var wasLeft = old?.Path == @new.Path && SystemClosure.BootPath(context.Files) != @new.Path && pending is not { AtBoot: true };
        if (wasLeft && request is { Mode: SwitchMode.Switch, Earlier: null } && await UnwellAsync(context, @new).ConfigureAwait(false) is { Count: > 0 } unwell)
            return context.Result(Outcome.Failed, unwell);

        var states = States(context, plan, old, @new);
        var journal = Journal(context, request, @new, pending) with
        {
            NewSealed = today,
            SecretsTouched = secrets.Touched,
            Data = data.Moves,
            AtBoot = request.Mode == SwitchMode.Boot,
            Ran = plan.State.Count == 0 ? [] : [.. states.Where(s => s.Value.Runs).Select(s => s.Key).Order(StringComparer.Ordinal)],
            Pending = pending is { MovesData: true } ? pending : null,
        };
        secrets.Warn(journal);
        Warn(context, request, data);
        var jobs = UnitJobs.Of(plan, @new.Manifest, states);
        var switchover = new Switchover(context, request, journal, plan, jobs, old, @new, secrets);
        return request.Mode == SwitchMode.Boot ? switchover.AtNextBoot() : await switchover.RunAsync().ConfigureAwait(false);
    }

    /// <summary>Ends an activation that was interrupted.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="adopt">Whether data that could not be put back are said to be right.</param>
    /// <returns>One that has ended and that only the next boot settles; null for none.</returns>
    private static ActivationJournal? Settled(ActivationContext context, bool adopt)
    {
        if (Pending() is { } pending)
            return pending;
        if (ActivationJournal.Read(context.Files) is not { } journal)
        {
            if (DataHold.IsLeft(context.Files))
                DataHold.End(context, Old(context)?.Manifest);
            return null;
        }

        context.Step(StepKind.Recover, true, () => Warn(context, Recover.Run(context, journal, adopt && DataHold.HasFailed(context.Files))));
        return Pending();

        ActivationJournal? Pending() =>
            ActivationJournal.Read(context.Files) is { Phase: JournalPhase.Kept } kept && kept.IsOfThisBoot(context.Files) ? kept : null;
    }

    /// <summary>Whether the machine is where it is to be: what it runs, what it boots, and the secrets that count, as far as the mode asks.</summary>
    private static bool IsThere(MachineFiles files, ActivationRequest request, string? today) =>
        (request.Mode == SwitchMode.Boot || SystemClosure.CurrentPath(files) == request.System)
        && (request.Mode == SwitchMode.Test || SystemClosure.BootPath(files) == request.System)
        && (request.Mode == SwitchMode.Test || TodaysSecrets.Folder(files) == today);

    /// <summary>An empty plan starts nothing either, so nothing need be asked.</summary>
    private static IReadOnlyDictionary<string, UnitState> States(
        ActivationContext context, ActivationPlan plan, SystemClosure? old, SystemClosure @new) =>
        plan.IsEmpty ? new Dictionary<string, UnitState>() : context.Systemd.States(UnitJobs.Asked(old?.Manifest, @new.Manifest));

    private static ResultEvent Nothing(ActivationContext context, SystemClosure system, Generation? pointed, SystemClosure? sound)
    {
        // It is what the next boot brings, and none of it need run before.
        if (SystemClosure.CurrentPath(context.Files) != system.Path)
            return context.Result(Outcome.NeedsReboot);
        if (pointed is not null)
            context.Generations.Point(pointed.Number);
        // That look was at every link and unit.
        if (sound?.Path == system.Path)
            return context.Result(Outcome.Nothing);
        foreach (var path in Links.Drifted(context.Files, system.Manifest))
            context.Report(new WarningEvent($"{path} is not the link that this system made.", "hale-activator recover puts it right."));
        return context.Result(Outcome.Nothing, [.. Behind(context, system)]);
    }

    private static IEnumerable<ActivationError> Behind(ActivationContext context, SystemClosure system) =>
        UnitJobs.Behind(system.Manifest, context.Systemd.States(UnitJobs.Asked(null, system.Manifest)))
            .Select(unit => Units.Failure(context.Systemd, unit, "is wanted but does not run."));

    /// <summary>Why a system that runs, and that the machine does not boot, shall not become the one that it boots; empty where it is well.</summary>
    private static async Task<List<ActivationError>> UnwellAsync(ActivationContext context, SystemClosure system)
    {
        List<ActivationError> errors = [.. Behind(context, system), .. await Checks.RunAsync(context, Checks.Of(system.Manifest, [])).ConfigureAwait(false)];
        var end = "It was left running before, is not well, and so does not become what the machine boots"
            + (SystemClosure.BootPath(context.Files) is null ? "." : "; hale rollback goes back to what it boots.");
        return [.. errors.Select(error => Also(error, end))];
    }

    private static ActivationJournal Journal(ActivationContext context, ActivationRequest request, SystemClosure @new, ActivationJournal? pending)
    {
        // A system that runs already, but that the machine is not committed to, has its generation.
        var known = request.Earlier
            ?? (context.Generations.Current() is { } current && current.System == @new.Path && SystemClosure.BootPath(context.Files) != @new.Path ? current : null);
        return new()
        {
            Old = SystemClosure.CurrentPath(context.Files),
            New = @new.Path,
            Others = pending is null ? [] : [.. pending.Systems],
            Generation = known ?? new Generation
            {
                Number = context.Generations.Next(),
                System = @new.Path,
                Revision = request.Revision ?? @new.Manifest.Revision,
                CreatedAt = context.Clock.GetUtcNow(),
                CreatedBy = request.By,
            },
            Recorded = known is not null,
            OldSealed = TodaysSecrets.Folder(context.Files),
            Boot = ActivationJournal.ThisBoot(context.Files),
            Token = request.Token,
        };
    }

    /// <summary>What the mode means for data, which a plan does not know.</summary>
    private static void Warn(ActivationContext context, ActivationRequest request, DataPlan data)
    {
        var names = string.Join(", ", data.Moves.Where(move => move.Kind != DataMoveKind.Note).Select(move => move.Name));
        if (names.Length == 0)
            return;
        if (request.Mode == SwitchMode.Test)
            context.Report(new WarningEvent(
                $"The next boot puts back the data of {names} as they are now: what is written during the test goes with it.", "To keep it, deploy once more without --mode test before that."));
        else if (request.Mode == SwitchMode.Boot)
            context.Report(new WarningEvent($"The data of {names} are moved at the next boot, before the services start; it takes as much longer."));
    }

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

    internal static void Warn(ActivationContext context, IEnumerable<ActivationError> errors)
    {
        foreach (var error in errors)
            context.Report(new WarningEvent(error.Message, error.Hint));
    }

    internal static ActivationError Also(ActivationError error, string end) =>
        error with { Hint = error.Hint is null ? end : $"{error.Hint}. {end}" };

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
