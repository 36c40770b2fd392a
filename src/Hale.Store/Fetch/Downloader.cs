using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Hale.Store.Local;

namespace Hale.Store.Fetch;

/// <summary>How far a fetch has come.</summary>
/// <param name="BytesDone">Bytes that are here, those found in the cache among them.</param>
/// <param name="BytesTotal">Bytes in all.</param>
/// <param name="FilesDone">Files that are here and verified.</param>
/// <param name="FilesTotal">Files in all.</param>
public readonly record struct FetchProgress(long BytesDone, long BytesTotal, int FilesDone, int FilesTotal);

/// <summary>A file to fetch, known by its hash.</summary>
internal sealed record WantedFile
{
    /// <summary>
    /// Tells where it may lie, the preferred place first; the next is asked where one answers that it has none. Called only where
    /// the file is not here.
    /// </summary>
    public required Func<IReadOnlyList<Uri>> Addresses { get; init; }

    /// <summary>The hash it must have.</summary>
    public required FileHash Hash { get; init; }

    /// <summary>Size it must have, in bytes; null where only its hash is known.</summary>
    public long? Size { get; init; }

    /// <summary>The most bytes it may have where its size is not known.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>What to do where no address has it.</summary>
    public required string MissingHint { get; init; }

    /// <summary>What to do where its content is not what was promised.</summary>
    public required string WrongHint { get; init; }

    /// <summary>What to do where nobody answers.</summary>
    public string UnreachableHint { get; init; } = Downloader.CheckTheMirror;
}

/// <summary>
/// Brings files into the download cache: under a temporary name, verified, renamed, so that what bears its hash as its name
/// is that content. A dropped connection is taken up where it broke.
/// </summary>
internal sealed class Downloader(Lazy<HttpClient> http, string cache, TimeProvider time)
{
    /// <summary>What to do where a mirror does not answer.</summary>
    public const string CheckTheMirror =
        "Check the network, the mirror's address and the proxy, then try again: files that are already here are not fetched anew.";

    private const int Tries = 3;
    private const int AtOnce = 4;

    /// <summary>How long a mirror may stay silent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait before the second try; the third waits twice as long.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Fetches what is missing, four files at a time, the largest first, and gives the path of each, in the order asked.</summary>
    /// <exception cref="UserError">A file is not to be had, or is not what it should be; all such files are named.</exception>
    public async Task<IReadOnlyList<string>> FetchAllAsync(
        IReadOnlyList<WantedFile> downloads, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        var tally = new Tally(progress, downloads.Sum(static d => d.Size ?? 0), downloads.Count);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        var failures = new ConcurrentQueue<UserError>();
        await Parallel.ForEachAsync(downloads.OrderByDescending(static d => d.Size ?? 0), options, async (download, token) =>
        {
            try
            {
                await FetchAsync(download, tally, token);
            }
            catch (UserError failure)
            {
                failures.Enqueue(failure);
            }
        });
        return failures.IsEmpty
            ? [.. downloads.Select(static download => download.Hash).Select(PathOf)]
            : throw UserError.Together(failures);
    }

    /// <summary>Fetches a small file whose hash is not known before: a suite's InRelease.</summary>
    /// <param name="address">Where it lies.</param>
    /// <param name="limit">The most bytes it may have.</param>
    /// <param name="missingHint">What to do where it is not there.</param>
    /// <param name="cancellation">Stops the fetch.</param>
    /// <exception cref="UserError">It is not to be had.</exception>
    public async Task<byte[]> FetchUnknownAsync(Uri address, int limit, string missingHint, CancellationToken cancellation)
    {
        var content = new MemoryStream();
        await FetchUnknownAsync(address, content, limit, (missingHint, CheckTheMirror), null, cancellation);
        return content.ToArray();
    }

    /// <summary>Fetches a file whose hash is not known before into the cache, under the hash that it has.</summary>
    /// <param name="address">Where it lies.</param>
    /// <param name="limit">The most bytes it may have.</param>
    /// <param name="hints">What to do where it is not there, and where nobody answers.</param>
    /// <param name="progress">Hears how it comes along.</param>
    /// <param name="cancellation">Stops the fetch.</param>
    /// <returns>Its SHA-256 and its size in bytes.</returns>
    /// <exception cref="UserError">It is not to be had.</exception>
    public async Task<(FileHash Hash, long Size)> FetchNewAsync(
        Uri address, long limit, (string Missing, string Unreachable) hints, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        var hash = FileHash.Sha256("");
        long size = 0;
        await IntoCacheAsync(
            hash.Kind,
            async file =>
            {
                await FetchUnknownAsync(address, file, limit, hints, new Tally(progress, 0, 1), cancellation);
                await file.FlushAsync(cancellation);
                (file.Position, size) = (0, file.Length);
                hash = await hash.OfAsync(file, cancellation);
                return PathOf(hash);
            });
        return (hash, size);
    }

    private async Task FetchUnknownAsync(
        Uri address, Stream target, long limit, (string Missing, string Unreachable) hints, Tally? tally, CancellationToken cancellation)
    {
        var outcome = await TransferAsync(address, target, limit, hints.Unreachable, tally, cancellation);
        if (outcome != Outcome.Whole)
            throw new UserError(
                outcome == Outcome.Missing ? $"{address} does not exist." : $"{address} is longer than {limit} bytes, more than any file of its kind.",
                hints.Missing);
    }

    private string PathOf(FileHash hash) => Path.Combine(cache, hash.Kind, hash.Hex);

    private async Task FetchAsync(WantedFile download, Tally tally, CancellationToken cancellation)
    {
        var path = PathOf(download.Hash);
        if (File.Exists(path) && await HasHashAsync(path, download, cancellation))
            tally.Add(new FileInfo(path).Length);
        else
            await IntoCacheAsync(download.Hash.Kind, async file =>
            {
                await FetchFromAnyAsync(download, file, tally, cancellation);
                return path;
            });
        tally.Finish();
    }

    /// <summary>Fills a file under a name that nobody looks for, then gives it the one that the filling tells.</summary>
    private async Task IntoCacheAsync(string kind, Func<FileStream, Task<string>> fill)
    {
        var part = Path.Combine(Directory.CreateDirectory(Path.Combine(cache, kind)).FullName, $".{Guid.NewGuid():N}.part");
        try
        {
            string path;
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 16))
                path = await fill(file);
            File.Move(part, path, overwrite: true);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw new UserError(
                $"The disk that holds the downloads {cache} is full.",
                "Make room there, or put the cache elsewhere: HALE_CACHE=FOLDER",
                e);
        }
        finally
        {
            File.Delete(part);
        }
    }

    // The cache is this user's own, but disks err: what is there is believed only by its hash.
    private static async Task<bool> HasHashAsync(string path, WantedFile download, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return file.Length == (download.Size ?? file.Length) && await download.Hash.OfAsync(file, cancellation) == download.Hash;
    }

    private async Task FetchFromAnyAsync(WantedFile download, FileStream file, Tally tally, CancellationToken cancellation)
    {
        var addresses = download.Addresses();
        foreach (var address in addresses)
        {
            var outcome = await TransferAsync(address, file, download.Size ?? download.Limit, download.UnreachableHint, tally, cancellation);
            if (outcome == Outcome.Missing) continue;
            await file.FlushAsync(cancellation);
            file.Position = 0;
            var hash = await download.Hash.OfAsync(file, cancellation);
            if (outcome == Outcome.Whole && file.Length == (download.Size ?? file.Length) && hash == download.Hash) return;
            throw new UserError(
                outcome == Outcome.TooLong
                    ? $"{address} is not the file it should be: it is longer than {download.Size ?? download.Limit} bytes."
                    : $"{address} is not the file it should be: {file.Length} bytes with {hash} instead of "
                        + $"{(download.Size is { } size ? $"{size} bytes with " : "")}{download.Hash}.",
                download.WrongHint);
        }

        throw new UserError($"{addresses[^1]} does not exist.", download.MissingHint) { WasDropped = true };
    }

    private enum Outcome
    {
        Whole,
        Missing,
        TooLong,
    }

    private async Task<Outcome> TransferAsync(
        Uri address, Stream target, long limit, string unreachableHint, Tally? tally, CancellationToken cancellation)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                return await TryTransferAsync(address, target, limit, tally, cancellation);
            }
            catch (Exception e) when ((e is HttpRequestException or IOException) && !DiskFull.Is(e))
            {
                if (tried == Tries || IsFinal(e))
                {
                    throw new UserError(
                        $"{address} cannot be fetched ({tried} {(tried == 1 ? "try" : "tries")}): {e.Message}",
                        unreachableHint,
                        e);
                }

                await Task.Delay(Pause * tried, time, cancellation);
            }
        }
    }

    // Reads a response to its end, from where the target stands: a second try asks only for the rest.
    private async Task<Outcome> TryTransferAsync(Uri address, Stream target, long limit, Tally? tally, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (target.Length > 0) request.Headers.Range = new RangeHeaderValue(target.Length, null);
        try
        {
            using var response = await http.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone) return Outcome.Missing;
            response.EnsureSuccessStatusCode();
            var resumed = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == target.Length;
            if (!resumed)
            {
                tally?.Add(-target.Length);
                target.SetLength(0);
            }

            tally?.Expect(target.Length + (response.Content.Headers.ContentLength ?? 0));
            target.Position = target.Length;
            await using var body = await response.Content.ReadAsStreamAsync(silence.Token);
            var buffer = new byte[1 << 16];
            int read;
            while ((read = await body.ReadAsync(buffer, silence.Token)) > 0)
            {
                silence.CancelAfter(Patience);
                if (target.Length + read > limit) return Outcome.TooLong;
                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
                tally?.Add(read);
            }

            return Outcome.Whole;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"nothing came for {Patience.TotalSeconds} s", e);
        }
    }

    // The mirror understood and will say the same again.
    private static bool IsFinal(Exception e) =>
        e is HttpRequestException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and var status }
        && status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);

    /// <summary>Counts for the progress report; called from several downloads at once.</summary>
    private sealed class Tally(IProgress<FetchProgress>? progress, long expected, int fileCount)
    {
        private long told;
        private long bytes;
        private int files;

        public void Add(long count)
        {
            Interlocked.Add(ref bytes, count);
            Report();
        }

        public void Finish()
        {
            Interlocked.Increment(ref files);
            Report();
        }

        /// <summary>A server says how long a file is of which nobody knew.</summary>
        public void Expect(long size)
        {
            if (expected == 0)
                Interlocked.Exchange(ref told, size);
        }

        private void Report() =>
            progress?.Report(new FetchProgress(Interlocked.Read(ref bytes), Math.Max(expected, Interlocked.Read(ref told)), Volatile.Read(ref files), fileCount));
    }
}
