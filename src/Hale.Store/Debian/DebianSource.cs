namespace Hale.Store.Debian;

/// <summary>
/// Packages of Debian as store paths: <see cref="LockAsync"/> asks the archive which packages a request means today and pins
/// them.
/// </summary>
public sealed class DebianSource : IDisposable
{
    private readonly MirrorSettings mirror;
    private readonly HttpClient http;
    private readonly string downloads;
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
        downloads = Path.Combine(cache, "downloads", "sha256");
    }

    /// <summary>Hears what a person should know although it stops nothing: an expired index. Called from any thread.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Hears how downloads come along. Called from any thread.</summary>
    public IProgress<FetchProgress>? Progress { get; init; }

    /// <summary>Whether a lock may be made from an index older than the previous lock's: a deliberate step back.</summary>
    public bool AllowOlderIndex { get; init; }

    /// <summary>How long to wait before a second try of a download; the third waits twice as long. One second by default.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    private Downloader Downloader => new(http, downloads, time) { Pause = Pause };

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
        var index = new ReleaseIndex(mirror, Downloader, time, Warn);
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

    /// <summary>Fetches what is missing of a locked closure and assembles its root in a folder.</summary>
    /// <param name="name">The entry's name for <c>hale update</c>.</param>
    /// <param name="request">The request that the lock answers.</param>
    /// <param name="locked">The lock.</param>
    /// <param name="root">The root's folder: empty, or not there yet.</param>
    /// <param name="cancellation">Stops the work.</param>
    internal async Task AssembleAsync(string name, DebianRequest request, DebianLock locked, string root, CancellationToken cancellation)
    {
        var wanted = locked.Packages.Select(package => ToDownload(name, package)).ToList();
        var files = await Downloader.FetchAllAsync(wanted, Progress, cancellation);
        var packages = locked.Packages.Zip(files, static (package, file) => new FetchedPackage(package, file)).ToList();
        await Task.Run(
            () => DebianRoot.Assemble(root, packages, locked.Suites[0].Codename, request.Complete, new UnpackLimits(), cancellation), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private DateTimeOffset? AtLeast(string suite, DebianLock? previous) =>
        AllowOlderIndex ? null : previous?.Suites.FirstOrDefault(locked => locked.Name == suite)?.Date;

    private Download ToDownload(string name, LockedPackage package) => new()
    {
        Addresses = [new Uri(mirror.ArchiveOf(package.Suite), package.File)],
        Sha256 = package.Sha256,
        Size = package.Size,
        MissingHint = $"The mirror has dropped {package.Name} {package.Version}, as mirrors do once a newer version is there: `hale update {name}` renews the pin.",
        WrongHint = $"The file is not the one that was locked, and is refused: use another mirror, or run `hale update {name}` if the archive replaced it.",
    };
}
