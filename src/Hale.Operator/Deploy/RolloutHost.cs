using Hale.Declare;
using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Local;

namespace Hale.Operator.Deploy;

/// <summary>One host of a rollout: its connection, how far it is, and how it ended. Each step ends it where it fails, and throws nothing but a cancellation.</summary>
internal sealed class RolloutHost(
    HostPlan plan, Func<Host, SshTarget> targetOf, IReporter reporter, LocalStore store, Builder builder, TimeProvider time, DeploymentOptions options) : IAsyncDisposable
{
    private readonly Deployment deployment = new(store, builder, reporter, time);
    private SshConnection? ssh;
    private Ready? ready;
    private RemoteActivator? activator;
    private PlanShown? shown;
    private DeploymentResult? planned;

    public string Name => plan.Host.Name;

    public HostPlan Plan => plan;

    /// <summary>What planning has to tell, which waits for its turn.</summary>
    public IReadOnlyList<OperatorEvent> Told { get; private set; } = [];

    /// <summary>How it ended; null while it has not.</summary>
    public HostEnd? End { get; private set; }

    /// <summary>Whether somebody has to agree: it has not ended, and something of it would differ.</summary>
    public bool IsDue => End is null && shown is not { IsNothing: true };

    /// <summary>Whether it runs another generation than before.</summary>
    public bool IsSwitched => End?.Result is { Outcome: Outcome.Done or Outcome.NeedsReboot };

    /// <summary>Looks at the machine while the system is built, and plans.</summary>
    public Task PlanAsync(Task<BuiltSystem> building, CancellationToken cancellation) => StepAsync(async () =>
    {
        ssh = new SshConnection(targetOf(plan.Host));
        var link = new MachineLink(ssh, Name, reporter, time);
        // A machine that cannot be had is known long before a system is built; other hosts share the build.
        var facts = await link.LookAsync(plan, cancellation).ConfigureAwait(false);
        ready = new Ready(await building.ConfigureAwait(false), facts, ssh, link, targetOf(plan.Host));
        if (ready.IsDone)
        {
            End = new HostEnd(Name, deployment.Nothing(ready, options.DryRun));
            return;
        }
        IReadOnlyList<OperatorEvent> told;
        try
        {
            (planned, told) = await deployment.PlanAsync(ready, options, cancellation).ConfigureAwait(false);
        }
        catch (UserError error) when (!options.DryRun && error.ExitCode == Outcome.Failed.ExitCode())
        {
            // The activator that the machine runs may be what is broken; the new system brings its own.
            Told = [Of(new Warned($"No plan can be made: {error.Message}", $"The deployment can go on without. To look closer: hale verify {Name}"))];
            return;
        }
        shown = new PlanShown(told);
        // A closer look that comes to nothing is no news, except to who asked for a plan.
        if (options.DryRun || !shown.IsNothing)
            Told = [.. told.Select(Of)];
        if (planned.Outcome != Outcome.Done)
            End = new HostEnd(Name, planned);
    });

    /// <summary>Ends what was only to be planned.</summary>
    public void EndPlanned() => End ??= new HostEnd(Name, planned!);

    /// <summary>Ends it before it was touched.</summary>
    public void EndRefused(ActivationError why)
    {
        var current = shown?.OldGeneration;
        reporter.Report(new FromMachine(Name, new ResultEvent { Outcome = Outcome.Refused, Generation = current, System = shown?.OldSystem, Errors = [why] }));
        End = new HostEnd(Name, new DeploymentResult(Name, Outcome.Refused) { Generation = current, Errors = [why], Plan = planned?.Plan });
    }

    /// <summary>Copies what the machine lacks.</summary>
    public Task CopyAsync(CancellationToken cancellation) =>
        StepAsync(async () => activator = await deployment.CopyAsync(ready!, cancellation).ConfigureAwait(false));

    /// <summary>Switches the machine.</summary>
    /// <param name="vote">Its part where hosts go together; null where it goes alone.</param>
    /// <param name="cancellation">Ends this computer's part.</param>
    public async Task ActivateAsync(Vote? vote, CancellationToken cancellation)
    {
        try
        {
            await StepAsync(async () => End = new HostEnd(
                Name, await deployment.ActivateAsync(activator!, ready!, options, shown, cancellation, vote).ConfigureAwait(false))).ConfigureAwait(false);
        }
        finally
        {
            // Whatever happens the others must not wait for this one.
            if (IsSwitched || End is { ExitCode: 0 })
                vote?.Yes();
            else
                vote?.No();
        }
    }

    /// <summary>Goes back to the generation before, because another host failed.</summary>
    public Task GoBackAsync(string failed, CancellationToken cancellation) => StepAsync(async () =>
    {
        if (shown?.OldGeneration is not { } before)
        {
            reporter.Report(new Warned($"{Name} stays in its first generation, although {failed} failed: there is none before it."));
            return;
        }
        reporter.Report(new Said($"going back to generation {before}, because {failed} failed"));
        var events = await new Handover(ready!.Target, Name, reporter, time).RunAsync(
            activator!, ["rollback", "--to", $"{before}", "--restore-data", "--by", options.Who], options.Switch.Window, cancellation).ConfigureAwait(false);
        var result = events.OfType<ResultEvent>().Last();
        var back = result.Outcome.ExitCode() == 0;
        End = new HostEnd(Name, new DeploymentResult(Name, back ? Outcome.RolledBack : Outcome.RollbackFailed)
        {
            Generation = result.Generation,
            Errors = [new ActivationError($"{failed} failed, and {Name} goes together with it."), .. result.Errors],
        });
    });

    public ValueTask DisposeAsync() => ssh?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task StepAsync(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (UserError error)
        {
            End = new HostEnd(Name, null, error);
        }
    }

    // A reporter of several hosts puts the name before what this one tells; what waited must have it too.
    private OperatorEvent Of(OperatorEvent happened) => reporter is HostReporter ? new OfHost(Name, happened) : happened;
}
