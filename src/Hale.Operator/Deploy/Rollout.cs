using Hale.Declare;
using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Local;

namespace Hale.Operator.Deploy;

/// <summary>What a deployment to one or several hosts is told.</summary>
internal sealed record RolloutOptions
{
    /// <summary>What each host's deployment is told.</summary>
    public DeploymentOptions Each { get; init; } = new();

    /// <summary>Whether all hosts switch or none does.</summary>
    public bool Together { get; init; }

    /// <summary>How many hosts are worked on at one time, at least 1. Hosts that switch together all do so at one time.</summary>
    public int AtOnce { get; init; } = 8;

    /// <summary>Asked with the names of the hosts that would change, once all plans have been told; null asks nobody.</summary>
    public Func<IReadOnlyList<string>, Task<bool>>? Approve { get; init; }
}

/// <summary>How a host's part ended: with what the machine came to, or with why it came to nothing.</summary>
internal sealed record HostEnd(string Host, DeploymentResult? Result, UserError? Error = null)
{
    /// <summary>The exit code.</summary>
    public int ExitCode => Result?.ExitCode ?? Error!.ExitCode;
}

/// <summary>
/// Brings hosts to what was declared, side by side: one build is shared, all plans are told before anything is asked or changed, and a
/// host that fails stops no other.
/// </summary>
/// <param name="store">The store of this computer.</param>
/// <param name="builder">Builds into it.</param>
/// <param name="reporter">Who hears of it.</param>
/// <param name="time">The clock.</param>
/// <param name="targetOf">Where a host is reached.</param>
/// <param name="options">What else it is told.</param>
internal sealed class Rollout(
    LocalStore store, Builder builder, IReporter reporter, TimeProvider time, Func<Host, SshTarget> targetOf, RolloutOptions options)
{
    /// <summary>Deploys, or only plans.</summary>
    /// <returns>How each host's part ended, in their order.</returns>
    public async Task<IReadOnlyList<HostEnd>> RunAsync(IReadOnlyList<HostPlan> plans, CancellationToken cancellation)
    {
        var hosts = plans.Select(plan => new RolloutHost(
            plan, targetOf, plans.Count == 1 ? reporter : new HostReporter(reporter, plan.Host.Name), store, builder, time, options.Each)).ToList();
        try
        {
            await RunAsync(hosts, cancellation).ConfigureAwait(false);
            return [.. hosts.Select(host => host.End!)];
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RunAsync(IReadOnlyList<RolloutHost> hosts, CancellationToken cancellation)
    {
        await PlanAsync(hosts, cancellation).ConfigureAwait(false);
        foreach (var happened in hosts.SelectMany(host => host.Told))
            reporter.Report(happened);
        if (options.Each.DryRun)
        {
            foreach (var host in hosts)
                host.EndPlanned();
            return;
        }

        if (!NoneFailed(hosts, "nothing was copied to it"))
            return;
        List<RolloutHost> Due() => [.. hosts.Where(host => host.End is null)];
        var asked = hosts.Where(host => host.IsDue).ToList();
        if (asked.Count > 0 && options.Approve is { } approve && !await approve([.. asked.Select(host => host.Name)]).ConfigureAwait(false))
        {
            foreach (var host in Due())
                host.EndRefused(new ActivationError("You did not agree."));
            return;
        }

        await EachAsync(Due(), host => host.CopyAsync(cancellation), cancellation).ConfigureAwait(false);
        if (!NoneFailed(hosts, "it was not switched"))
            return;
        var due = Due();
        if (!options.Together)
        {
            await EachAsync(due, host => host.ActivateAsync(null, cancellation), cancellation).ConfigureAwait(false);
            return;
        }

        var ballot = new Ballot(due.Count);
        await Task.WhenAll(due.Select(host => host.ActivateAsync(ballot.Join(), cancellation))).ConfigureAwait(false);
        // Those that had agreed and were committed before one was lost on the last step.
        if (due.FirstOrDefault(host => host.End!.ExitCode != 0 && host.End.ExitCode != Outcome.NeedsReboot.ExitCode()) is { } failed)
            await Task.WhenAll(due.Where(host => host.IsSwitched).Select(host => host.GoBackAsync(failed.Name, cancellation))).ConfigureAwait(false);
    }

    /// <summary>Builds and looks at the same time; a build that nobody waits for any more is stopped.</summary>
    private async Task PlanAsync(IReadOnlyList<RolloutHost> hosts, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var building = BuildAsync(hosts, stopping.Token);
        try
        {
            await EachAsync(hosts, PlanOneAsync, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await Quietly(Task.WhenAll(building.Values)).ConfigureAwait(false);
        }

        async Task PlanOneAsync(RolloutHost host)
        {
            try
            {
                await host.PlanAsync(building[host], cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (IsLost(hosts) && !cancellation.IsCancellationRequested)
            {
                // Its system is not built any more.
            }
            // A machine that cannot be had is known in seconds, and a build may take minutes, which here would be for nothing.
            if (IsLost(hosts))
                await stopping.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whether none will be switched, because one has failed already; a plan is told of all the others.</summary>
    private bool IsLost(IReadOnlyList<RolloutHost> hosts) =>
        options.Together && !options.Each.DryRun && hosts.Any(host => host.End is { ExitCode: not 0 });

    /// <summary>Where hosts go together, one that failed ends the others before they are switched.</summary>
    private bool NoneFailed(IReadOnlyList<RolloutHost> hosts, string state)
    {
        if (!options.Together || hosts.FirstOrDefault(host => host.End is { ExitCode: not 0 }) is not { } failed)
            return true;
        foreach (var host in hosts.Where(host => host.End is null))
            host.EndRefused(new ActivationError($"{failed.Name} failed, and {host.Name} goes together with it: {state}.", $"Mend {failed.Name}, or deploy without --together."));
        return false;
    }

    /// <summary>Builds one after the other: what a system is made of is built side by side already, and what two share once.</summary>
    private Dictionary<RolloutHost, Task<BuiltSystem>> BuildAsync(IReadOnlyList<RolloutHost> hosts, CancellationToken cancellation)
    {
        var building = new Dictionary<RolloutHost, Task<BuiltSystem>>();
        Task before = Task.CompletedTask;
        foreach (var host in hosts)
            before = building[host] = AfterAsync(before, host);
        return building;

        async Task<BuiltSystem> AfterAsync(Task earlier, RolloutHost host)
        {
            await Quietly(earlier).ConfigureAwait(false);
            // Its machine could not be had meanwhile.
            if (host.End is not null)
                throw new OperationCanceledException();
            return await builder.BuildAsync(host.Plan, cancellation).ConfigureAwait(false);
        }
    }

    private static Task Quietly(Task task) =>
        task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private Task EachAsync(IEnumerable<RolloutHost> hosts, Func<RolloutHost, Task> work, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            hosts, new ParallelOptions { MaxDegreeOfParallelism = options.AtOnce, CancellationToken = cancellation },
            async (host, _) => await work(host).ConfigureAwait(false));
}
