using System.Runtime.InteropServices;
using System.Text;

namespace Hale.Activator.Machine;

/// <summary>The few system calls that the base library does not have in the exact form that durability and locking need.</summary>
internal static partial class Native
{
    internal const int ReadOnly = 0;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int CloseOnExec = 0x80000;
    internal const int ExclusiveNow = 2 | 4;
    internal const int OtherFileSystem = 18;
    internal const int Busy = 16;
    private const nuint CloneFile = 0x40049409;
    internal const nuint NoSuid = 2;
    internal const nuint NoDev = 4;
    internal const nuint NoExec = 8;
    private const int ThisFolder = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStatus = 0x7FF | 0x1000;
    internal const int Kill = 9;
    internal const int Stop = 19;
    private const int NoEntry = 2;
    private const int NoFolder = 20;
    private const int WouldBlock = 11;
    private const int AccessDenied = 13;
    private const int InvalidArgument = 22;

    // O_TMPFILE holds O_DIRECTORY, whose number is the architecture's own.
    private static int Nameless => 0x400000 | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000);

    internal static bool LastWasBusy => Marshal.GetLastPInvokeError() == WouldBlock;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "symlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Link(string target, string path);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint Target(string path, byte* target, nuint size);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Own(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string type, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOfDisk(string path, out DiskStatus status);

    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenFolder(string path);

    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    private static unsafe partial byte* ReadFolder(nint folder);

    [LibraryImport("libc", EntryPoint = "closedir")]
    private static partial int CloseFolder(nint folder);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint User();

    [LibraryImport("libc", EntryPoint = "sync")]
    internal static partial void SyncAll();

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, nint argument);

    /// <summary>Makes a folder's entries durable. A file system that cannot sync folders does it by itself.</summary>
    internal static void SyncFolder(string path)
    {
        var descriptor = Open(path, ReadOnly | CloseOnExec, 0);
        if (descriptor < 0)
            throw Failure("open", path);
        try
        {
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() is not (InvalidArgument or AccessDenied))
                throw Failure("sync", path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Where a link leads; null where nothing has that name, or something that is no link. The base library looks three times for it.</summary>
    internal static unsafe string? Target(string path)
    {
        // PATH_MAX: no link of Linux is longer.
        var target = stackalloc byte[4096];
        var length = Target(path, target, 4096);
        return length < 0 ? null : Encoding.UTF8.GetString(target, (int)length);
    }

    /// <summary>
    /// The names in a folder, in the order in which it holds them; none where there is no such folder. The base library asks for the status of each link among them,
    /// twice.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static unsafe IReadOnlyList<string> Names(string path)
    {
        var folder = OpenFolder(path);
        if (folder == 0)
            return Marshal.GetLastPInvokeError() is NoEntry or NoFolder ? [] : throw Failure("open", path);
        try
        {
            var names = new List<string>();
            while (true)
            {
                // glibc's struct dirent where a long has 64 bits: the name comes after 19 bytes.
                Marshal.SetLastSystemError(0);
                var entry = ReadFolder(folder);
                if (entry is null)
                    return Marshal.GetLastPInvokeError() == 0 ? names : throw Failure("read", path);
                var name = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19));
                if (name is not ("." or ".."))
                    names.Add(name);
            }
        }
        finally
        {
            _ = CloseFolder(folder);
        }
    }

    /// <summary>What statx(2) says of a name, of itself or of what it leads to; the base library does not tell owners. Null where nothing has that name.</summary>
    internal static PathStat? Status(string path, bool follow = false) => Status(ThisFolder, path, follow ? 0 : NoFollow, BasicStatus, out var status) == 0
        ? new PathStat(status.Mode, status.User, status.Group, status.Size, status.Modified)
        {
            Inode = status.Inode,
            Names = status.Names,
            Taken = (long)status.Blocks * 512,
            Mount = status.Mount,
            Changed = (status.Changed * 1_000_000) + (status.ChangedNanoseconds / 1000),
            Device = ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
        }
        : null;

    /// <summary>How many more files and folders a file system can hold; null where it sets no limit or does not say.</summary>
    internal static long? FreeNames(string path) => StatusOfDisk(path, out var status) == 0 ? FreeNames(status.Names, status.NamesLeft) : null;

    /// <summary>Without a limit are those that can hold none in all, as btrfs, and those with 2^64 - 1 left, as CephFS and FUSE.</summary>
    internal static long? FreeNames(ulong all, ulong left) => all > 0 && left <= long.MaxValue ? (long)left : null;

    /// <summary>glibc's <c>struct statvfs</c> where a long has 64 bits, as far as it is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct DiskStatus
    {
        [FieldOffset(40)]
        internal ulong Names;

        [FieldOffset(56)]
        internal ulong NamesLeft;
    }

    /// <summary>The kernel's <c>struct statx</c>, as far as it is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(16)]
        internal uint Names;

        [FieldOffset(20)]
        internal uint User;

        [FieldOffset(24)]
        internal uint Group;

        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(32)]
        internal ulong Inode;

        [FieldOffset(40)]
        internal long Size;

        [FieldOffset(48)]
        internal ulong Blocks;

        [FieldOffset(96)]
        internal long Changed;

        [FieldOffset(104)]
        internal uint ChangedNanoseconds;

        [FieldOffset(112)]
        internal long Modified;

        [FieldOffset(136)]
        internal uint DeviceMajor;

        [FieldOffset(140)]
        internal uint DeviceMinor;

        [FieldOffset(144)]
        internal ulong Mount;
    }

    /// <summary>Whether a file's blocks can be shared with one in a folder (ioctl_ficlonerange(2)); tried with a file that has no name.</summary>
    internal static bool SharesBlocks(string file, string folder)
    {
        var (source, target) = (Open(file, ReadOnly | CloseOnExec, 0), Open(folder, ReadWrite | CloseOnExec | Nameless, 0b110_000_000));
        try
        {
            return source >= 0 && target >= 0 && Control(target, CloneFile, source) == 0;
        }
        finally
        {
            foreach (var descriptor in new[] { source, target })
                if (descriptor >= 0)
                    _ = Close(descriptor);
        }
    }

    /// <summary>All that was written to a file system is on its disk after this.</summary>
    internal static void SyncFileSystem(string path)
    {
        var descriptor = Open(path, ReadOnly | CloseOnExec, 0);
        if (descriptor < 0)
            throw Failure("open", path);
        try
        {
            if (SyncFileSystem(descriptor) != 0)
                throw Failure("sync", path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>The failure of the last call, in the system's own words.</summary>
    internal static IOException Failure(string what, string path) =>
        new($"{what} {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}", Marshal.GetLastPInvokeError());
}
