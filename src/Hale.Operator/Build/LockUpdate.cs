using System.Text.Json.Serialization.Metadata;
using Hale.Declare;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Debian;
using Hale.Store.Dotnet;
using Hale.Store.Download;
using Hale.Store.Lock;
using Hale.Store.Npm;
using DebianRoot = Hale.Produce.DebianRoot;

namespace Hale.Operator.Build;

/// <summary>Resolves entries of a lock anew. Pure but for the archives it asks: what is written is the caller's affair.</summary>
/// <param name="sources">Where entries come from.</param>
/// <param name="reporter">Who hears of the work.</param>
/// <param name="time">The clock.</param>
internal sealed class LockUpdate(Sources sources, IReporter reporter, TimeProvider time)
{
    private sealed record Wanted(string Entry, Func<LockFile, CancellationToken, Task<LockFile>> RenewAsync);

    /// <summary>The lock with the named entries renewed; with none named, all, and those that nothing needs any more taken out.</summary>
    /// <exception cref="UserError">A name is no source's, two hosts want different things under one name, or an archive has no answer.</exception>
    public async Task<LockFile> RunAsync(
        IReadOnlyList<HostPlan> plans, IReadOnlyList<string> names, LockFile old, CancellationToken cancellation)
    {
        var all = All(plans);
        var known = all.Select(wanted => LockKeeper.Short(wanted.Entry)).Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var name in names)
            if (!all.Any(wanted => Means(name, wanted.Entry)))
                throw new UserError($"There is no source \"{name}\" to update.", Nearest.Hint(name, known, "There are"))
                { ExitCode = HaleCommand.Usage };
        var chosen = names.Count == 0 ? all : [.. all.Where(wanted => names.Any(name => Means(name, wanted.Entry)))];
        var renewed = names.Count == 0 ? old.Only(all.Select(wanted => wanted.Entry)) : old;
        var changed = await Task.WhenAll(chosen.Select(wanted => reporter.RunAsync(
            $"resolve {LockKeeper.Short(wanted.Entry)}", time, async () =>
                (await wanted.RenewAsync(old, cancellation).ConfigureAwait(false), "")))).ConfigureAwait(false);
        foreach (var (wanted, with) in chosen.Zip(changed))
            renewed = renewed with { Entries = renewed.Entries.SetItem(wanted.Entry, with.Entries[wanted.Entry]) };
        return renewed;
    }

    private static bool Means(string name, string entry) =>
        name == entry || name == LockKeeper.Short(entry)
            || (name == "dotnet-runtime" && entry.StartsWith("dotnet/", StringComparison.Ordinal));

    private List<Wanted> All(IReadOnlyList<HostPlan> plans)
    {
        var wanted = new Dictionary<string, (Wanted Wanted, string Request, string Host)>(StringComparer.Ordinal);
        foreach (var plan in plans)
        {
            foreach (var root in plan.Derivations.OfType<DebianRoot>())
                Add(Debian(root, plan), root.Path, plan.Host.Name);
            foreach (var download in plan.Derivations.OfType<Download>())
                if (RemoteSources.Request(download, plan.Host.Platform) is { } request)
                    Add(Remote(download, request, plan.Host.Platform), $"{request}", plan.Host.Name);
            foreach (var package in plan.Derivations.OfType<NpmPackage>())
                Add(Npm(package), package.Path, plan.Host.Name);
            Add(Runtime(plan.Host.Platform), "", plan.Host.Name);
        }
        return [.. wanted.Values.Select(value => value.Wanted).OrderBy(one => one.Entry, StringComparer.Ordinal)];

        void Add(Wanted one, string request, string host)
        {
            if (!wanted.TryAdd(one.Entry, (one, request, host)) && wanted[one.Entry].Request != request)
                throw new UserError(
                    $"{wanted[one.Entry].Host} and {host} both have a source {LockKeeper.Short(one.Entry)}, with different contents: one entry of hale.lock cannot be both.",
                    "Give one of the two another name.");
        }
    }

    private Wanted Debian(DebianRoot root, HostPlan plan)
    {
        var (entry, request) = (Sources.Entry(root, plan.Host.Platform), Sources.Request(root, plan));
        return new(entry, async (old, cancellation) =>
        {
            // An entry that cannot be read is renewed like any other: that is what a person is told to do about it.
            var previous = Readable(
                () => old.Find(entry, request, DebianLockJson.Default.DebianRequest, DebianLockJson.Default.DebianLock).Content);
            var locked = await sources.Debian(plan.Fleet).LockAsync(request, previous, cancellation).ConfigureAwait(false);
            return With(old, entry, request, locked, DebianLockJson.Default.DebianRequest, DebianLockJson.Default.DebianLock);
        });
    }

    private Wanted Remote(Download download, DownloadRequest request, Platform platform)
    {
        var entry = RemoteSources.Entry(download, platform);
        return new(entry, async (old, cancellation) => With(
            old, entry, request, await sources.Remote.LockAsync(download.Name, request, cancellation).ConfigureAwait(false),
            DownloadLockJson.Default.DownloadRequest, DownloadLockJson.Default.LockedDownload));
    }

    private Wanted Npm(NpmPackage package)
    {
        var (entry, request) = (RemoteSources.Entry(package), RemoteSources.Request(package));
        return new(entry, async (old, cancellation) => With(
            old, entry, request, await sources.Remote.LockAsync(request, cancellation).ConfigureAwait(false),
            NpmLockJson.Default.NpmRequest, NpmLockJson.Default.LockedNpm));
    }

    private Wanted Runtime(Platform platform)
    {
        var request = new DotnetRequest { Architecture = platform.Debian() };
        return new(Sources.RuntimeEntry(platform), async (old, cancellation) => With(
            old, Sources.RuntimeEntry(platform), request, await sources.Dotnet().LockAsync(request, cancellation).ConfigureAwait(false),
            DotnetLockJson.Default.DotnetRequest, DotnetLockJson.Default.DotnetLock));
    }

    private static LockFile With<TRequest, TContent>(
        LockFile old, string entry, TRequest request, TContent content, JsonTypeInfo<TRequest> requestType,
            JsonTypeInfo<TContent> contentType) =>
        old.With(entry, request, content, requestType, contentType);

    private static T? Readable<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (UserError)
        {
            return null;
        }
    }
}
