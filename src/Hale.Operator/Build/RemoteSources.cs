using Hale.Declare;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Download;
using Hale.Store.Local;
using Hale.Store.Lock;
using Hale.Store.Npm;
using Hale.Store.Paths;
using Hale.Store.Text;

namespace Hale.Operator.Build;

/// <summary>
/// Files that others publish: downloads by their address, pinned by the declaration or else in <c>hale.lock</c>, and packages of npm.
/// </summary>
/// <param name="store">Where they go.</param>
/// <param name="fleetFolder">The folder of fleet.cs, whose <c>.npmrc</c> counts.</param>
/// <param name="keeper">The lock.</param>
/// <param name="reporter">Who hears of the work.</param>
/// <param name="time">The clock.</param>
internal sealed class RemoteSources(LocalStore store, string fleetFolder, LockKeeper keeper, IReporter reporter, TimeProvider time) : IDisposable
{
    private readonly DownloadSource downloads = new(store, time);
    private readonly NpmSource npm = new(store);

    /// <summary>The name of a download's lock entry.</summary>
    public static string Entry(Download download, Platform platform) => $"download/{download.Name}/{platform.Debian()}";

    /// <summary>The request that a download's lock entry answers; null where the declaration itself names the hash.</summary>
    public static DownloadRequest? Request(Download download, Platform platform) => download.On(platform) is { Sha256.Length: 0 } file
        ? new DownloadRequest { Url = file.Url, Version = download.Version }
        : null;

    /// <summary>A download as a store path.</summary>
    /// <exception cref="UserError">It cannot be had, is not what was pinned, or cannot be unpacked.</exception>
    public async Task<PathInfo> AddAsync(Download download, Platform platform, CancellationToken cancellation)
    {
        var file = download.On(platform);
        var locked = Request(download, platform) is { } request
            ? await PinAsync(download, request, platform, cancellation).ConfigureAwait(false)
            : null;
        var wanted = new WantedDownload
        {
            Name = download.Name,
            Version = download.Version,
            Url = file.Url,
            Sha256 = locked?.Sha256 ?? file.Sha256Hex,
            Size = locked?.Size,
            Form = download.Form switch
            {
                DownloadForm.Executable => FileForm.Executable,
                DownloadForm.File => FileForm.File,
                _ => FileForm.Archive,
            },
            StripComponents = download.StripComponents,
            Architecture = platform.Debian(),
        };
        return await reporter.BuiltAsync(
            time, download.Name, download.Version,
            () => downloads.RealiseAsync(wanted, reporter.Fetching(BuildReports.Work(download.Name)), cancellation)).ConfigureAwait(false);
    }

    /// <summary>Pins what is at a download's address now.</summary>
    public Task<LockedDownload> LockAsync(string name, DownloadRequest request, CancellationToken cancellation) =>
        downloads.LockAsync(request, reporter.Fetching(Resolving(name)), cancellation);

    /// <summary>The name of a package's lock entry.</summary>
    public static string Entry(NpmPackage package) => $"npm/{package.Name}";

    /// <summary>The request that a package's lock entry answers.</summary>
    public static NpmRequest Request(NpmPackage package) => new() { Name = package.PackageName, Version = package.Version };

    /// <summary>A package of npm as a store path.</summary>
    /// <exception cref="UserError">It cannot be had, is not what was pinned, or cannot be unpacked.</exception>
    public async Task<PathInfo> AddAsync(NpmPackage package, CancellationToken cancellation)
    {
        var locked = await keeper.PinAsync(
            Entry(package), Request(package), NpmLockJson.Default.NpmRequest, NpmLockJson.Default.LockedNpm,
            () => reporter.RunAsync(Resolving(package.Name), time, async () => (await LockAsync(Request(package), cancellation).ConfigureAwait(false), "")),
            locked => $"{locked.Version}").ConfigureAwait(false);
        return await reporter.BuiltAsync(
            time, package.Name, package.Version, () => npm.RealiseAsync(package.Name, locked, fleetFolder, cancellation)).ConfigureAwait(false);
    }

    /// <summary>Pins a package as the registry has it now.</summary>
    public Task<LockedNpm> LockAsync(NpmRequest request, CancellationToken cancellation) => npm.LockAsync(request, fleetFolder, cancellation);

    /// <summary>What a plan calls a download's version.</summary>
    public async Task<string> VersionAsync(Download download, Platform platform, CancellationToken cancellation) =>
        Request(download, platform) is { } request ? (await PinAsync(download, request, platform, cancellation).ConfigureAwait(false)).Version
        : download.Version.Length > 0 ? download.Version
        : download.On(platform).Sha256Hex[..12];

    public void Dispose() => downloads.Dispose();

    private static string Resolving(string name) => $"resolve {name}";

    private Task<LockedDownload> PinAsync(Download download, DownloadRequest request, Platform platform, CancellationToken cancellation) =>
        keeper.PinAsync(
            Entry(download, platform), request, DownloadLockJson.Default.DownloadRequest, DownloadLockJson.Default.LockedDownload,
            () => reporter.RunAsync(
                Resolving(download.Name), time, async () => (await LockAsync(download.Name, request, cancellation).ConfigureAwait(false), "")),
            locked => $"{locked.Version}, {ByteSize.Text(locked.Size)}, SHA-256 {locked.Sha256}");
}
