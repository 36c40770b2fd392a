using Hale.Activator.Machine;

namespace Hale.Activator.Verify;

/// <summary>
/// Keeps what a person wrote before it is put back: copies, with modes and owners, in <c>/var/lib/hale/aside/DATE/PATH</c>, for root
/// alone. A collection of garbage deletes what is older than <see cref="Garbage.OldAside.Kept"/>.
/// </summary>
internal sealed class Aside(MachineFiles files, DateTimeOffset now)
{
    internal const string Folder = "/var/lib/hale/aside";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    internal const string DateFormat = "yyyy-MM-dd'T'HH-mm-ss'Z'";
    private readonly string _folder = $"{Folder}/{now.UtcDateTime.ToString(DateFormat, System.Globalization.CultureInfo.InvariantCulture)}";

    /// <returns>Where the copy is.</returns>
    internal string Keep(string path)
    {
        var place = Free($"{_folder}{path}");
        files.MakeFolder(Path.GetDirectoryName(place)!, Private);
        Copy(files.At(path), files.At(place));
        return place;
    }

    private string Free(string place)
    {
        var free = place;
        for (var n = 1; files.Exists(free); n++)
            free = $"{place}.{n}";
        return free;
    }

    private static void Copy(string from, string to)
    {
        if (PathStat.Of(from) is not { } stat)
            return;
        if (stat.IsLink)
            File.CreateSymbolicLink(to, new FileInfo(from).LinkTarget!);
        else if (stat.IsFolder)
            Directory.CreateDirectory(to, Private);
        else if (stat.IsFile)
            File.Copy(from, to);
        else
            // A pipe or a socket holds nothing that could be kept.
            return;
        if (stat.IsFolder)
            foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
                Copy(entry.FullName, Path.Combine(to, entry.Name));
        if (Native.User() == 0 && Native.Own(to, stat.User, stat.Group) != 0)
            throw Native.Failure("chown", to);
        if (!stat.IsLink)
            File.SetUnixFileMode(to, (UnixFileMode)stat.Bits);
    }
}
