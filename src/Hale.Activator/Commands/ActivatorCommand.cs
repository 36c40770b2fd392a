using Hale.Activator.Audit;
using Hale.Activator.Data;
using Hale.Activator.Garbage;
using Hale.Activator.Generations;
using Hale.Activator.Health;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Activator.Verify;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Commands;

/// <summary>The verbs. Each ends with an exit code, and each failure is an event, so that the operator need not read prose.</summary>
internal static class ActivatorCommand
{
    private const int UsageError = 2;

    internal static async Task<int> RunAsync(string[] args, Stream input, Stream output, TextWriter error)
    {
        var (asked, wrong) = CommandLine.Parse(args);
        if (asked is null)
        {
            await error.WriteLineAsync($"hale-activator: {wrong}\n{CommandLine.Usage}").ConfigureAwait(false);
            return UsageError;
        }

        var faults = (asked.Number("--die-at") ?? asked.Number("--halt-at")) is { } at ? new FaultInjection(at, asked.Has("--halt-at")) : null;
        var files = new MachineFiles(asked.Root, faults is null ? null : _ => faults.Point());
        var writer = new EventWriter(output);
        var patience = asked.Number("--patience") is { } seconds ? TimeSpan.FromSeconds(seconds) : Systemctl.DefaultPatience;
        var context = new ActivationContext(files, files.IsLive ? new Systemctl(patience, TimeProvider.System) : new NoSystemd(), TimeProvider.System, happened =>
        {
            faults?.Point();
            writer.Write(happened);
        });
        try
        {
            return await RunAsync(context, asked, input, output).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            var outcome = e is UserError { ExitCode: 1 } ? Outcome.Refused : Outcome.Failed;
            context.Report(new ResultEvent { Outcome = outcome, Errors = [Activation.Error(e)] });
            return outcome.ExitCode();
        }
#pragma warning disable CA1031 // The last resort: the operator must get a result, and a person the whole story.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync($"hale-activator: {e}").ConfigureAwait(false);
            const string hint = "This is a defect of Hale; the activator's standard error has the details.";
            context.Report(new ResultEvent { Outcome = Outcome.Failed, Errors = [new(e.Message, hint)] });
            return Outcome.Failed.ExitCode();
        }
    }

    private static async Task<int> RunAsync(ActivationContext context, CommandLine asked, Stream input, Stream output)
    {
        switch (asked.Verb)
        {
            case "plan":
                return PlanVerb.Run(context, asked.Options["--manifest"], asked.Data, input);
            case "activate":
            case "rollback":
                return await ActivateAsync(context, asked).ConfigureAwait(false);
            case "generations":
                context.Report(new GenerationsEvent(context.Generations.Infos()));
                return 0;
            case "status":
                context.Report(new StatusEvent(Status(context)));
                return 0;
            case "check":
                return await CheckAsync(context).ConfigureAwait(false);
            case "missing":
                return Transfers.Missing(context.Files, input, output);
            case "receive":
                return Transfers.Receive(context, input, asked.Has("--replace"));
            case "confirm":
                Confirmation.Give(context.Files, asked.Options["--token"], asked.Has("--decline") ? Confirmation.Decline : asked.Has("--hold") ? Confirmation.Hold : Confirmation.Yes);
                return Report(context, context.Result(Outcome.Done));
            case "outcome":
                if (LastOutcome.Read(context.Files, asked.Options["--token"]) is { } ended)
                    return Report(context, ended);
                context.Report(new StatusEvent(Status(context)));
                return 0;
            case "recover":
                return await RecoveredAsync(context).ConfigureAwait(false);
            case "verify":
                return Report(context, await VerifyVerb.RunAsync(context, asked).ConfigureAwait(false));
            case "diff":
                return Keeping.Diff(context, asked);
            case "history":
                context.Report(new HistoryEvent(History.Read(context.Files, asked.Number("--limit"))));
                return 0;
            case "secrets":
                return Secrets(context);
            default:
                return Report(context, await Keeping.RunAsync(context, asked).ConfigureAwait(false));
        }
    }

    private static async Task<int> ActivateAsync(ActivationContext context, CommandLine asked)
    {
        var earlier = asked.Verb == "rollback" ? Earlier(context, asked.Options.GetValueOrDefault("--to")) : null;
        var request = new ActivationRequest(
            earlier?.System ?? asked.Options["--system"].TrimEnd('/'),
            asked.By,
            asked.Options.GetValueOrDefault("--revision") ?? earlier?.Revision,
            asked.AnyOs,
            earlier)
        {
            Data = asked.Data,
            Mode = asked.Mode,
            NoRollback = asked.Has("--no-rollback"),
            Confirm = asked.Number("--confirm") ?? 0,
            Token = asked.Options.GetValueOrDefault("--token"),
        };
        var self = Self(context, asked.Verb, request.By, request.System) with { Revision = request.Revision };
        using var held = DeploymentLock.Take(context.Files, self, holder => context.Report(new WarningEvent(
            $"{holder.Who} {holder.Doing} on this machine since {holder.Since:HH:mm:ss}Z; this waits until it ends.")));
        var result = await Audited.RunAsync(context, asked.Verb, request.By, request.Revision, () =>
        {
            RequireRunning(context.Files, asked.Options.GetValueOrDefault("--if-system"));
            return Drift.BeforeAsync(context, request, asked.Drift, sound => Activation.RunAsync(context, request, sound));
        }).ConfigureAwait(false);
        Wanted.Done(context.Files, request.System);
        LastOutcome.Write(context, request.Token, result, isLast: true);
        return Report(context, result);
    }

    /// <summary>A plan that somebody agreed to holds for the system it was made on.</summary>
    private static void RequireRunning(MachineFiles files, string? expected)
    {
        var runs = SystemClosure.CurrentPath(files) ?? "none";
        if (expected is not null && runs != expected)
            throw new UserError(
                $"The machine runs another system than the one that the plan was made for: {runs} instead of {expected}.",
                "Somebody deployed meanwhile, or rolled back. Look again: hale plan, hale history.");
    }

    private static Generation Earlier(ActivationContext context, string? to)
    {
        var all = context.Generations.All();
        var generation = to is null
            ? WayBack.Of(context.Files, context.Generations)
            : all.FirstOrDefault(g => g.Number == int.Parse(to));
        if (generation is null)
            throw new UserError(
                to is null ? "There is no generation before the current one." : $"There is no generation {to}.",
                all.Count == 0 ? "Nothing was ever activated here." : $"There are: {string.Join(", ", all.Select(g => g.Number))}.");
        if (context.Generations.Gone(generation) is { } gone)
            throw new UserError(
                $"Generation {generation.Number} is no longer whole: {gone}",
                "Choose another: hale generations lists those that are present.");
        return generation;
    }

    private static async Task<int> CheckAsync(ActivationContext context)
    {
        var current = SystemClosure.Current(context.Files) ?? throw new UserError("Nothing is activated on this machine yet.", "Deploy first.");
        var errors = await Checks.RunAsync(context, current.Manifest.Checks).ConfigureAwait(false);
        return Report(context, context.Result(errors.Count == 0 ? Outcome.Done : Outcome.Failed, errors));
    }

    private static int Secrets(ActivationContext context)
    {
        using var held = DeploymentLock.TryTake(context.Files, Self(context, "secrets"));
        // Who holds the lock stages them itself.
        return Report(context, held is null ? context.Result(Outcome.Nothing) : Restaging.Run(context));
    }

    private static async Task<int> RecoveredAsync(ActivationContext context)
    {
        using var held = DeploymentLock.TryTake(context.Files, Self(context, "recover"));
        // Who holds the lock is at work, and its journal is its own.
        if (held is null)
            return Report(context, context.Result(Outcome.Nothing));
        return Report(context, await Audited.RunAsync(context, "recover", "", null, () => Task.FromResult(Recovered(context))).ConfigureAwait(false));
    }

    private static (ResultEvent, string?) Recovered(ActivationContext context)
    {
        if (ActivationJournal.Read(context.Files) is { } journal)
        {
            var errors = Recover.Run(context, journal);
            var detail = $"dealt with the interrupted activation of generation {journal.Generation.Number}";
            return (context.Result(errors.Count == 0 ? Outcome.Done : Outcome.Failed, errors), detail);
        }

        if (DataHold.IsLeft(context.Files))
            DataHold.End(context, Activation.Old(context)?.Manifest);
        ActivationJournal.Remove(context.Files);
        if (SystemClosure.CurrentPath(context.Files) is null)
            BootGenerator.Remove(context.Files);
        LastOutcome.RemoveUnfinished(context.Files);
        RevisionFile.Settle(context.Files, context.Generations.Current());
        if (SystemClosure.Current(context.Files)?.Manifest is not { } manifest || !Links.Settle(context, [manifest], manifest))
            return (context.Result(Outcome.Nothing), null);
        context.Systemd.Reread();
        return (context.Result(Outcome.Done), null);
    }

    private static MachineStatus Status(ActivationContext context)
    {
        var manifest = Activation.Old(context)?.Manifest;
        var holder = DeploymentLock.Holder(context.Files);
        return new MachineStatus
        {
            Host = manifest?.Host,
            Current = context.Generations.Current(),
            FailedUnits = manifest is null ? [] : UnitJobs.Behind(manifest, context.Systemd.States(UnitJobs.Asked(null, manifest))),
            Interrupted = holder is null && Declared.IsInterrupted(context.Files),
            BootsOther = SystemClosure.BootPath(context.Files) is { } boots && boots != SystemClosure.CurrentPath(context.Files),
            Drifted = manifest is null ? [] : Links.Drifted(context.Files, manifest),
            Lock = holder,
            Held = holder is null ? DataHold.Find(context.Files) : null,
            Data = DataOverview.Of(context, manifest),
        };
    }

    internal static LockHolder Self(ActivationContext context, string verb, string by = "", string system = "") =>
        new(by, context.Clock.GetUtcNow(), Environment.ProcessId, system) { Verb = verb };

    private static int Report(ActivationContext context, ResultEvent result)
    {
        context.Report(result);
        return result.Outcome.ExitCode();
    }
}
