using System.Collections.Concurrent;
using System.Text.Json;
using Hale.Store.Nar;
using Hale.Store.Paths;

namespace Hale.Store.Local;

/// <summary>
/// The building computer's store, in a folder of the user's: <c>store/HASH-NAME</c> the contents as they will lie on a machine,
/// <c>info/HASH-NAME.json</c> what is known of them, <c>nar/HASH-NAME.nar.zst</c> the same packed for sending, <c>sources/</c> what was
/// made before. A path is there once its content has been renamed to its place; its info is written before that. So any number of processes
/// may add the same things, and be killed at any time. Safe for many threads.
/// </summary>
public sealed partial class LocalStore : IDisposable
{
    private readonly ConcurrentDictionary<StorePath, PathInfo> known = new();
    private readonly System.Threading.Lock opening = new();
    private Workplace? workplace;

    private LocalStore(string folder) => Folder = folder;

    /// <summary>The cache's folder.</summary>
    public string Folder { get; }

    /// <summary>Where plain downloads lie: <c>downloads/sha256/HEX</c>.</summary>
    public string Downloads => Path.Combine(Folder, "downloads");

    private string Contents => Path.Combine(Folder, "store");

    /// <summary>The user's cache: <c>$HALE_CACHE</c>, or <c>hale</c> in <c>$XDG_CACHE_HOME</c> or in <c>~/.cache</c>.</summary>
    public static string DefaultFolder()
    {
        if (Environment.GetEnvironmentVariable("HALE_CACHE") is { Length: > 0 } own)
            return Path.GetFullPath(own);
        var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg)
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(caches, "hale");
    }

    /// <summary>Opens the store in a folder, and makes it where it is missing.</summary>
    /// <exception cref="UserError">The folder cannot be made.</exception>
    public static LocalStore Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var store = new LocalStore(Path.GetFullPath(folder));
        return store.Guard(() =>
        {
            foreach (var part in new[] { "store", "info", "nar", "sources", "downloads", "locks" })
                Directory.CreateDirectory(Path.Combine(store.Folder, part));
            return store;
        });
    }

    /// <summary>Where a store path lies on this computer, whether or not it is there.</summary>
    public string Real(StorePath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.Combine(Contents, path.BaseName);
    }

    /// <summary>What is known of a path; null where it is not in this store.</summary>
    public PathInfo? Find(StorePath path)
    {
        if (!Path.Exists(Real(path)))
        {
            known.TryRemove(path, out _);
            return null;
        }

        if (known.TryGetValue(path, out var info))
            return info;
        info = ReadInfo(path);
        return info is null ? null : known.GetOrAdd(path, info);
    }

    /// <summary>What is known of a path that must be here.</summary>
    /// <exception cref="UserError">It is not.</exception>
    public PathInfo Get(StorePath path) =>
        Find(path) ?? throw new UserError($"{path} is not in the cache {Folder}.", "Build again; what is missing is made anew.");

    /// <summary>Some paths and all they need, each once, every path after what it needs.</summary>
    /// <exception cref="UserError">One of them is not in this store.</exception>
    public IReadOnlyList<PathInfo> Closure(IEnumerable<StorePath> roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        var order = new List<PathInfo>();
        var seen = new HashSet<StorePath>();
        var open = new Stack<(PathInfo Info, int Next)>();
        foreach (var root in roots.Order())
        {
            if (seen.Add(root))
                open.Push((Get(root), 0));
            while (open.TryPop(out var top))
            {
                if (top.Next == top.Info.References.Count)
                {
                    order.Add(top.Info);
                    continue;
                }

                open.Push((top.Info, top.Next + 1));
                if (seen.Add(top.Info.References[top.Next]))
                    open.Push((Get(top.Info.References[top.Next]), 0));
            }
        }

        return order;
    }

    /// <summary>Whether a path's content still is what its hash says; reads all of it.</summary>
    public bool Verify(StorePath path) =>
        Find(path) is { } info && Guard(() => NarWriter.Write(Real(path))) == new NarDigest(info.NarHash, info.NarSize);

    /// <summary>Takes a path out, so that it is made anew; what needs it stays.</summary>
    public void Remove(StorePath path)
    {
        known.TryRemove(path, out _);
        Guard(() =>
        {
            var doomed = Work().NewPath(Contents);
            if (Path.Exists(Real(path)))
                Unix.Rename(Real(path), doomed);
            File.Delete(InfoFile(path));
            File.Delete(NarFile(path));
            Trees.Delete(doomed);
            return true;
        });
    }

    /// <summary>A path's archive, zstd-compressed: made once, then kept.</summary>
    /// <exception cref="UserError">The content is not what its hash says, or the disk is full.</exception>
    public FileInfo CompressedNar(PathInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        var file = new FileInfo(NarFile(info.Path));
        return file.Exists ? file : Guard(() => Compress(info, file));
    }

    /// <summary>Ends this process's work in the store; what it made stays.</summary>
    public void Dispose() => workplace?.Dispose();

    private FileInfo Compress(PathInfo info, FileInfo file)
    {
        var temporary = Work().NewPath(Path.Combine(Folder, "nar"));
        try
        {
            NarDigest digest;
            using (var target = new Compression.ZstdCompressionStream(File.Create(temporary)))
                digest = NarWriter.Write(Real(info.Path), target);
            if (digest != new NarDigest(info.NarHash, info.NarSize))
                throw new UserError(
                    $"{Real(info.Path)} is damaged: its content has the hash {digest.Hash} instead of {info.NarHash}.",
                    $"Delete that folder and build again: rm -rf {Real(info.Path)}");
            File.Move(temporary, file.FullName, overwrite: true);
            file.Refresh();
            return file;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private string InfoFile(StorePath path) => Path.Combine(Folder, "info", path.BaseName + ".json");

    private string NarFile(StorePath path) => Path.Combine(Folder, "nar", path.BaseName + ".nar.zst");

    /// <summary>A damaged info is as good as none: whoever adds the path again writes it anew.</summary>
    private PathInfo? ReadInfo(StorePath path)
    {
        try
        {
            var info = PathInfo.Read(File.ReadAllBytes(InfoFile(path)));
            return info.Path == path && info.IsContentAddressed ? info : null;
        }
        catch (Exception error) when (error is JsonException or FileNotFoundException)
        {
            return null;
        }
    }

    private Workplace Work()
    {
        lock (opening)
            return workplace ??= new(Path.Combine(Folder, "locks"), Contents, Path.Combine(Folder, "nar"));
    }

    /// <summary>What the file system refuses is the user's to mend.</summary>
    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var full = DiskFull.Is(error);
            throw new UserError(
                full ? $"The disk that holds the cache {Folder} is full." : $"The cache {Folder} cannot be used: {error.Message}",
                full ? "Make room there, or put the cache elsewhere: HALE_CACHE=FOLDER" : "Check who may write there, or put it elsewhere: HALE_CACHE=FOLDER",
                error);
        }
    }
}

/// <summary>The one failure of a disk that deserves its own words.</summary>
internal static class DiskFull
{
    /// <summary>ENOSPC is 28, and EDQUOT 122 on Linux, 69 on macOS; .NET passes them on as they are.</summary>
    internal static bool Is(Exception error) => error is IOException && (error.HResult & 0xffff) is 28 or 122 or 69;
}
