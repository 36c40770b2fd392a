using System.Text;
using Hale.Store.Fetch;
using Hale.Store.Local;
using Hale.Store.Paths;
using Hale.Store.Unpack;

namespace Hale.Store.Debian;

/// <summary>
/// Packages of Debian as store paths. <see cref="LockAsync"/> asks the archive which packages a request means today and pins them;
/// <see cref="RealiseAsync"/> makes the hermetic root of a pin, the same bytes wherever and whenever it is made.
/// </summary>
public sealed class DebianSource : IDisposable
{
    private readonly LocalStore store;
    private readonly Lazy<MirrorSettings> mirror;
    private readonly Lazy<HttpClient> http;
    private readonly TimeProvider time;

    /// <summary>Opens the source.</summary>
    /// <param name="store">The store that roots go to; downloads are kept beside it.</param>
    /// <param name="mirror">
    /// Tells where the packages come from: <see cref="MirrorSettings.OfThisComputer"/>, or what the fleet says. It is asked only
    /// when something must be fetched, so that what is here already needs no mirror.
    /// </param>
    /// <param name="time">The clock that an index's age is measured with; null for the system's.</param>
    public DebianSource(LocalStore store, Func<MirrorSettings> mirror, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(mirror);
        this.store = store;
        this.mirror = new Lazy<MirrorSettings>(mirror);
        this.time = time ?? TimeProvider.System;
        http = new Lazy<HttpClient>(() => WebClients.Through(this.mirror.Value.Proxy));
    }

    /// <summary>Hears what a person should know although it stops nothing: an expired index. Called from any thread.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Hears how downloads come along. Called from any thread.</summary>
    public IProgress<FetchProgress>? Progress { get; init; }

    /// <summary>Whether a lock may be made from an index older than the previous lock's: a deliberate step back.</summary>
    public bool AllowOlderIndex { get; init; }

    /// <summary>How long to wait before a second try of a download; the third waits twice as long. One second by default.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    private Downloader Downloader => new(http, store.Downloads, time) { Pause = Pause };

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
        var index = new ReleaseIndex(mirror.Value, Downloader, time, Warn);
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

    /// <summary>The hermetic root of a pin, from the store or made now: what is missing is fetched, verified and unpacked.</summary>
    /// <param name="name">The name that <c>hale update</c> knows the lock entry by; the store path's name begins with it.</param>
    /// <param name="request">The request that the lock answers.</param>
    /// <param name="locked">The lock.</param>
    /// <param name="cancellation">Stops the work; nothing half-done stays.</param>
    /// <exception cref="UserError">
    /// The lock is damaged; a package is not to be had or not what was pinned; packages do not fit together; the disk is full.
    /// </exception>
    public async Task<PathInfo> RealiseAsync(string name, DebianRequest request, DebianLock locked, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(locked);
        LockCheck.Check(name, request, locked);
        var codename = locked.Suites[0].Codename;
        var key = KeyOf(name, request, locked, codename);
        if (store.Realised(key) is { } known) return known;

        var wanted = locked.Packages.Select(package => ToDownload(name, package)).ToList();
        var files = await Downloader.FetchAllAsync(wanted, Progress, cancellation);
        var packages = locked.Packages.Zip(files, static (package, file) => new FetchedPackage(package, file)).ToList();
        var made = await Task.Run(
            () => store.Add(
                StoreName(name, request, locked),
                root => DebianRoot.Assemble(root, packages, codename, request.Complete, new UnpackLimits(), cancellation)),
            cancellation);
        store.Remember(key, made.Path);
        return made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (http.IsValueCreated) http.Value.Dispose();
    }

    private DateTimeOffset? AtLeast(string suite, DebianLock? previous) =>
        AllowOlderIndex ? null : previous?.Suites.FirstOrDefault(locked => locked.Name == suite)?.Date;

    // All that a root's bytes follow from, and nothing else: a new index with the same packages gives the same key.
    private static string KeyOf(string name, DebianRequest request, DebianLock locked, string codename)
    {
        var kind = request.Complete ? "complete" : "lean";
        var key = new StringBuilder($"debian root {DebianRoot.AssemblerVersion}, {codename}, {kind}, {StoreName(name, request, locked)}\n");
        foreach (var package in locked.Packages) key.Append($"{package.Name} {package.Sha256}\n");
        return key.ToString();
    }

    private static string StoreName(string name, DebianRequest request, DebianLock locked)
    {
        var version = locked.Packages.First(package => package.Name == request.Packages[0].Name).Version;
        return StorePath.Versioned(name, version);
    }

    private WantedFile ToDownload(string name, LockedPackage package) => new()
    {
        Addresses = () => [new Uri(mirror.Value.ArchiveOf(package.Suite), package.File)],
        Hash = FileHash.Sha256(package.Sha256),
        Size = package.Size,
        MissingHint = $"The mirror has dropped {package.Name} {package.Version}, as mirrors do once a newer version is there: "
            + $"`hale update {name}` renews the pin.",
        WrongHint = $"The file is not the one that was locked, and is refused: use another mirror, or run `hale update {name}` "
            + "if the archive replaced it.",
    };
}
