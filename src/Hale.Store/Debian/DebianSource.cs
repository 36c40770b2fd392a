namespace Hale.Store.Debian;

/// <summary>
/// Packages of Debian as store paths: <see cref="LockAsync"/> asks the archive which packages a request means today and pins
/// them.
/// </summary>
public sealed class DebianSource : IDisposable
{
    private readonly MirrorSettings mirror;
    private readonly HttpClient http;
    private readonly Downloader downloader;
    private readonly TimeProvider time;

    /// <summary>Opens the source.</summary>
    /// <param name="mirror">Where the packages come from.</param>
    /// <param name="cache">Hale's cache folder; downloads are kept in <c>downloads/sha256</c> below it.</param>
    /// <param name="time">The clock that an index's age is measured with; null for the system's.</param>
    public DebianSource(MirrorSettings mirror, string cache, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(cache);
        this.mirror = mirror;
        this.time = time ?? TimeProvider.System;
        http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = mirror.Proxy is not null,
            Proxy = mirror.Proxy is null ? null : new System.Net.WebProxy(mirror.Proxy),
            ConnectTimeout = TimeSpan.FromSeconds(15),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("hale");
        downloader = new Downloader(http, Path.Combine(cache, "downloads", "sha256"), this.time);
    }

    /// <summary>Hears what a person should know although it stops nothing: an expired index. Called from any thread.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Hears how downloads come along. Called from any thread.</summary>
    public IProgress<FetchProgress>? Progress { get; init; }

    /// <summary>Whether a lock may be made from an index older than the previous lock's: a deliberate step back.</summary>
    public bool AllowOlderIndex { get; init; }

    /// <summary>Finds and pins the closure of a request, from the archive as it is now.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="previous">The lock it replaces: an index older than that one's is refused. Null for the first.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="UserError">
    /// The archive cannot be reached or its word cannot be verified; a package does not exist; the demands cannot be met together.
    /// </exception>
    public async Task<DebianLock> LockAsync(DebianRequest request, DebianLock? previous = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Suites.Count == 0)
            throw new UserError("The request names no suite.", "Name the Debian release to take packages from: trixie.");
        var index = new ReleaseIndex(mirror, downloader, time, Warn);
        var suites = await Task.WhenAll(request.Suites.Distinct().Select(suite => Task.Run(
            () => index.FetchAsync(suite, request.Architecture, AtLeast(suite, previous), Progress, cancellation), cancellation)));
        var universe = new PackageUniverse(request.Architecture, request.Suites, suites.SelectMany(static suite => suite.Packages));
        return new DebianLock
        {
            Suites = [.. suites.Select(static suite => suite.Suite)],
            Packages = [.. Resolver.Resolve(request, universe).Select(static package => new LockedPackage
            {
                Name = package.Name,
                Version = package.Version.Text,
                Architecture = package.Architecture,
                Suite = package.Suite,
                File = package.File,
                Size = package.Size,
                Sha256 = package.Sha256,
            })],
        };
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private DateTimeOffset? AtLeast(string suite, DebianLock? previous) =>
        AllowOlderIndex ? null : previous?.Suites.FirstOrDefault(locked => locked.Name == suite)?.Date;
}
