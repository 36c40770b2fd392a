using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Local;

namespace Hale.Operator.Deploy;

/// <summary>What a deployment is told, apart from what goes where.</summary>
public sealed record DeploymentOptions
{
    /// <summary>Only say what would be done.</summary>
    public bool DryRun { get; init; }

    /// <summary>Who deploys, for the machine's records.</summary>
    public string Who { get; init; } = "";

    /// <summary>How the machine is switched.</summary>
    public SwitchOptions Switch { get; init; } = new();

    /// <summary>What becomes of what was changed on the machine by hand.</summary>
    public DriftPolicy Drift { get; init; }

    /// <summary>The folder whose git revision is recorded; null for none.</summary>
    public string? RevisionFolder { get; init; }
}

/// <summary>How a deployment ended.</summary>
/// <param name="Host">The host's name.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record DeploymentResult(string Host, Outcome Outcome)
{
    /// <summary>The generation that the machine is in; null before the first, or where it was not asked.</summary>
    public int? Generation { get; init; }

    /// <summary>What went wrong.</summary>
    public IReadOnlyList<ActivationError> Errors { get; init; } = [];

    /// <summary>What would be done or was done; null where nothing was to do and nobody asked.</summary>
    public ActivationPlan? Plan { get; init; }

    /// <summary>What was changed on the machine by hand; put back, unless the outcome says otherwise.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>The process exit code. Nothing to do although something of it has failed is no success.</summary>
    public int ExitCode => (Outcome == Outcome.Nothing && Errors.Count > 0 ? Outcome.Failed : Outcome).ExitCode();
}

/// <summary>
/// Brings a machine to what was declared: builds, looks, copies what is missing, hands over to the activator. The same code serves
/// <c>hale deploy</c>, <c>hale plan</c>, <c>hale try</c> and the tests.
/// </summary>
/// <param name="store">The store of this computer.</param>
/// <param name="builder">Builds plans into it.</param>
/// <param name="reporter">Who hears of the work, and the machine's own events.</param>
/// <param name="time">The clock.</param>
public sealed class Deployment(LocalStore store, Builder builder, IReporter reporter, TimeProvider time)
{
    /// <summary>Deploys a host, or plans to.</summary>
    /// <param name="plan">What the host comes to.</param>
    /// <param name="target">Where the machine is.</param>
    /// <param name="options">What else it is told.</param>
    /// <param name="cancellation">Stops at the next safe point; an activation under way is finished or taken back by the machine.</param>
    /// <returns>How it ended; refusals and failures of the machine too.</returns>
    /// <exception cref="UserError">The machine cannot be reached, is not one that Hale deploys to, or something does not build.</exception>
    public async Task<DeploymentResult> RunAsync(HostPlan plan, SshTarget target, DeploymentOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(options);
        var host = plan.Host.Name;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ssh = new SshConnection(target);
        await using (ssh.ConfigureAwait(false))
        {
            var link = new MachineLink(ssh, host, reporter, time);
            var (system, facts) = await BothAsync(builder.BuildAsync(plan, stopping.Token), link.LookAsync(plan, stopping.Token), stopping)
                .ConfigureAwait(false);
            var ready = new Ready(system, facts, ssh, link, target);
            if (ready.IsDone)
                return Nothing(ready, options.DryRun);
            if (options.DryRun)
            {
                var (result, told) = await PlanAsync(ready, options, cancellation).ConfigureAwait(false);
                foreach (var one in told)
                    reporter.Report(one);
                return result;
            }
            return await ActivateAsync(await CopyAsync(ready, cancellation).ConfigureAwait(false), ready, options, null, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Tells that the machine is what it is to be.</summary>
    internal DeploymentResult Nothing(Ready ready, bool dryRun)
    {
        var empty = new ActivationPlan { Host = ready.Host };
        reporter.Report(new FromMachine(ready.Host, dryRun
            ? new PlanEvent(empty)
            : new ResultEvent { Outcome = Outcome.Nothing, System = ready.System.System.ToString() }));
        return new DeploymentResult(ready.Host, Outcome.Nothing) { Plan = empty };
    }

    /// <summary>Asks the machine what would change; tells nobody yet.</summary>
    /// <returns>How it ended, with the plan, and what there is to tell.</returns>
    internal async Task<(DeploymentResult Result, IReadOnlyList<OperatorEvent> Told)> PlanAsync(
        Ready ready, DeploymentOptions options, CancellationToken cancellation)
    {
        var told = await new Planning(store).RunAsync(
            ready, await RevisionAsync(options, cancellation).ConfigureAwait(false), options.Switch.DataArguments, cancellation).ConfigureAwait(false);
        var events = told.OfType<FromMachine>().Select(one => one.Event).ToList();
        var plan = events.OfType<PlanEvent>().LastOrDefault()?.Plan;
        // Data that the system cannot do with are no matter for a question, nor for copying first.
        if (plan?.State.Where(state => state.Action == StateAction.Refuse).Select(state => new ActivationError($"{ready.Host}: {state.Reason}", state.Hint)).ToList() is { Count: > 0 } refusals)
        {
            var refused = new ResultEvent { Outcome = Outcome.Refused, Generation = plan.Detail?.OldGeneration, System = plan.Detail?.OldSystem, Errors = refusals };
            return (Ended(ready.Host, refused, plan), [.. told, new FromMachine(ready.Host, refused)]);
        }
        return (events.OfType<ResultEvent>().LastOrDefault() is { } result ? Ended(ready.Host, result, plan)
            : new DeploymentResult(ready.Host, Outcome.Done) { Plan = plan, Findings = Found(events) }, told);
    }

    /// <summary>Copies what is missing; what runs there does not change.</summary>
    /// <returns>The new system's activator.</returns>
    internal async Task<RemoteActivator> CopyAsync(Ready ready, CancellationToken cancellation) =>
        (await ready.Link.CopyAsync(ready.System, ready.Facts, store, cancellation).ConfigureAwait(false)).Activator;

    private static async Task<string?> RevisionAsync(DeploymentOptions options, CancellationToken cancellation) =>
        options.RevisionFolder is { } folder ? await GitRevision.OfAsync(folder, cancellation).ConfigureAwait(false) : null;

    /// <summary>Waits for both; the first failure ends the other.</summary>
    private static async Task<(BuiltSystem, MachineFacts)> BothAsync(
        Task<BuiltSystem> building, Task<MachineFacts> looking, CancellationTokenSource stopping)
    {
        try
        {
            await (await Task.WhenAny(building, looking).ConfigureAwait(false)).ConfigureAwait(false);
            return (await building.ConfigureAwait(false), await looking.ConfigureAwait(false));
        }
        catch
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(building, looking).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Switches the machine.</summary>
    /// <param name="activator">The new system's activator there.</param>
    /// <param name="ready">The machine.</param>
    /// <param name="options">How.</param>
    /// <param name="plan">The plan that somebody agreed to: it must still hold, and is not told again; null where none was asked for.</param>
    /// <param name="cancellation">Ends this computer's part.</param>
    /// <param name="vote">Where several hosts switch together or not at all: this one's part in it.</param>
    internal async Task<DeploymentResult> ActivateAsync(
        RemoteActivator activator, Ready ready, DeploymentOptions options, PlanShown? plan, CancellationToken cancellation, Vote? vote = null)
    {
        var revision = await RevisionAsync(options, cancellation).ConfigureAwait(false);
        string[] arguments =
        [
            "activate", "--system", ready.System.System.ToString(), "--by", options.Who, .. options.Switch.Arguments,
            "--drift", options.Drift.ToString().ToLowerInvariant(),
            .. plan is null ? Array.Empty<string>() : ["--if-system", plan.OldSystem ?? "none"],
            .. revision is null ? Array.Empty<string>() : ["--revision", revision],
        ];
        var window = options.Switch.Mode == SwitchMode.Boot ? TimeSpan.Zero : options.Switch.Window;
        var handover = new Handover(ready.Target, ready.Host, plan is null ? reporter : plan.Without(reporter), time) { Vote = vote };
        var events = await handover.RunAsync(activator, arguments, window, cancellation).ConfigureAwait(false);
        return Ended(ready.Host, events.OfType<ResultEvent>().Last(), events.OfType<PlanEvent>().LastOrDefault()?.Plan) with { Findings = Found(events) };
    }

    private static IReadOnlyList<Finding> Found(IEnumerable<ActivationEvent> events) => [.. events.OfType<FindingEvent>().Select(one => one.Finding)];

    private static DeploymentResult Ended(string host, ResultEvent result, ActivationPlan? plan) =>
        new(host, result.Outcome) { Generation = result.Generation, Errors = result.Errors, Plan = plan };
}
