using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hale.Store;

/// <summary>
/// What the platform offers and .NET does not, or not as fast: renaming whatever is there, making many small files, and writing a whole file
/// system to its disk.
/// </summary>
internal static partial class Unix
{
    private const int Exists = 17;
    private const int NoEntry = 2;
    private const int NoFolder = 20;

    // LOCK_SH, LOCK_EX, LOCK_NB and EINTR: the same everywhere.
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int AtOnce = 4;
    private const int Interrupted = 4;
    private const int CloseOnExecOnLinux = 0x80000;

    // O_WRONLY, O_CREAT, O_EXCL, O_CLOEXEC: the same on x64 and arm64.
    private const int CreateNewOnLinux = 0x1 | 0x40 | 0x80 | 0x80000;

    /// <summary>rename(2): atomic, for files, links and folders alike.</summary>
    /// <returns>False where <paramref name="to"/> is a folder with something in it, or a folder where a file comes from (or the reverse).</returns>
    /// <exception cref="IOException">Anything else.</exception>
    internal static bool Rename(string from, string to)
    {
        if (rename(from, to) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        // ENOTEMPTY is 39 on Linux and 66 on macOS; ENOTDIR and EISDIR are 20 and 21 on both.
        return error is Exists or 39 or 66 or 20 or 21 ? false : throw new IOException($"{to}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    /// <summary>Brings everything written to the file system that holds a folder to its disk.</summary>
    internal static void Sync(string folder)
    {
        if (OperatingSystem.IsMacOS())
        {
            sync();
            return;
        }

        using var handle = new SafeFileHandle(open(folder, 0), ownsHandle: true);
        if (handle.IsInvalid || syncfs(handle) != 0)
            throw new IOException($"{folder}: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Makes a file where nothing is, not even a link, and opens it for writing; its mode is given whatever the umask.</summary>
    internal static SafeFileHandle CreateFile(string path, UnixFileMode mode)
    {
        // .NET's own opening locks, unlocks and looks at the file system: half of the time that a small file takes. Elsewhere than on
        // Linux open(2) with a mode cannot be called, for its arguments are variadic.
        var file = OperatingSystem.IsLinux()
            ? new SafeFileHandle(openNew(path, CreateNewOnLinux, (uint)mode), ownsHandle: true)
            : File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        if (file.IsInvalid)
            throw Failed(path);
        if (fchmod(file, (uint)mode) != 0)
        {
            file.Dispose();
            throw Failed(path);
        }

        return file;
    }

    /// <summary>All of a small file; null where there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static byte[]? ReadFile(string path)
    {
        // .NET's own reading locks, unlocks and asks for the length: most of the time that a small file takes, and a system has a thousand.
        using var file = new SafeFileHandle(open(path, OperatingSystem.IsLinux() ? CloseOnExecOnLinux : 0), ownsHandle: true);
        if (file.IsInvalid)
            return Marshal.GetLastPInvokeError() is NoEntry or NoFolder ? null : throw Failed(path);
        var bytes = new byte[4096];
        for (var length = 0; ;)
        {
            var count = read(file, bytes.AsSpan(length), (nuint)(bytes.Length - length));
            if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                throw Failed(path);
            if (count == 0)
                return bytes[..length];
            length += Math.Max(0, (int)count);
            if (length == bytes.Length)
                Array.Resize(ref bytes, 2 * length);
        }
    }

    /// <summary>Sets both times of an open file, to whole seconds after the epoch.</summary>
    internal static void SetTimes(SafeFileHandle file, long seconds)
    {
        // Two timespecs of two words each, where words have 64 bits.
        if (futimens(file, [seconds, 0, seconds, 0]) != 0)
            throw Failed("");
    }

    /// <summary>
    /// Locks a folder, for as long as the handle lives: flock(2), which needs no file of its own, so that it works on a disk that is full.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="alone">Whether nobody else may hold it, or only nobody alone.</param>
    /// <param name="wait">Whether to wait for it.</param>
    /// <returns>The lock; null where somebody else is in the way and it does not wait.</returns>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    internal static SafeFileHandle? LockFolder(string folder, bool alone, bool wait)
    {
        var handle = new SafeFileHandle(open(folder, OperatingSystem.IsLinux() ? CloseOnExecOnLinux : 0), ownsHandle: true);
        if (handle.IsInvalid)
            throw Failed(folder);
        while (flock(handle, (alone ? Exclusive : Shared) | (wait ? 0 : AtOnce)) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
                continue;
            handle.Dispose();
            // EWOULDBLOCK is 11 on Linux and 35 on macOS.
            return error is 11 or 35 ? null : throw new IOException($"{folder}: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }

        return handle;
    }

    private static IOException Failed(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new($"{path}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport(NativeLibraries.C, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openNew(string path, int flags, uint mode);

    [LibraryImport(NativeLibraries.C, SetLastError = true)]
    private static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport(NativeLibraries.C, SetLastError = true)]
    private static partial int futimens(SafeFileHandle file, ReadOnlySpan<long> times);

    [LibraryImport(NativeLibraries.C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport(NativeLibraries.C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport(NativeLibraries.C, SetLastError = true)]
    private static partial nint read(SafeFileHandle file, Span<byte> bytes, nuint count);

    [LibraryImport(NativeLibraries.C, SetLastError = true)]
    private static partial int syncfs(SafeFileHandle file);

    [LibraryImport(NativeLibraries.C, SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport(NativeLibraries.C)]
    private static partial void sync();
}
