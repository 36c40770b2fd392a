using Hale.Activator.Machine;

namespace Hale.Activator.Data;

/// <summary>
/// Whole folders of data, copied or given another's place. A folder moves by one rename where it can; where it is a mount or lies on another
/// file system, by a copy. Killed anywhere, the same call again comes to the same.
/// </summary>
internal static class DataTree
{
    private const string Copying = ".copying";
    private const string Used = ".used";
    private const UnixFileMode Open = (UnixFileMode)0b111_101_101;
    private const UnixFileMode Private = (UnixFileMode)0b111_000_000;

    /// <summary>
    /// A copy with all that cp(1) of GNU coreutils keeps: modes, owners, times, extended attributes and access lists, hard links, holes, links
    /// and special files. Blocks are shared where the file system can.
    /// </summary>
    internal static void Copy(MachineFiles files, string from, string to)
    {
        files.Changing($"copy {from} to {to}");
        var (code, _, said) = Programs.Run("cp", ["--archive", "--reflink=auto", "--sparse=auto", "--no-target-directory", "--", files.At(from), files.At(to)]);
        if (code != 0)
            throw new IOException($"{from} cannot be copied to {to}: {said.Trim().Split('\n')[0]}");
        files.Changing($"copied {from}");
    }

    /// <summary>What was kept becomes what lies there, and what lay there is kept in turn.</summary>
    /// <param name="files">The machine.</param>
    /// <param name="path">The folder's declared path.</param>
    /// <param name="real">Where it is to lie.</param>
    /// <param name="from">Where it was kept; gone once this has been done.</param>
    /// <param name="to">Where the other is to be kept.</param>
    /// <param name="keep">Whether it must be: what nobody wants back is not copied where it cannot be moved.</param>
    internal static void Exchange(MachineFiles files, string path, string real, string from, string to, bool keep = true)
    {
        if (!files.Exists(from))
            return;
        Out(files, path, to, keep);
        In(files, from, real);
    }

    /// <summary>What lies there is kept; what is kept already stays, and what lies there then is what somebody made meanwhile.</summary>
    internal static void Out(MachineFiles files, string path, string to, bool keep = true)
    {
        var live = DataFolder.Real(files, path);
        if (!files.Exists(live))
            return;
        if (files.Exists(to) || !Renamed(files, live, to))
        {
            if (keep && !files.Exists(to))
            {
                Discard(files, to + Copying);
                Copy(files, live, to + Copying);
                Native.SyncFileSystem(files.At(to + Copying));
                files.Move(to + Copying, to);
            }

            Clear(files, live);
        }
    }

    private static void In(MachineFiles files, string from, string real)
    {
        // A folder may have become one of DynamicUser= meanwhile, and a link in its old place.
        if (files.Target(real) is not null)
            files.Remove(real);
        var above = Path.GetDirectoryName(real)!;
        files.MakeFolder(above, above == "/var/lib/private" ? Private : Open);
        if (!files.Exists(real) && Renamed(files, from, real))
            return;
        if (files.Exists(real))
        {
            Copy(files, from, real);
            Native.SyncFileSystem(files.At(real));
        }
        else
        {
            Discard(files, real + Copying);
            Copy(files, from, real + Copying);
            Native.SyncFileSystem(files.At(real + Copying));
            files.Move(real + Copying, real);
        }

        files.Move(from, from + Used);
        Discard(files, from + Used);
    }

    /// <returns>False where no rename leads from one to the other.</returns>
    private static bool Renamed(MachineFiles files, string from, string to)
    {
        try
        {
            files.Move(from, to);
        }
        catch (IOException e) when (e.HResult is Native.OtherFileSystem or Native.Busy)
        {
            return false;
        }

        Native.SyncFolder(files.At(Path.GetDirectoryName(from)!));
        return true;
    }

    /// <summary>Removes a folder; of a mount, all that is in it.</summary>
    private static void Clear(MachineFiles files, string folder)
    {
        files.Changing($"clear {folder}");
        foreach (var entry in new DirectoryInfo(files.At(folder)).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
            if (entry is DirectoryInfo { LinkTarget: null } below)
                below.Delete(recursive: true);
            else
                entry.Delete();
        try
        {
            Directory.Delete(files.At(folder));
        }
        catch (IOException)
        {
            // A mount stays, empty.
        }

        Native.SyncFolder(files.At(Path.GetDirectoryName(folder)!));
    }

    private static void Discard(MachineFiles files, string folder)
    {
        if (files.Exists(folder))
            files.RemoveFolder(folder);
    }
}
