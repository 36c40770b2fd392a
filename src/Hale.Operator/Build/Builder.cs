using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Local;
using Hale.Store.Paths;
using DeclaredPlatform = Hale.Declare.Platform;

namespace Hale.Operator.Build;

/// <summary>What a build is told, apart from plans.</summary>
public sealed record BuildOptions
{
    /// <summary>The folder of fleet.cs: local paths are relative to it, and hale.lock lies in it.</summary>
    public required string FleetFolder { get; init; }

    /// <summary>Where Hale's own sources lie.</summary>
    public required string? SourceFolder { get; init; }

    /// <summary>The lock to use instead of the one beside fleet.cs; null for that one.</summary>
    public string? LockFile { get; init; }

    /// <summary>Pinned sources that local folders replace.</summary>
    public Overrides Overrides { get; init; } = Overrides.None;

    /// <summary>Whether nothing may be added to hale.lock.</summary>
    public bool Locked { get; init; }
}

/// <summary>
/// From plans to systems in the store: makes each derivation once, inputs first, what is independent at the same time. Several
/// plans may be built with one builder; they share what they have in common.
/// </summary>
public sealed class Builder : IDisposable
{
    /// <summary>The name of the activator, for <c>--override</c>.</summary>
    internal const string ActivatorName = "hale-activator";

    private readonly LocalStore store;
    private readonly BuildOptions options;
    private readonly IReporter reporter;
    private readonly TimeProvider time;
    private readonly LocalSources local;
    private readonly Sources sources;
    private readonly Lock gate = new();
    private readonly Dictionary<(string Placeholder, DeclaredPlatform), Task<PathInfo>> made = [];

    /// <summary>Opens a builder.</summary>
    /// <param name="store">Where paths go.</param>
    /// <param name="options">What it is told.</param>
    /// <param name="reporter">Who hears of the work.</param>
    /// <param name="time">The clock.</param>
    public Builder(LocalStore store, BuildOptions options, IReporter reporter, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        (this.store, this.options, this.reporter, this.time) = (store, options, reporter, time);
        local = new LocalSources(store, time);
        sources = new Sources(store, options, reporter, time);
    }

    /// <summary>Builds a host's system.</summary>
    /// <exception cref="UserError">Something cannot be had, is not what the lock says, or does not build.</exception>
    public async Task<BuiltSystem> BuildAsync(HostPlan plan, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var platform = plan.Host.Platform;
        var activator = new DotnetProgram(ActivatorName, "src/Hale.Activator");
        var runtime = new DotnetRuntime();
        var all = plan.Derivations.Append(activator).Append(runtime).ToList();
        await WhenAllOrEveryError(all.Select(one => MakeAsync(one, plan, cancellation))).ConfigureAwait(false);

        StorePath PathOf(Derivation derivation) => made[(derivation.Path, platform)].Result.Path;
        var manifest = Manifests.Of(plan, PathOf, await sources.PackagesAsync(all, plan, cancellation).ConfigureAwait(false), SealedSecrets.Add(plan, options.FleetFolder, store));
        var system = SystemTree.Add(manifest, PathOf(activator), PathOf(runtime), all.Select(PathOf), store);
        return new BuiltSystem
        {
            Plan = plan,
            System = system.Path,
            Manifest = manifest,
            Activator = PathOf(activator),
            Runtime = PathOf(runtime),
            Closure = store.Closure([system.Path]),
            Overridden = options.Overrides.Among(all),
        };
    }

    /// <summary>A lock with entries renewed from the archives; nothing is written.</summary>
    /// <param name="plans">All that the fleet needs.</param>
    /// <param name="names">The sources to renew; all where empty.</param>
    /// <param name="old">The lock so far.</param>
    /// <param name="cancellation">Stops the work.</param>
    internal Task<Hale.Store.Lock.LockFile> UpdateAsync(
        IReadOnlyList<HostPlan> plans, IReadOnlyList<string> names, Hale.Store.Lock.LockFile old, CancellationToken cancellation) =>
        new LockUpdate(sources, reporter, time).RunAsync(plans, names, old, cancellation);

    /// <inheritdoc/>
    public void Dispose() => sources.Dispose();

    private Task<PathInfo> MakeAsync(Derivation derivation, HostPlan plan, CancellationToken cancellation)
    {
        var key = (derivation.Path, plan.Host.Platform);
        lock (gate)
        {
            if (!made.TryGetValue(key, out var task))
                // Off this thread, so that independent ones run at the same time.
                made[key] = task = Task.Run(() => RealiseAsync(derivation, plan, cancellation), cancellation);
            return task;
        }
    }

    private async Task<PathInfo> RealiseAsync(Derivation derivation, HostPlan plan, CancellationToken cancellation)
    {
        var inputs = new Dictionary<Derivation, PathInfo>();
        foreach (var input in derivation.Inputs.Distinct())
            inputs[input] = await MakeAsync(input, plan, cancellation).ConfigureAwait(false);
        if (options.Overrides.For(derivation) is { } folder && !(derivation is DotnetProgram && Sources.IsProject(folder)))
        {
            reporter.Report(new Warned($"OVERRIDE: {derivation.Name} is taken from {folder}, and not from hale.lock."));
            return local.Add(derivation.Name, folder);
        }
        return derivation switch
        {
            TextFile text => Texts.Add(text, inputs, store),
            LinkFolder links => Texts.Add(links, inputs, store),
            LocalPath path => local.Add(path, options.FleetFolder),
            DebianRoot root => await sources.DebianAsync(root, plan, cancellation).ConfigureAwait(false),
            DotnetRuntime => await sources.RuntimeAsync(plan.Host.Platform, cancellation).ConfigureAwait(false),
            DotnetProgram program => await sources.ProgramAsync(program, plan.Host.Platform, cancellation).ConfigureAwait(false),
            Download download => await sources.Remote.AddAsync(download, plan.Host.Platform, cancellation).ConfigureAwait(false),
            NpmPackage package => await sources.Remote.AddAsync(package, cancellation).ConfigureAwait(false),
            _ => throw new NotSupportedException($"Nothing here builds a {derivation.GetType().Name}."),
        };
    }

    /// <summary>Waits for all, so that everything that a person has to mend is told at once; a defect of Hale ends it at once.</summary>
    /// <exception cref="UserError">Some cannot be made: each is named.</exception>
    private static async Task WhenAllOrEveryError(IEnumerable<Task> tasks)
    {
        var open = tasks.ToList();
        var failures = new List<UserError>();
        while (open.Count > 0)
        {
            var done = await Task.WhenAny(open).ConfigureAwait(false);
            open.Remove(done);
            try
            {
                await done.ConfigureAwait(false);
            }
            catch (UserError failure)
            {
                failures.Add(failure);
            }
        }
        if (failures.Count > 0)
            throw UserError.Together(failures);
    }
}
