using System.Text.Json;
using Hale.Store.Nar;
using Hale.Store.Paths;

namespace Hale.Store.Transfer;

/// <summary>
/// A machine's store: contents in <c>/nix/store</c>, what is known of them in <c>/var/lib/hale/info</c>. A path is there once its content and
/// its info are; everything that a path needs is there before it.
/// </summary>
/// <param name="storeFolder">The folder of the contents: <c>/nix/store</c>, or another root's.</param>
/// <param name="infoFolder">The folder of the infos: <c>/var/lib/hale/info</c>.</param>
public sealed partial class MachineStore(string storeFolder, string infoFolder)
{
    private const string Staging = ".hale-tmp-";

    /// <summary>The largest archive that is taken, in bytes: 16 GiB.</summary>
    public long LargestArchive { get; init; } = 16L << 30;

    /// <summary>Which of some paths are not here, in their order.</summary>
    public IReadOnlyList<StorePath> Missing(IEnumerable<StorePath> paths) => [.. paths.Where(path => Find(path) is null)];

    /// <summary>What is known of a path; null where it is not here.</summary>
    public PathInfo? Find(StorePath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.Exists(Real(path)) ? Info(path) : null;
    }

    /// <summary>What is noted of a path, whether it is here or not, and whether it can be so (<see cref="PathInfo.IsContentAddressed"/>) or not: the fastest look.</summary>
    public PathInfo? Noted(StorePath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(path) is { } info && info.Path == path ? info : null;
    }

    /// <summary>Where a path lies.</summary>
    public string Real(StorePath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.Combine(storeFolder, path.BaseName);
    }

    /// <summary>Whether a path's content still is what its hash says; reads all of it.</summary>
    public bool Verify(StorePath path) =>
        Find(path) is { } info && NarWriter.Write(Real(path)) == new NarDigest(info.NarHash, info.NarSize);

    /// <summary>
    /// Receives a transfer. Contents are unpacked under temporary names and verified; then all are written to disk, and renamed to their
    /// places, so that neither a lost connection nor a lost power leaves half a path. What was verified before a failure is kept.
    /// </summary>
    /// <param name="source">The transfer; read to its end, left open.</param>
    /// <param name="progress">Is told after each path.</param>
    /// <param name="replace">Whether what is here already is taken anew, because it is damaged.</param>
    /// <returns>The paths that are new here, in the order they came.</returns>
    /// <exception cref="UserError">The disk is full or cannot be written, the transfer is cut, damaged or hostile, or another one is under way.</exception>
    public IReadOnlyList<PathInfo> Receive(Stream source, Action<TransferProgress>? progress = null, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            Directory.CreateDirectory(storeFolder);
            Directory.CreateDirectory(infoFolder);
            using var use = Use();
            using var alone = Lock();
            Sweep();
            return Receive(new TransferReader(source), progress, replace);
        }
        catch (InvalidDataException error)
        {
            throw new UserError(error.Message, "Nothing of it was kept unverified; send it again.", error);
        }
        catch (Exception error) when (Local.DiskFull.Is(error))
        {
            throw new UserError($"The disk that holds {storeFolder} is full.", "Make room on the machine: hale gc deletes what no generation needs.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"The store {storeFolder} cannot take the transfer: {error.Message}", "", error);
        }
    }

    private List<PathInfo> Receive(TransferReader reader, Action<TransferProgress>? progress, bool replace)
    {
        using var _ = reader;
        var staged = new Dictionary<StorePath, (PathInfo Info, string Place)>();
        var order = new List<PathInfo>();
        try
        {
            var (count, bytes) = (0, 0L);
            while (reader.Next() is { } info)
            {
                if (!staged.ContainsKey(info.Path) && (replace || Find(info.Path) is null))
                {
                    staged.Add(info.Path, (info, Stage(info, reader, staged)));
                    order.Add(info);
                }

                bytes += info.NarSize;
                progress?.Invoke(new(info.Path, ++count, 0, bytes, 0));
            }
        }
        finally
        {
            Commit(order, staged);
        }

        return order;
    }

    private string Stage(PathInfo info, TransferReader reader, Dictionary<StorePath, (PathInfo Info, string Place)> staged)
    {
        if (info.NarSize > LargestArchive)
            throw TransferReader.Bad($"{info.Path} has {info.NarSize} bytes, and {LargestArchive} are allowed");
        foreach (var reference in info.References)
            if (!staged.ContainsKey(reference) && Find(reference) is null)
                throw TransferReader.Bad($"{info.Path} needs {reference}, which is neither here nor came before it");
        var place = Path.Combine(storeFolder, Staging + Guid.NewGuid().ToString("n"));
        try
        {
            var digest = NarUnpacker.Unpack(reader.Archive(), place, info.NarSize);
            if (digest != new NarDigest(info.NarHash, info.NarSize))
                throw TransferReader.Bad($"{info.Path} came with the hash {digest.Hash} instead of {info.NarHash}");
            return new FileInfo(place).LinkTarget is null ? place : throw TransferReader.Bad($"{info.Path} is itself a link");
        }
        catch
        {
            Trees.Delete(place);
            throw;
        }
    }

    /// <summary>Contents to the disk, then their names, then their infos, then those to the disk.</summary>
    private void Commit(List<PathInfo> order, Dictionary<StorePath, (PathInfo Info, string Place)> staged)
    {
        if (order.Count == 0)
            return;
        Unix.Sync(storeFolder);
        foreach (var info in order)
        {
            // Something without an info may lie there: what a power cut left, or a stranger's; or something damaged. It was not verified,
            // this was. It goes after this has its name, so that next to no time passes without either.
            var real = Real(info.Path);
            var past = Path.Combine(storeFolder, Staging + Guid.NewGuid().ToString("n"));
            if (Path.Exists(real) || new FileInfo(real).LinkTarget is not null)
                Unix.Rename(real, past);
            if (!Unix.Rename(staged[info.Path].Place, real))
                throw new IOException($"{real} could not be made.");
            Trees.Delete(past);
            AtomicFile.Write(InfoFile(info.Path), JsonSerializer.SerializeToUtf8Bytes(info, StoreJson.Default.PathInfo), durable: false);
        }

        Unix.Sync(storeFolder);
        Unix.Sync(infoFolder);
    }

    private FileStream Lock()
    {
        var path = Path.Combine(infoFolder, ".receiving");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1);
        }
        catch (IOException error) when (!Local.DiskFull.Is(error) && File.Exists(path))
        {
            throw new UserError("Another transfer to this machine is under way.", "Wait for it, then try again.", error);
        }
    }

    /// <summary>What an interrupted transfer left; the lock says that none is under way.</summary>
    private void Sweep()
    {
        var all = new EnumerationOptions { AttributesToSkip = FileAttributes.None };
        foreach (var left in Directory.EnumerateFileSystemEntries(storeFolder, Staging + "*", all))
            Trees.Delete(left);
        foreach (var left in Directory.EnumerateFiles(infoFolder, "*.tmp", all))
            File.Delete(left);
    }

    private string InfoFile(StorePath path) => Path.Combine(infoFolder, path.BaseName + ".json");
}
