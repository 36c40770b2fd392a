using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hale.Store;

/// <summary>What the platform offers and .NET does not: renaming whatever is there, and writing a whole file system to its disk.</summary>
internal static partial class Unix
{
    private const int Exists = 17;

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

    [LibraryImport(NativeLibraries.C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport(NativeLibraries.C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport(NativeLibraries.C, SetLastError = true)]
    private static partial int syncfs(SafeFileHandle file);

    [LibraryImport(NativeLibraries.C)]
    private static partial void sync();
}
