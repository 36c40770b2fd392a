namespace Hale.Store.Nar;

/// <summary>Trees as they are in a store: read-only, of one time. Making them so, and deleting them although they are.</summary>
public static class Trees
{
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    internal const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    internal const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // A store's every tree is walked whole, what is hidden too, and no link is followed.
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>The time of everything in a store, in seconds after the epoch.</summary>
    internal const long Seconds = 1;

    /// <summary>The same, as .NET has it.</summary>
    internal static DateTime Time => DateTime.UnixEpoch.AddSeconds(Seconds);

    /// <summary>Gives a tree the modes and times of a store: 0444, or 0555 for folders and what its owner may execute.</summary>
    internal static void Seal(string path)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            SealLink(path);
        }
        else if ((info.Attributes & FileAttributes.Directory) != 0)
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(path, "*", Everything))
                Seal(entry);
            SealFolder(path);
        }
        else
        {
            File.SetUnixFileMode(path, (info.UnixFileMode & UnixFileMode.UserExecute) != 0 ? Executable : Plain);
            File.SetLastWriteTimeUtc(path, Time);
        }
    }

    /// <summary>How many files, links and folders a tree is, itself among them; nothing there is none.</summary>
    /// <param name="path">Its top; no link is followed.</param>
    public static long Count(string path) => new FileInfo(path) is var info && info.Attributes == (FileAttributes)(-1) ? 0
        : info.LinkTarget is not null || (info.Attributes & FileAttributes.Directory) == 0 ? 1
        : 1 + Directory.EnumerateFileSystemEntries(path, "*", Everything).Sum(Count);

    /// <summary>Deletes a file, link or tree, read-only or not, following no link; nothing there is as good.</summary>
    public static void Delete(string path)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is not null || info.Exists)
        {
            info.Delete();
            return;
        }

        if (!Directory.Exists(path))
            return;
        File.SetUnixFileMode(path, OwnerOnly);
        foreach (var entry in Directory.EnumerateFileSystemEntries(path, "*", Everything))
            Delete(entry);
        Directory.Delete(path);
    }

    /// <summary>Copies a file, link or tree to where nothing is, with contents, links and the right to execute.</summary>
    internal static void Copy(string from, string to)
    {
        var info = new FileInfo(from);
        if (info.LinkTarget is { } target)
        {
            File.CreateSymbolicLink(to, target);
        }
        else if ((info.Attributes & FileAttributes.Directory) != 0)
        {
            Directory.CreateDirectory(to);
            foreach (var entry in Directory.EnumerateFileSystemEntries(from, "*", Everything))
                Copy(entry, Path.Combine(to, Path.GetFileName(entry)));
        }
        else
        {
            File.Copy(from, to);
        }
    }

    internal static void SealFolder(string path)
    {
        File.SetUnixFileMode(path, Executable);
        Directory.SetLastWriteTimeUtc(path, Time);
    }

    /// <summary>A link's own time; its mode means nothing.</summary>
    internal static void SealLink(string path) => File.SetLastWriteTimeUtc(path, Time);
}
