using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hale.Lab;

/// <summary>The Linux calls that .NET has no name for: network namespaces, and file locks that wait for nobody.</summary>
internal static partial class Native
{
    private const int CloneNewNet = 0x40000000;
    private const int OpenReadOnlyCloseOnExec = 0x80000;
    private const int OpenReadWriteCreateCloseOnExec = 0x80000 | 0x40 | 0x2;
    private const int AddressFamilyInet = 2;
    private const int StreamCloseOnExec = 1 | 0x80000;
    private const int WouldBlock = 11;
    private const int Interrupted = 4;

    /// <summary>Moves the calling thread, and it alone, into a new and empty network namespace.</summary>
    public static void UnshareNetwork() => Check(unshare(CloneNewNet), "unshare(CLONE_NEWNET)");

    /// <summary>Moves the calling thread, and it alone, into a network namespace.</summary>
    public static void EnterNetwork(SafeHandle networkNamespace) => Check(setns(networkNamespace, CloneNewNet), "setns(CLONE_NEWNET)");

    /// <summary>Opens a file for reading; the descriptor is not inherited by child processes.</summary>
    public static SafeFileHandle OpenForReading(string path) => Opened(open(path, OpenReadOnlyCloseOnExec, 0), path);

    /// <summary>Opens a file for locking, mode 0600 where it is made; the descriptor is not inherited by child processes.</summary>
    public static SafeFileHandle OpenForLocking(string path) => Opened(open(path, OpenReadWriteCreateCloseOnExec, 0x180), path);

    /// <summary>A TCP socket of the calling thread's network namespace.</summary>
    public static int OpenTcpSocket()
    {
        var descriptor = socket(AddressFamilyInet, StreamCloseOnExec, 0);
        Check(descriptor, "socket");
        return descriptor;
    }

    /// <summary>Takes a lock of flock(2) at once, or says that another holds it.</summary>
    /// <returns>Whether the lock is now held.</returns>
    public static bool TryLock(SafeHandle file, bool exclusive)
    {
        const int shared = 1, alone = 2, withoutWaiting = 4;
        while (flock(file, (exclusive ? alone : shared) | withoutWaiting) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock) return false;
            if (error != Interrupted) throw new Win32Exception(error);
        }
        return true;
    }

    /// <summary>Sends a signal to one process, which may be gone already.</summary>
    public static void Signal(int process, int signal) => _ = kill(process, signal);

    /// <summary>SIGTERM, by which a supervisor is asked to end its machine in order.</summary>
    public const int Terminate = 15;

    private static void Check(int result, string call)
    {
        if (result < 0) throw new IOException($"{call}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    private static SafeFileHandle Opened(int descriptor, string path)
    {
        Check(descriptor, $"open {path}");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(SafeHandle fd, int kind);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeHandle fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
