using Hale.Store.Nar;

namespace Hale.Store.Local;

/// <summary>
/// Where one process makes things before they are renamed to their place. Its names carry the process's own mark, and a locked file
/// says that the process lives; what the dead left is swept by the next one that makes something.
/// </summary>
internal sealed class Workplace : IDisposable
{
    private readonly string mark = Guid.NewGuid().ToString("n");
    private readonly FileStream alive;
    private int count;

    /// <summary>Begins to work in a cache.</summary>
    /// <param name="locks">The folder of the locked files.</param>
    /// <param name="folders">The folders that things are made in.</param>
    internal Workplace(string locks, params string[] folders)
    {
        alive = new FileStream(
            Path.Combine(locks, mark), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        foreach (var other in Directory.EnumerateFiles(locks).Where(file => Path.GetFileName(file) != mark))
            Sweep(other, folders);
    }

    /// <summary>A path of this process's own in a folder; nothing is there.</summary>
    internal string NewPath(string folder) => Path.Combine(folder, $".tmp-{mark}-{Interlocked.Increment(ref count)}");

    public void Dispose() => alive.Dispose();

    private static void Sweep(string other, string[] folders)
    {
        try
        {
            // Opening it fails as long as its process lives.
            using var dead = new FileStream(other, FileMode.Open, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            foreach (var folder in folders)
                foreach (var left in Directory.EnumerateFileSystemEntries(
                    folder, $".tmp-{Path.GetFileName(other)}-*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
                    Trees.Delete(left);
        }
        catch (IOException)
        {
        }
    }
}
