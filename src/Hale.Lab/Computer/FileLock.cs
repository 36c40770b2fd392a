using Microsoft.Win32.SafeHandles;

namespace Hale.Lab;

/// <summary>
/// A lock of flock(2) on a file. The kernel gives it back when its holder ends, however it ends: so a lock that can be taken says that
/// its holder is dead, which a recorded process id (it is used again) cannot say.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle file;

    private FileLock(SafeFileHandle file) => this.file = file;

    /// <summary>Takes the lock at once.</summary>
    /// <returns>The lock, or null where another holds it.</returns>
    public static FileLock? TryTake(string path, bool exclusive = true)
    {
        var file = Native.OpenForLocking(path);
        if (Native.TryLock(file, exclusive)) return new FileLock(file);
        file.Dispose();
        return null;
    }

    /// <summary>Takes the lock as soon as its holders let go.</summary>
    /// <param name="path">The file, which is made where it is missing.</param>
    /// <param name="exclusive">Alone, or together with others that share it.</param>
    /// <param name="onWait">Called once where the lock is not free at once.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<FileLock> TakeAsync(string path, bool exclusive, Action onWait, CancellationToken cancellation)
    {
        var waited = false;
        while (true)
        {
            if (TryTake(path, exclusive) is { } taken) return taken;
            if (!waited) onWait();
            waited = true;
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose() => file.Dispose();
}
