using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hale.Declare;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Debian;
using Hale.Store.Dotnet;
using Hale.Store.Download;
using Hale.Store.Lock;
using Hale.Store.Npm;
using DebianRoot = Hale.Produce.DebianRoot;

namespace Hale.Operator.Build;

/// <summary>Something that comes from outside and has an entry in <c>hale.lock</c>.</summary>
/// <param name="Entry">The entry's name: <c>debian/caddy/amd64</c>.</param>
/// <param name="Identity">Equal where two hosts ask for the same.</param>
/// <param name="Host">A host that needs it.</param>
internal abstract record PinnedSource(string Entry, string Identity, string Host)
{
    /// <summary>Whether a lock has it as it is wanted.</summary>
    public abstract LockState StateIn(LockFile locked);

    /// <summary>The lock with this entry resolved anew.</summary>
    /// <exception cref="UserError">Where it comes from has no answer.</exception>
    public abstract Task<LockFile> RenewAsync(LockFile old, Sources sources, CancellationToken cancellation);
}

/// <summary>What plans take from outside, as entries of <c>hale.lock</c>, and what is amiss with a lock that should hold them.</summary>
internal static class PinnedSources
{
    /// <summary>Every source of the plans, once each, in the order of their entries.</summary>
    /// <exception cref="UserError">Two hosts want different things under one name.</exception>
    public static IReadOnlyList<PinnedSource> Of(IReadOnlyList<HostPlan> plans)
    {
        var wanted = new Dictionary<string, PinnedSource>(StringComparer.Ordinal);
        foreach (var source in plans.SelectMany(Of))
            if (!wanted.TryAdd(source.Entry, source) && wanted[source.Entry] is var other && other.Identity != source.Identity)
                throw new UserError(
                    $"{other.Host} and {source.Host} both have a source {LockKeeper.Short(source.Entry)}, with different contents: one entry of hale.lock cannot be both.",
                    "Give one of the two another name.");
        return [.. wanted.Values.OrderBy(one => one.Entry, StringComparer.Ordinal)];
    }

    /// <summary>Refuses a lock that does not answer what the plans ask, naming each entry.</summary>
    /// <param name="sources">What is asked.</param>
    /// <param name="locked">The lock.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="mayAdd">Whether an entry may be missing.</param>
    /// <exception cref="UserError">An entry was made for another request, or is missing and may not be.</exception>
    public static void Require(IReadOnlyList<PinnedSource> sources, LockFile locked, string path, bool mayAdd)
    {
        var amiss = new List<UserError>();
        foreach (var source in sources)
            if (source.StateIn(locked) is var state && state == LockState.Stale)
                amiss.Add(LockKeeper.Stale(path, source.Entry));
            else if (state == LockState.Missing && !mayAdd)
                amiss.Add(LockKeeper.Missing(path, source.Entry));
        if (amiss.Count > 0)
            throw UserError.Together(amiss);
    }

    private static IEnumerable<PinnedSource> Of(HostPlan plan)
    {
        foreach (var derivation in plan.Derivations)
            switch (derivation)
            {
                case DebianRoot root:
                    yield return Debian(root, plan);
                    break;
                case Download download when RemoteSources.Request(download, plan.Host.Platform) is { } request:
                    yield return Remote(download, request, plan);
                    break;
                case NpmPackage package:
                    yield return Npm(package, plan);
                    break;
            }
        yield return Runtime(plan);
    }

    private static Pinned<DebianRequest, DebianLock> Debian(DebianRoot root, HostPlan plan)
    {
        var request = Sources.Request(root, plan);
        return new(
            Sources.Entry(root, plan.Host.Platform), root.Path, plan.Host.Name, request, DebianLockJson.Write, () => DebianLockJson.Default.DebianRequest, () => DebianLockJson.Default.DebianLock,
            (sources, previous, cancellation) => sources.Debian(plan.Fleet).LockAsync(request, previous, cancellation));
    }

    private static Pinned<DownloadRequest, LockedDownload> Remote(Download download, DownloadRequest request, HostPlan plan) => new(
        RemoteSources.Entry(download, plan.Host.Platform), $"{request}", plan.Host.Name,
        request, DownloadLockJson.Write, () => DownloadLockJson.Default.DownloadRequest, () => DownloadLockJson.Default.LockedDownload,
        (sources, _, cancellation) => sources.Remote.LockAsync(download.Name, request, cancellation));

    private static Pinned<NpmRequest, LockedNpm> Npm(NpmPackage package, HostPlan plan)
    {
        var request = RemoteSources.Request(package);
        return new(
            RemoteSources.Entry(package), package.Path, plan.Host.Name, request, NpmLockJson.Write, () => NpmLockJson.Default.NpmRequest, () => NpmLockJson.Default.LockedNpm,
            (sources, _, cancellation) => sources.Remote.LockAsync(request, cancellation));
    }

    private static Pinned<DotnetRequest, DotnetLock> Runtime(HostPlan plan)
    {
        var request = new DotnetRequest { Architecture = plan.Host.Platform.Debian() };
        return new(
            Sources.RuntimeEntry(plan.Host.Platform), "", plan.Host.Name, request, DotnetLockJson.Write, () => DotnetLockJson.Default.DotnetRequest, () => DotnetLockJson.Default.DotnetLock,
            (sources, _, cancellation) => sources.Dotnet().LockAsync(request, cancellation));
    }

    // What describes the types to the JSON reader is made where something is read: to say whether a lock fits, nobody needs it.
    private sealed record Pinned<TRequest, TContent>(
        string Entry, string Identity, string Host, TRequest Request, Action<Utf8JsonWriter, TRequest> Write,
        Func<JsonTypeInfo<TRequest>> RequestType, Func<JsonTypeInfo<TContent>> ContentType,
        Func<Sources, TContent?, CancellationToken, Task<TContent>> ResolveAsync) : PinnedSource(Entry, Identity, Host)
        where TContent : class
    {
        public override LockState StateIn(LockFile locked) => locked.StateOf(Entry, writer => Write(writer, Request));

        public override async Task<LockFile> RenewAsync(LockFile old, Sources sources, CancellationToken cancellation) =>
            old.With(Entry, Request, await ResolveAsync(sources, Previous(old), cancellation).ConfigureAwait(false), RequestType(), ContentType());

        // An entry that cannot be read is renewed like any other: that is what a person is told to do about it.
        private TContent? Previous(LockFile old)
        {
            try
            {
                return old.Find(Entry, Request, RequestType(), ContentType()).Content;
            }
            catch (UserError)
            {
                return null;
            }
        }
    }
}
