using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Lock;

namespace Hale.Operator.Build;

/// <summary>Resolves entries of a lock anew. Pure but for the archives it asks: what is written is the caller's affair.</summary>
/// <param name="sources">Where entries come from.</param>
/// <param name="reporter">Who hears of the work.</param>
/// <param name="time">The clock.</param>
internal sealed class LockUpdate(Sources sources, IReporter reporter, TimeProvider time)
{
    /// <summary>The lock with the named entries renewed; with none named, all, and those that nothing needs any more taken out.</summary>
    /// <exception cref="UserError">A name is no source's, two hosts want different things under one name, or an archive has no answer.</exception>
    public async Task<LockFile> RunAsync(
        IReadOnlyList<HostPlan> plans, IReadOnlyList<string> names, LockFile old, CancellationToken cancellation)
    {
        var all = PinnedSources.Of(plans);
        var known = all.Select(source => LockKeeper.Short(source.Entry)).Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var name in names)
            if (!all.Any(source => Means(name, source.Entry)))
                throw new UserError($"There is no source \"{name}\" to update.", Nearest.Hint(name, known, "There are"))
                { ExitCode = HaleCommand.Usage };
        var chosen = names.Count == 0 ? all : [.. all.Where(source => names.Any(name => Means(name, source.Entry)))];
        var renewed = names.Count == 0 ? old.Only(all.Select(source => source.Entry)) : old;
        var changed = await Task.WhenAll(chosen.Select(source => reporter.RunAsync(
            $"resolve {LockKeeper.Short(source.Entry)}", time, async () =>
                (await source.RenewAsync(old, sources, cancellation).ConfigureAwait(false), "")))).ConfigureAwait(false);
        foreach (var (source, with) in chosen.Zip(changed))
            renewed = renewed with { Entries = renewed.Entries.SetItem(source.Entry, with.Entries[source.Entry]) };
        return renewed;
    }

    private static bool Means(string name, string entry) =>
        name == entry || name == LockKeeper.Short(entry)
            || (name == "dotnet-runtime" && entry.StartsWith("dotnet/", StringComparison.Ordinal));
}
