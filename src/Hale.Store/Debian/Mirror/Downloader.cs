using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Hale.Store.Local;

namespace Hale.Store.Debian;

/// <summary>How far a fetch has come.</summary>
/// <param name="BytesDone">Bytes that are here, those found in the cache among them.</param>
/// <param name="BytesTotal">Bytes in all.</param>
/// <param name="FilesDone">Files that are here and verified.</param>
/// <param name="FilesTotal">Files in all.</param>
public readonly record struct FetchProgress(long BytesDone, long BytesTotal, int FilesDone, int FilesTotal);

/// <summary>A file to fetch, known by its hash.</summary>
internal sealed record Download
{
    /// <summary>
    /// Tells where it may lie, the preferred place first; the next is asked where one answers that it has none. Called only where
    /// the file is not here.
    /// </summary>
    public required Func<IReadOnlyList<Uri>> Addresses { get; init; }

    /// <summary>SHA-256 it must have, in hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Size it must have, in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>What to do where no address has it.</summary>
    public required string MissingHint { get; init; }

    /// <summary>What to do where its content is not what was promised.</summary>
    public required string WrongHint { get; init; }
}

/// <summary>
/// Brings files into the download cache: under a temporary name, verified, renamed, so that what bears its hash as its name
/// is that content. A dropped connection is taken up where it broke.
/// </summary>
internal sealed class Downloader(Lazy<HttpClient> http, string cache, TimeProvider time)
{
    private const int Tries = 3;
    private const int AtOnce = 4;

    /// <summary>How long a mirror may stay silent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait before the second try; the third waits twice as long.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Fetches what is missing, four files at a time, the largest first, and gives the path of each, in the order asked.</summary>
    /// <exception cref="UserError">A file is not to be had, or is not what it should be; all such files are named.</exception>
    public async Task<IReadOnlyList<string>> FetchAllAsync(
        IReadOnlyList<Download> downloads, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(cache);
        var tally = new Tally(progress, downloads);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        var failures = new ConcurrentQueue<UserError>();
        await Parallel.ForEachAsync(downloads.OrderByDescending(static d => d.Size), options, async (download, token) =>
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
            ? [.. downloads.Select(PathOf)]
            : throw Together([.. failures.OrderBy(static f => f.Message, StringComparer.Ordinal)]);
    }

    /// <summary>Fetches a file whose hash is not known before: a suite's InRelease.</summary>
    /// <param name="address">Where it lies.</param>
    /// <param name="limit">The most bytes it may have.</param>
    /// <param name="missingHint">What to do where it is not there.</param>
    /// <param name="cancellation">Stops the fetch.</param>
    /// <exception cref="UserError">It is not to be had.</exception>
    public async Task<byte[]> FetchUnknownAsync(Uri address, int limit, string missingHint, CancellationToken cancellation)
    {
        var content = new MemoryStream();
        return await TransferAsync(address, content, limit, null, cancellation) switch
        {
            Outcome.Missing => throw new UserError($"{address} does not exist.", missingHint),
            Outcome.TooLong => throw new UserError($"{address} is longer than {limit} bytes, more than any file of its kind.", missingHint),
            _ => content.ToArray(),
        };
    }

    private static UserError Together(UserError[] failures) => failures is [var one]
        ? one
        : new UserError(
            string.Join('\n', failures.Select(static f => f.Message)),
            string.Join(' ', failures.Select(static f => f.Hint).Distinct()),
            failures[0]);

    private string PathOf(Download download) => Path.Combine(cache, download.Sha256);

    private async Task FetchAsync(Download download, Tally tally, CancellationToken cancellation)
    {
        var path = PathOf(download);
        if (File.Exists(path) && await HasHashAsync(path, download, cancellation))
        {
            tally.Add(download.Size);
            tally.Finish();
            return;
        }

        var part = Path.Combine(cache, $".{download.Sha256}.{Guid.NewGuid():N}.part");
        try
        {
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 16))
                await FetchFromAnyAsync(download, file, tally, cancellation);
            File.Move(part, path, overwrite: true);
            tally.Finish();
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
    private static async Task<bool> HasHashAsync(string path, Download download, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return file.Length == download.Size
            && Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)) == download.Sha256;
    }

    private async Task FetchFromAnyAsync(Download download, FileStream file, Tally tally, CancellationToken cancellation)
    {
        var addresses = download.Addresses();
        foreach (var address in addresses)
        {
            var outcome = await TransferAsync(address, file, download.Size, tally, cancellation);
            if (outcome == Outcome.Missing) continue;
            await file.FlushAsync(cancellation);
            file.Position = 0;
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
            if (outcome == Outcome.Whole && file.Length == download.Size && hash == download.Sha256) return;
            throw new UserError(
                outcome == Outcome.TooLong
                    ? $"{address} is not the file it should be: it is longer than {download.Size} bytes."
                    : $"{address} is not the file it should be: {file.Length} bytes with SHA-256 {hash} instead of "
                        + $"{download.Size} bytes with {download.Sha256}.",
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

    private async Task<Outcome> TransferAsync(Uri address, Stream target, long limit, Tally? tally, CancellationToken cancellation)
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
                        "Check the network, the mirror's address and the proxy, then try again: files that are already here are "
                            + "not fetched anew.",
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
    private sealed class Tally(IProgress<FetchProgress>? progress, IReadOnlyList<Download> downloads)
    {
        private readonly long total = downloads.Sum(static d => d.Size);
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

        private void Report() =>
            progress?.Report(new FetchProgress(Interlocked.Read(ref bytes), total, Volatile.Read(ref files), downloads.Count));
    }
}
