using System.Text;

namespace MatrixProvisioner.Keeping;

/// <summary>
/// A small file with something to keep: there whole or not at all, 0600, and its folder's owner's. The folder may be another user's, who
/// may have put anything there: nothing is followed, and what is no plain file is replaced.
/// </summary>
internal sealed class KeptFile(string folder, string name)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Largest = 64 * 1024;

    private string Location => Path.Combine(folder, name);

    /// <summary>What it holds, without white space around it; null where it is missing or empty.</summary>
    public string? Read()
    {
        using var file = Native.OpenFile(Location);
        if (file is null)
            return null;
        var bytes = new byte[Largest];
        var read = RandomAccess.Read(file, bytes, 0);
        return Encoding.UTF8.GetString(bytes, 0, read).Trim() is { Length: > 0 } text ? text : null;
    }

    /// <summary>Puts mode and owner right.</summary>
    public void Protect()
    {
        using var file = Native.OpenFile(Location);
        if (file is null)
            return;
        using var parent = Native.OpenFolder(folder);
        var (user, group, _) = Native.Status(parent);
        if (Native.Status(file) is var status && (status.User, status.Group) != (user, group))
            Native.Give(file, user, group);
        // 0400 is as good.
        if ((File.GetUnixFileMode(file) | OwnerOnly) != OwnerOnly)
            File.SetUnixFileMode(file, OwnerOnly);
    }

    /// <summary>On disk when it returns. A cut before that leaves what was.</summary>
    public void Write(string text)
    {
        using var parent = Native.OpenFolder(folder);
        var (user, group, _) = Native.Status(parent);
        var unfinished = Path.Combine(folder, $".{name}.new");
        File.Delete(unfinished);
        using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
            if (Native.Status(file.SafeFileHandle) is var status && (status.User, status.Group) != (user, group))
                Native.Give(file.SafeFileHandle, user, group);
        }
        if (Directory.Exists(Location) && new FileInfo(Location).LinkTarget is null)
            Directory.Delete(Location, recursive: true);
        File.Move(unfinished, Location, overwrite: true);
        Native.Sync(parent);
    }

    public void Delete() => File.Delete(Location);
}
