using System.IO.Pipelines;
using System.Security.Cryptography;
using Hale.Store.Compression;
using Hale.Store.Fetch;

namespace Hale.Store.Debian;

/// <summary>A suite as the archive signed it: what it is, and its packages.</summary>
internal sealed record SuiteIndex(LockedSuite Suite, string Version, IReadOnlyList<PackageRecord> Packages);

/// <summary>
/// Reads a suite from a mirror: InRelease, its signature, then the package indexes by the hashes that it vouches for.
/// Nothing of a mirror is believed that the archive did not sign.
/// </summary>
internal sealed class ReleaseIndex(MirrorSettings mirror, Downloader downloader, TimeProvider time, Action<string>? warn)
{
    private const int MaxRelease = 16 << 20;
    private const long MaxIndex = 1L << 30;

    private static readonly (string Suffix, CompressionFormat Format)[] Compressions =
        [(".xz", CompressionFormat.Xz), (".zst", CompressionFormat.Zstd), (".gz", CompressionFormat.Gzip), ("", CompressionFormat.None)];

    /// <summary>Reads a suite.</summary>
    /// <param name="suite">Its name or codename: <c>trixie</c>, <c>trixie-security</c>, <c>sid</c>.</param>
    /// <param name="architecture">Debian's name of the architecture.</param>
    /// <param name="atLeast">The date it may not be older than; null for any.</param>
    /// <param name="progress">Hears how the indexes arrive.</param>
    /// <param name="cancellation">Stops the fetch.</param>
    /// <exception cref="UserError">It is not to be had, or not what the archive signed, or older than allowed.</exception>
    public async Task<SuiteIndex> FetchAsync(
        string suite, string architecture, DateTimeOffset? atLeast, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        var folder = new Uri(mirror.ArchiveOf(suite), $"dists/{suite}/");
        var address = new Uri(folder, "InRelease");
        var signed = await downloader.FetchUnknownAsync(
            address,
            MaxRelease,
            $"Is `{suite}` the name of a suite, and the address that of a Debian archive (the one below which dists/ lies)?",
            cancellation);
        var release = Understand(SignedText.Verify(signed, mirror.Keyring, address.ToString()), address);
        Check(release, suite, address, atLeast);

        var indexes = mirror.Components
            .SelectMany(component => Select(release, component, architecture, address))
            .ToList();
        var downloads = indexes.Select(index => ToDownload(index.File, folder, release)).ToList();
        var files = await downloader.FetchAllAsync(downloads, progress, cancellation);
        var packages = indexes.Zip(files, (index, file) => Read(file, index.Format, suite, new Uri(folder, index.File.Path)))
            .SelectMany(static packages => packages);
        var locked = new LockedSuite
        {
            Name = suite,
            Codename = release.Codename,
            Date = release.Date,
            InRelease = Convert.ToHexStringLower(SHA256.HashData(signed)),
        };
        return new SuiteIndex(locked, release.Version, [.. packages]);
    }

    private static ReleaseFile Understand(byte[] text, Uri address)
    {
        try
        {
            return ReleaseFile.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UserError($"{address} is signed, but is no Release file: {e.Message}.", "Is the address a Debian archive's?", e);
        }
    }

    private void Check(ReleaseFile release, string suite, Uri address, DateTimeOffset? atLeast)
    {
        if (suite != release.Suite && suite != release.Codename)
        {
            throw new UserError(
                $"{address} is signed for the suite {release.Suite} ({release.Codename}), not for {suite}.",
                "The mirror gives one suite for another, by mistake or by malice: use another mirror.");
        }

        if (release.Date < atLeast)
        {
            throw new UserError(
                $"{address} is of {release.Date:yyyy-MM-dd HH:mm} UTC, older than the index of {atLeast:yyyy-MM-dd HH:mm} UTC "
                    + "that the lock was made from.",
                "A mirror that lags behind, or one that hides security updates: use another one, or allow an older index explicitly.");
        }

        if (release.ValidUntil is { } until && until < time.GetUtcNow())
        {
            warn?.Invoke(
                $"{address} expired on {until:yyyy-MM-dd}, {(time.GetUtcNow() - until).TotalDays:0} days ago: the mirror is "
                    + "frozen or lags, and newer packages (security updates among them) are not seen.");
        }
    }

    private static IEnumerable<(IndexedFile File, CompressionFormat Format)> Select(
        ReleaseFile release, string component, string architecture, Uri address)
    {
        var found = Find(architecture);
        if (found is null)
        {
            throw new UserError(
                $"{address} lists no packages of {component} for {architecture}.",
                "Is the component's name right, and does the archive carry the architecture?");
        }

        return release.SeparateAll && Find("all") is { } all ? [found.Value, all] : [found.Value];

        (IndexedFile, CompressionFormat)? Find(string binary)
        {
            foreach (var (suffix, format) in Compressions)
            {
                if (release.Files.TryGetValue($"{component}/binary-{binary}/Packages{suffix}", out var file)) return (file, format);
            }

            return null;
        }
    }

    private static WantedFile ToDownload(IndexedFile file, Uri folder, ReleaseFile release)
    {
        var byName = new Uri(folder, file.Path);
        var byHash = new Uri(byName, $"by-hash/SHA256/{file.Sha256}");
        return new WantedFile
        {
            Addresses = () => release.ByHash ? [byHash, byName] : [byName],
            Hash = FileHash.Sha256(file.Sha256),
            Size = file.Size,
            MissingHint = "The mirror lacks an index that its InRelease names: try again in some minutes, or use another mirror.",
            WrongHint = "The mirror is being updated just now, or its files were tampered with: try again in some minutes, or "
                + "use another mirror.",
        };
    }

    private static List<PackageRecord> Read(string path, CompressionFormat format, string suite, Uri address)
    {
        try
        {
            using var plain = Decompressor.Open(File.OpenRead(path), format, MaxIndex);
            return ReadWhileDecompressing(plain, suite);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new UserError($"{address} is signed, but cannot be read: {e.Message}", "Is the address a Debian archive's?", e);
        }
    }

    // Decompressing takes twice as long as reading: each has a thread.
    private static List<PackageRecord> ReadWhileDecompressing(Stream plain, string suite)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 8 << 20, resumeWriterThreshold: 4 << 20, minimumSegmentSize: 1 << 17));
        var decompressing = Task.Run(() =>
        {
            try
            {
                plain.CopyTo(pipe.Writer.AsStream(leaveOpen: true), 1 << 17);
                pipe.Writer.Complete();
            }
            catch (InvalidDataException e)
            {
                pipe.Writer.Complete(e);
            }
        });
        try
        {
            return PackageIndex.Read(pipe.Reader.AsStream(), suite);
        }
        finally
        {
            pipe.Reader.Complete();
            decompressing.GetAwaiter().GetResult();
        }
    }
}
