using System.Text.Json;
using Hale.Store.Compression;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Store.Transfer;

/// <summary>Sends store paths from the building computer.</summary>
public static class TransferWriter
{
    /// <summary>Writes a transfer; archives that were packed before are sent as they lie.</summary>
    /// <param name="store">Where the paths are.</param>
    /// <param name="paths">What to send: each after what it needs, as <see cref="LocalStore.Closure"/> gives them.</param>
    /// <param name="target">Where the bytes go; left open.</param>
    /// <param name="progress">Is told after each path, and within large ones.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <exception cref="UserError">A content is damaged, or the cache's disk is full.</exception>
    /// <exception cref="IOException">The target takes no more.</exception>
    public static void Write(
        LocalStore store, IReadOnlyList<PathInfo> paths, Stream target, Action<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(target);
        var packed = paths.Select(store.CompressedNar).ToArray();
        var state = new TransferProgress(paths.Count > 0 ? paths[0].Path : null!, 0, paths.Count, 0, packed.Sum(file => file.Length));
        var buffer = new byte[256 * 1024];
        foreach (var (info, file) in paths.Zip(packed))
        {
            state = state with { Path = info.Path };
            var header = JsonSerializer.SerializeToUtf8Bytes(info, StoreJson.Default.PathInfo);
            Frame(target, [.. TransferFormat.Length(header.Length), .. header]);
            using var archive = file.OpenRead();
            for (int read; (read = archive.Read(buffer)) > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                target.Write(buffer, 0, read);
                state = state with { Bytes = state.Bytes + read };
                if (read == buffer.Length)
                    progress?.Invoke(state);
            }

            state = state with { Paths = state.Paths + 1 };
            progress?.Invoke(state);
        }

        Frame(target, TransferFormat.Length(0));
        target.Flush();
    }

    private static void Frame(Stream target, ReadOnlySpan<byte> bytes)
    {
        using var frame = new ZstdCompressionStream(target, leaveOpen: true);
        frame.Write(bytes);
    }
}
