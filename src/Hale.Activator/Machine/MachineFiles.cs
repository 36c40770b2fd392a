using Hale.Activator.Plan;
using Hale.Store.Paths;
using Hale.Store.Transfer;

namespace Hale.Activator.Machine;

/// <summary>
/// The machine's file system below a root: every path that the activator names is absolute on the machine, and every change
/// it makes goes through here, each durable and whole or not there at all.
/// </summary>
/// <param name="root">The folder that stands for <c>/</c>.</param>
/// <param name="changing">Told before each change what will change; a test cuts the power there.</param>
internal sealed class MachineFiles(string root, Action<string>? changing = null)
{
    private const string Unfinished = ".hale-new";
    private readonly string _root = root.TrimEnd('/');

    /// <summary>Whether this is the running machine itself, not a folder.</summary>
    internal bool IsLive => _root.Length == 0;

    internal MachineStore Store() => new(At(StorePath.StoreFolder), At("/var/lib/hale/info")) { Changing = changing };

    internal string At(string path) => _root + path;

    /// <summary>Where a link leads, as written in it; null where there is no link.</summary>
    internal string? Target(string path) => Native.Target(At(path));

    /// <summary>Whether anything has that name, a dangling link too.</summary>
    internal bool Exists(string path) => PathStat.Of(At(path)) is not null;

    internal bool IsFolder(string path) => Target(path) is null && Directory.Exists(At(path));

    internal byte[]? Read(string path)
    {
        // An exception costs more than all that is read: the first one, milliseconds.
        if (PathStat.Of(At(path)) is null)
            return null;
        try
        {
            return File.ReadAllBytes(At(path));
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The names in a folder; none where there is no folder.</summary>
    internal IReadOnlyList<string> Names(string folder) => Native.Names(At(folder));

    /// <summary>A folder and those above it; new ones get the mode.</summary>
    internal void MakeFolder(string path, UnixFileMode mode)
    {
        if (Directory.Exists(At(path)))
            return;
        var above = Path.GetDirectoryName(path)!;
        MakeFolder(above, mode);
        changing?.Invoke($"make {path}");
        Directory.CreateDirectory(At(path), mode);
        File.SetUnixFileMode(At(path), mode);
        Native.SyncFolder(At(above));
    }

    /// <summary>Writes a file: aside, synced, then renamed, so that a reader sees the old bytes or the new ones.</summary>
    internal void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var aside = At(path) + Unfinished;
        changing?.Invoke($"write {path}");
        try
        {
            File.Delete(aside);
            using (var file = new FileStream(aside, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = mode,
            }))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.SetUnixFileMode(aside, mode);
            Rename(aside, path);
        }
        catch (IOException)
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Adds a line to the end of a file and syncs it. After a torn line, which a power cut left, it begins a new one.</summary>
    internal void Append(string path, ReadOnlySpan<byte> line, UnixFileMode mode)
    {
        changing?.Invoke($"append {path}");
        using var file = new FileStream(At(path), new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = mode,
        });
        var isNew = file.Length == 0;
        file.Seek(isNew ? 0 : -1, SeekOrigin.End);
        byte[] text = isNew || file.ReadByte() == '\n' ? line.ToArray() : [(byte)'\n', .. line];
        file.Write(text);
        file.Flush(flushToDisk: true);
        if (isNew)
            Native.SyncFolder(At(Path.GetDirectoryName(path)!));
    }

    /// <summary>Tells that something changes that is not done here.</summary>
    internal void Changing(string what) => changing?.Invoke(what);

    /// <summary>The length of a file in bytes.</summary>
    internal long Length(string path) => new FileInfo(At(path)).Length;

    /// <summary>Gives a file another name, in place of what has it.</summary>
    internal void Move(string from, string to) => Rename(At(from), to);

    /// <summary>
    /// Writes a file that is not there yet into memory: its owner and mode are set before its first byte, so that nobody else ever
    /// reads one.
    /// </summary>
    internal void Place(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode, uint user, uint group)
    {
        changing?.Invoke($"place {path}");
        using var file = new FileStream(At(path), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        if (Native.User() == 0 && Native.Own(At(path), user, group) != 0)
            throw Native.Failure("chown", path);
        File.SetUnixFileMode(file.SafeFileHandle, mode);
        file.Write(bytes);
    }

    /// <summary>Makes a link or leads it elsewhere, by one rename.</summary>
    internal void SetLink(string path, string target)
    {
        if (Target(path) == target)
            return;
        var aside = At(path) + Unfinished;
        changing?.Invoke($"link {path}");
        File.Delete(aside);
        if (Native.Link(target, aside) != 0)
            throw Native.Failure("link", path);
        try
        {
            Rename(aside, path);
        }
        catch (IOException)
        {
            File.Delete(aside);
            throw;
        }
    }

    private void Rename(string aside, string path)
    {
        changing?.Invoke($"rename {path}");
        if (Native.Rename(aside, At(path)) != 0)
            throw Native.Failure("rename", path);
        Native.SyncFolder(At(Path.GetDirectoryName(path)!));
    }

    /// <summary>Removes a file or link, if it is there.</summary>
    internal void Remove(string path)
    {
        if (!Exists(path))
            return;
        changing?.Invoke($"remove {path}");
        File.Delete(At(path));
        Native.SyncFolder(At(Path.GetDirectoryName(path)!));
    }

    /// <summary>Removes what an interrupted write of that path left beside it.</summary>
    internal void RemoveUnfinished(string path) => Remove(path + Unfinished);

    /// <summary>Removes a folder and all in it.</summary>
    internal void RemoveFolder(string path)
    {
        changing?.Invoke($"remove {path}");
        Directory.Delete(At(path), recursive: true);
        Native.SyncFolder(At(Path.GetDirectoryName(path)!));
    }

    internal void RemoveFolderIfEmpty(string path)
    {
        if (IsFolder(path) && !Directory.EnumerateFileSystemEntries(At(path)).Any())
            RemoveFolder(path);
    }

    /// <summary>Mode, and owner root where this process is root.</summary>
    internal void Protect(string path, UnixFileMode mode)
    {
        if (File.GetUnixFileMode(At(path)) != mode)
        {
            changing?.Invoke($"mode {path}");
            File.SetUnixFileMode(At(path), mode);
        }

        if (Native.User() == 0 && Native.Own(At(path), 0, 0) != 0)
            throw Native.Failure("chown", path);
    }

    /// <summary>Everything written by anyone, the store's new paths above all, is on the disk after this.</summary>
    internal void SyncAll()
    {
        changing?.Invoke("sync");
        Native.SyncAll();
    }

    /// <summary>Whether the link is there and leads where it should.</summary>
    internal bool Has(Link link) => Target(link.Path) == link.Target;
}
