using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MatrixProvisioner.Keeping;

/// <summary>The calls of Linux that .NET has no name for: a file opened without following a link, and its owner.</summary>
internal static partial class Native
{
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000;
    // These two differ between architectures.
    private static readonly bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int noFollow = isArm ? 0x8000 : 0x20000, directory = isArm ? 0x4000 : 0x10000;
    private const int EmptyPath = 0x1000;
    private const uint Basic = 0x7ff;

    /// <summary>Opens a regular file; null where there is none of that name, or it is something else: a link, a folder, a pipe.</summary>
    public static SafeFileHandle? OpenFile(string path)
    {
        var handle = open(path, NonBlocking | noFollow | CloseOnExec);
        if (!handle.IsInvalid && Status(handle).IsFile)
            return handle;
        handle.Dispose();
        return null;
    }

    /// <summary>Opens a folder, not a link to one.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static SafeFileHandle OpenFolder(string path)
    {
        var handle = open(path, directory | noFollow | CloseOnExec);
        return handle.IsInvalid ? throw Failed($"The folder {path} cannot be opened") : handle;
    }

    public static (uint User, uint Group, bool IsFile) Status(SafeFileHandle handle)
    {
        // struct statx of linux/stat.h: user at 20, group at 24, type and mode at 28.
        Span<byte> status = stackalloc byte[256];
        if (statx(handle, "", EmptyPath, Basic, status) != 0)
            throw Failed("A file's owner cannot be read");
        return (BinaryPrimitives.ReadUInt32LittleEndian(status[20..]), BinaryPrimitives.ReadUInt32LittleEndian(status[24..]),
            (BinaryPrimitives.ReadUInt16LittleEndian(status[28..]) & 0xf000) == 0x8000);
    }

    public static void Give(SafeFileHandle handle, uint user, uint group)
    {
        if (fchown(handle, user, group) != 0)
            throw Failed("A file cannot be given to its owner");
    }

    public static void Sync(SafeFileHandle folder)
    {
        if (fsync(folder) != 0)
            throw Failed("A folder cannot be written to disk");
    }

    private static IOException Failed(string what) => new($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
