using Hale.Store.Nar;

namespace Hale.Store.Local;

/// <summary>
/// Where one process makes things before they are renamed to their place. Its names carry the process's own mark, and a locked file
/// says that the process lives; what the dead left is swept by the next one that makes something.
/// </summary>
internal sealed class Workplace : IDisposable
{
    private const string Prefix = ".tmp-";
    private const int MarkLength = 32;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    private readonly string mark;
    private readonly FileStream alive;
    private int count;

    /// <summary>Begins to work in a cache.</summary>
    /// <param name="locks">The folder of the locked files.</param>
    /// <param name="folders">The folders that things are made in.</param>
    internal Workplace(string locks, params string[] folders)
    {
        (mark, alive) = Live(locks);
        foreach (var other in Directory.EnumerateFiles(locks).Where(file => Path.GetFileName(file) != mark))
            Sweep(other, folders);
        // A command that fails ends before all that it began does: what is then still made has lost its locked file.
        foreach (var left in folders.SelectMany(folder => Directory.EnumerateFileSystemEntries(folder, $"{Prefix}*", Everything)))
            if (MarkOf(left) is { } made && made != mark && !File.Exists(Path.Combine(locks, made)))
                Delete(left);
    }

    /// <summary>A path of this process's own in a folder; nothing is there.</summary>
    internal string NewPath(string folder) => Path.Combine(folder, $"{Prefix}{mark}-{Interlocked.Increment(ref count)}");

    public void Dispose() => alive.Dispose();

    /// <summary>
    /// A locked file under a new mark. Between making and locking it another process may take it for a dead one's and remove it: then there
    /// is a lock that nobody sees, and another mark is taken.
    /// </summary>
    private static (string Mark, FileStream Alive) Live(string locks)
    {
        for (var tries = 0; ; tries++)
        {
            var mark = Guid.NewGuid().ToString("n");
            var path = Path.Combine(locks, mark);
            try
            {
                var alive = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
                if (File.Exists(path))
                    return (mark, alive);
                alive.Dispose();
            }
            catch (IOException error) when (tries < 10 && !DiskFull.Is(error))
            {
                // It is being swept at this moment.
            }
        }
    }

    private static void Sweep(string other, string[] folders)
    {
        try
        {
            // Opening it fails as long as its process lives.
            using var dead = new FileStream(other, FileMode.Open, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            foreach (var folder in folders)
                foreach (var left in Directory.EnumerateFileSystemEntries(folder, $"{Prefix}{Path.GetFileName(other)}-*", Everything))
                    Trees.Delete(left);
        }
        catch (IOException)
        {
        }
    }

    private static void Delete(string left)
    {
        try
        {
            Trees.Delete(left);
        }
        catch (IOException)
        {
            // Another process sweeps it at this moment.
        }
    }

    private static string? MarkOf(string path) =>
        Path.GetFileName(path)[Prefix.Length..].Split('-') is [{ Length: MarkLength } mark, ..] ? mark : null;
}
