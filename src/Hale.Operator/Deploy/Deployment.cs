using System.Text.Json;
using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Operator.Verify;
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
            if (IsDone(system, facts))
            {
                var empty = new ActivationPlan { Host = host };
                reporter.Report(new FromMachine(host, options.DryRun
                    ? new PlanEvent(empty)
                    : new ResultEvent { Outcome = Outcome.Nothing, System = system.System.ToString() }));
                return new DeploymentResult(host, Outcome.Nothing) { Plan = empty };
            }
            if (options.DryRun)
                return await PlanAsync(system, facts, ssh, cancellation).ConfigureAwait(false);

            var revision = options.RevisionFolder is { } folder ? await GitRevision.OfAsync(folder, cancellation).ConfigureAwait(false)
                : null;
            var (activator, _) = await link.CopyAsync(system, facts, store, cancellation).ConfigureAwait(false);
            return await ActivateAsync(activator, system, target, revision, options, cancellation).ConfigureAwait(false);
        }
    }

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

    /// <summary>Whether the machine is in this very system with its very secrets, and well.</summary>
    private static bool IsDone(BuiltSystem system, MachineFacts facts) =>
        facts.System == system.System.ToString() && facts.Boot == facts.System && facts.Sealed == system.Manifest.Sealed && facts.IsWhole && !facts.IsInterrupted
        && !DriftGlance.Suspects(system.Manifest, system.Plan.Units, facts.Drift);

    private async Task<DeploymentResult> PlanAsync(
        BuiltSystem system, MachineFacts facts, SshConnection ssh, CancellationToken cancellation)
    {
        var manifest = JsonSerializer.SerializeToUtf8Bytes(system.Manifest, ManifestJson.Default.SystemManifest);
        var asked = new PlanInput(manifest, SecretTexts.Of(system.Manifest, store)).ToBytes();
        var host = system.Plan.Host.Name;
        var events = facts.IsWhole
            ? await RemoteActivator.OfCurrent(ssh, host).RunAsync(
                ["plan", "--manifest", "-"], (stream, stop) => stream.WriteAsync(asked, stop).AsTask(), reporter, cancellation).ConfigureAwait(false)
            : await LocalPlanner.RunAsync(system, store, manifest, reporter, cancellation).ConfigureAwait(false);
        if (events.OfType<ResultEvent>().LastOrDefault() is { } result)
            return Ended(host, result, null);
        return new DeploymentResult(host, Outcome.Done) { Plan = events.OfType<PlanEvent>().LastOrDefault()?.Plan, Findings = Found(events) };
    }

    private async Task<DeploymentResult> ActivateAsync(
        RemoteActivator activator, BuiltSystem system, SshTarget target, string? revision, DeploymentOptions options, CancellationToken cancellation)
    {
        var host = system.Plan.Host.Name;
        string[] arguments =
        [
            "activate", "--system", system.System.ToString(), "--by", options.Who, "--drift", options.Drift.ToString().ToLowerInvariant(), .. options.Switch.Arguments,
            .. revision is null ? Array.Empty<string>() : ["--revision", revision],
        ];
        var window = options.Switch.Mode == SwitchMode.Boot ? TimeSpan.Zero : options.Switch.Window;
        var events = await new Handover(target, host, reporter, time).RunAsync(activator, arguments, window, cancellation).ConfigureAwait(false);
        var result = events.OfType<ResultEvent>().Last();
        return Ended(host, result, events.OfType<PlanEvent>().LastOrDefault()?.Plan) with { Findings = Found(events) };
    }

    private static IReadOnlyList<Finding> Found(IEnumerable<ActivationEvent> events) => [.. events.OfType<FindingEvent>().Select(one => one.Finding)];

    private static DeploymentResult Ended(string host, ResultEvent result, ActivationPlan? plan) =>
        new(host, result.Outcome) { Generation = result.Generation, Errors = result.Errors, Plan = plan };
}
