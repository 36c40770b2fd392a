using System.Text;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Build;

/// <summary>
/// Files and folders of the user's, taken as they are. One that looks the same as before (names, sizes, times) is not read again.
/// </summary>
/// <param name="store">Where they go.</param>
/// <param name="time">The clock: a file changed a moment ago could change again without its time telling.</param>
internal sealed class LocalSources(LocalStore store, TimeProvider time)
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    /// <summary>The store path of a file or folder.</summary>
    /// <exception cref="UserError">It is not there, or cannot be read.</exception>
    public PathInfo Add(LocalPath local, string fleetFolder)
    {
        var path = Path.GetFullPath(local.Source, fleetFolder);
        return Path.Exists(path)
            ? Add(local.Name, path)
            : throw new UserError(
                $"{local.Source} is not there: {path}", "The paths of a declaration are relative to the folder of fleet.cs.");
    }

    /// <summary>The store path of what lies at an absolute path.</summary>
    public PathInfo Add(string name, string path)
    {
        try
        {
            var (looks, newest) = Look(path);
            var key = $"local\n{name}\n{path}\n{looks}";
            if (store.Realised(key) is { } known)
                return known;
            var added = store.AddPath(name, path);
            if (newest + Settled < time.GetUtcNow())
                store.Remember(key, added.Path);
            return added;
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new UserError($"{path} cannot be read: {error.Message}", "Check who may read it.", error);
        }
    }

    private static (string Looks, DateTimeOffset Newest) Look(string path)
    {
        var text = new StringBuilder();
        var newest = DateTimeOffset.MinValue;
        IEnumerable<FileSystemInfo> entries = Directory.Exists(path) && new FileInfo(path).LinkTarget is null
            ? new DirectoryInfo(path).EnumerateFileSystemInfos(
                "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            : [new FileInfo(path)];
        foreach (var entry in entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            var size = entry is FileInfo { LinkTarget: null } file ? file.Length : 0;
            text.Append($"{entry.FullName}\0{size}\0{entry.LastWriteTimeUtc.Ticks}\0{(int)entry.UnixFileMode}\0{entry.LinkTarget}\n");
            if (entry.LastWriteTimeUtc > newest)
                newest = entry.LastWriteTimeUtc;
        }
        return (text.ToString(), newest);
    }
}
