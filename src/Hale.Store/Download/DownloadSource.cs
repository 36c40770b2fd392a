using Hale.Store.Fetch;
using Hale.Store.Local;
using Hale.Store.Paths;
using Hale.Store.Unpack;

namespace Hale.Store.Download;

/// <summary>
/// Files of projects' release pages as store paths. A file is known by its SHA-256 and nothing else: whichever server it comes from, what
/// has another hash is refused before it is looked into.
/// </summary>
public sealed class DownloadSource : IDisposable
{
    /// <summary>Raised whenever the same file would be laid out in another way.</summary>
    private const int LayoutVersion = 1;

    /// <summary>The most bytes that a file may have whose size nobody knows before.</summary>
    private const long MaxSize = 4L << 30;

    private const string Unreachable =
        "Check the network, the address and the proxy (https_proxy), then try again; or put the file into the cache by hand, at downloads/sha256/ with its SHA-256 as its name.";

    private readonly LocalStore store;
    private readonly Lazy<HttpClient> http = new(WebClients.OfTheEnvironment);
    private readonly TimeProvider time;

    /// <summary>Opens the source.</summary>
    /// <param name="store">Where paths go; downloads are kept beside it.</param>
    /// <param name="time">The clock that tries wait by; null for the system's.</param>
    public DownloadSource(LocalStore store, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        (this.store, this.time) = (store, time ?? TimeProvider.System);
    }

    /// <summary>How long to wait before a second try; the third waits twice as long.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What an archive may at most hold.</summary>
    internal UnpackLimits Limits { get; init; } = new();

    private Downloader Downloader => new(http, store.Downloads, time) { Pause = Pause };

    /// <summary>Fetches what is at an address now, and pins it.</summary>
    /// <param name="request">The address.</param>
    /// <param name="progress">Hears how the fetch comes along; called from any thread.</param>
    /// <param name="cancellation">Stops the fetch.</param>
    /// <exception cref="UserError">Nobody answers there, or nothing is there.</exception>
    public async Task<LockedDownload> LockAsync(
        DownloadRequest request, IProgress<FetchProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var address = new Uri(request.Url);
        var (hash, size) = await Downloader.FetchNewAsync(
            address, MaxSize, ("Is the address still the project's? Look at its release page.", Unreachable), progress, cancellation).ConfigureAwait(false);
        var version = request.Version.Length > 0 ? request.Version : address.Segments[^1].Trim('/');
        return new LockedDownload { Version = version.Length > 0 ? version : address.Host, Sha256 = hash.Hex, Size = size };
    }

    /// <summary>A file as a store path: from the store, or fetched, verified and laid out now.</summary>
    /// <param name="wanted">The file.</param>
    /// <param name="progress">Hears how the fetch comes along; called from any thread.</param>
    /// <param name="cancellation">Stops the work; nothing half-done stays.</param>
    /// <exception cref="UserError">It cannot be had, has another hash, is no honest archive, or is a program for another architecture.</exception>
    public async Task<PathInfo> RealiseAsync(WantedDownload wanted, IProgress<FetchProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var name = StorePath.Versioned(wanted.Name, wanted.Version);
        var key = $"download {LayoutVersion}\n{name}\n{wanted.Name}\n{wanted.Sha256}\n{wanted.Form}\n{wanted.StripComponents}\n{wanted.Architecture}\n";
        if (store.Realised(key) is { } known)
            return known;
        var files = await Downloader.FetchAllAsync([ToFetch(wanted)], progress, cancellation).ConfigureAwait(false);
        var made = await Task.Run(() => store.Add(name, place => LayOut(wanted, files[0], place, cancellation)), cancellation).ConfigureAwait(false);
        store.Remember(key, made.Path);
        return made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (http.IsValueCreated)
            http.Value.Dispose();
    }

    private static WantedFile ToFetch(WantedDownload wanted) => new()
    {
        Addresses = () => [new Uri(wanted.Url)],
        Hash = FileHash.Sha256(wanted.Sha256),
        Size = wanted.Size,
        Limit = MaxSize,
        MissingHint = "Projects withdraw releases: look at its release page for a newer one, and change the address"
            + (wanted.Size is null ? " and the SHA-256." : $"; then run: hale update {wanted.Name}"),
        WrongHint = "The file is refused. "
            + (wanted.Size is null
                ? "Compare the declared SHA-256 with what the project publishes: one of the two has changed, or somebody is in between."
                : $"Where the project replaced it on purpose: hale update {wanted.Name}"),
        UnreachableHint = Unreachable,
    };

    private void LayOut(WantedDownload wanted, string file, string place, CancellationToken cancellation)
    {
        try
        {
            using var content = File.OpenRead(file);
            switch (wanted.Form)
            {
                case FileForm.File:
                    Places.Write(place, executable: false, target => Places.Copy(content, target, MaxSize));
                    return;
                case FileForm.Executable:
                    Directory.CreateDirectory(Path.Combine(place, "bin"));
                    using (var plain = ArchiveUnpacker.OpenPlain(content, Limits.Bytes))
                        Places.Write(Path.Combine(place, "bin", wanted.Name), executable: true, target => Places.Copy(plain, target, Limits.Bytes));
                    break;
                default:
                    new ArchiveUnpacker(wanted.StripComponents, Limits).Unpack(content, place, cancellation);
                    break;
            }

            if (ElfFile.Foreign(place, wanted.Architecture) is { } foreign)
                throw new InvalidDataException($"its programs are for {foreign}, and {wanted.Architecture} is needed");
        }
        catch (InvalidDataException error)
        {
            throw new UserError(
                $"The download {wanted.Name} is refused: {Refusals.Printable(error.Message)} ({wanted.Url}).",
                "Is it the file that was meant? Look at the project's release page; nothing of this one is used.",
                error);
        }
    }
}
