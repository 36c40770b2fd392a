using Hale.Declare;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Debian;
using Hale.Store.Dotnet;
using Hale.Store.Local;
using Hale.Store.Lock;
using Hale.Store.Paths;
using DebianRoot = Hale.Produce.DebianRoot;

namespace Hale.Operator.Build;

/// <summary>
/// What comes from outside, each pinned in <c>hale.lock</c>: roots of Debian packages, the .NET runtime and programs built for it, and
/// files of others (<see cref="RemoteSources"/>).
/// </summary>
internal sealed class Sources : IDisposable
{
    private const string OwnPrefix = "./";
    private const string UpPrefix = "../";

    private readonly LocalStore store;
    private readonly BuildOptions options;
    private readonly IReporter reporter;
    private readonly TimeProvider time;
    private readonly LockKeeper keeper;
    private readonly Lock gate = new();
    private readonly Dictionary<Platform, Task<DotnetLock>> runtimes = [];
    private DebianSource? debian;

    public Sources(LocalStore store, BuildOptions options, IReporter reporter, TimeProvider time)
    {
        (this.store, this.options, this.reporter, this.time) = (store, options, reporter, time);
        keeper = new LockKeeper(options.LockFile ?? LockPath(options.FleetFolder), !options.Locked, reporter);
        Remote = new RemoteSources(store, options.FleetFolder, keeper, reporter, time);
    }

    /// <summary>Files that others publish.</summary>
    public RemoteSources Remote { get; }

    /// <summary>Where the lock of a fleet lies.</summary>
    public static string LockPath(string fleetFolder) => Path.Combine(fleetFolder, "hale.lock");

    /// <summary>Whether a folder holds a project to build rather than something built.</summary>
    public static bool IsProject(string folder) => Directory.EnumerateFiles(folder, "*.csproj").Any();

    /// <summary>The request that a root's lock entry answers.</summary>
    public static DebianRequest Request(DebianRoot root, HostPlan plan) => new()
    {
        Packages = [.. root.Packages.Select(package => package.Split('/', 2)).Select(
            parts => new DebianPackage(parts[0], parts.ElementAtOrDefault(1)))],
        Suites = root.Suites.Count > 0 ? [.. root.Suites] : [plan.Fleet.DebianRelease],
        Architecture = plan.Host.Platform.Debian(),
        Exclude = [.. root.Exclude],
    };

    /// <summary>The name of a root's lock entry.</summary>
    public static string Entry(DebianRoot root, Platform platform) => $"debian/{root.Name}/{platform.Debian()}";

    /// <summary>The name of the runtime's lock entry.</summary>
    public static string RuntimeEntry(Platform platform) => $"dotnet/runtime/{platform.Debian()}";

    public async Task<PathInfo> DebianAsync(DebianRoot root, HostPlan plan, CancellationToken cancellation)
    {
        var request = Request(root, plan);
        var locked = await PinAsync(root, plan, cancellation).ConfigureAwait(false);
        return await reporter.BuiltAsync(
            time, root.Name, $"{locked.Packages.Count} packages", () => Debian(plan.Fleet).RealiseAsync(root.Name, request, locked, cancellation))
            .ConfigureAwait(false);
    }

    public async Task<PathInfo> RuntimeAsync(Platform platform, CancellationToken cancellation)
    {
        var locked = await PinAsync(platform, cancellation).ConfigureAwait(false);
        return await reporter.BuiltAsync(time, "dotnet-runtime", locked.Version, () => Dotnet().RuntimeAsync(locked, cancellation)).ConfigureAwait(false);
    }

    public async Task<PathInfo> ProgramAsync(DotnetProgram program, Platform platform, CancellationToken cancellation)
    {
        var project = options.Overrides.For(program) ?? ProjectFolder(program);
        var locked = await PinAsync(platform, cancellation).ConfigureAwait(false);
        return await reporter.BuiltAsync(time, program.Name, "from source", () => Dotnet().ProgramAsync(program.Name, project, locked, cancellation))
            .ConfigureAwait(false);
    }

    /// <summary>Packages and versions of everything that a host takes from outside, for its plan: <c>caddy/libc6</c>.</summary>
    public async Task<IReadOnlyDictionary<string, string>> PackagesAsync(
        IEnumerable<Derivation> derivations, HostPlan plan, CancellationToken cancellation)
    {
        var packages = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var derivation in derivations)
            if (options.Overrides.For(derivation) is { } folder)
                packages[derivation.Name] = $"local folder {folder}";
            else if (derivation is DebianRoot root)
                foreach (var package in (await PinAsync(root, plan, cancellation).ConfigureAwait(false)).Packages)
                    packages[$"{root.Name}/{package.Name}"] = package.Version;
            else if (derivation is DotnetRuntime)
                packages[derivation.Name] = (await PinAsync(plan.Host.Platform, cancellation).ConfigureAwait(false)).Version;
            else if (derivation is NpmPackage package)
                packages[derivation.Name] = package.Version;
            else if (derivation is Download download)
                packages[derivation.Name] = await Remote.VersionAsync(download, plan.Host.Platform, cancellation).ConfigureAwait(false);
        return packages;
    }

    /// <summary>The archive; nothing of it is asked before it must be.</summary>
    public DebianSource Debian(Fleet fleet)
    {
        lock (gate)
            return debian ??= new DebianSource(
                store, () => fleet.Mirror is { } mirror ? MirrorSettings.Of(mirror) : MirrorSettings.OfThisComputer(), time)
            {
                Warn = text => reporter.Report(new Warned(text)),
            };
    }

    /// <summary>The source of the .NET runtime and programs.</summary>
    public DotnetSource Dotnet() => new(store);

    public void Dispose()
    {
        debian?.Dispose();
        Remote.Dispose();
        keeper.Dispose();
    }

    private Task<DebianLock> PinAsync(DebianRoot root, HostPlan plan, CancellationToken cancellation)
    {
        var request = Request(root, plan);
        return keeper.PinAsync(
            Entry(root, plan.Host.Platform), request, DebianLockJson.Default.DebianRequest, DebianLockJson.Default.DebianLock,
            () => reporter.RunAsync(
                $"resolve {root.Name}", time, async () =>
                    (await Debian(plan.Fleet).LockAsync(request, null, cancellation).ConfigureAwait(false), "")),
            locked =>
                $"{locked.Packages.Count} packages of {string.Join(", ", locked.Suites.Select(suite => $"{suite.Name} as of {suite.Date:yyyy-MM-dd}"))}");
    }

    private Task<DotnetLock> PinAsync(Platform platform, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (!runtimes.TryGetValue(platform, out var pinned))
                runtimes[platform] = pinned = keeper.PinAsync(
                    RuntimeEntry(platform), new DotnetRequest { Architecture = platform.Debian() }, DotnetLockJson.Default.DotnetRequest,
                        DotnetLockJson.Default.DotnetLock,
                    () => Dotnet().LockAsync(new DotnetRequest { Architecture = platform.Debian() }, cancellation),
                    locked => locked.Version);
            return pinned;
        }
    }

    private string ProjectFolder(DotnetProgram program)
    {
        var isOwn = !program.Project.StartsWith(OwnPrefix, StringComparison.Ordinal)
            && !program.Project.StartsWith(UpPrefix, StringComparison.Ordinal);
        var folder = !isOwn ? Path.GetFullPath(program.Project, options.FleetFolder)
            : options.SourceFolder is { } source ? Path.Combine(source, program.Project)
            : throw new UserError($"Hale's own sources are not here, so {program.Name} cannot be built.", "Name them: HALE_SOURCE=PATH");
        return Path.Exists(folder) ? folder : throw new UserError(
            $"{program.Name} is to be built from {folder}, which is not there.",
            isOwn ? "Name a project of your own by a path that begins with ./ or ../" : "The path is relative to the folder of fleet.cs.");
    }
}
