using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Companion.Tools.Sandbox;

/// <summary>
/// A folder that nothing opened through it can leave. The kernel resolves each path beneath the folder in one step
/// (openat2(2), RESOLVE_BENEATH), links among it: there is no moment between a check and the opening for anyone to use.
/// </summary>
internal sealed partial class SandboxFolder : IDisposable
{
    private const int OpenAt2 = 437; // the same number on every architecture
    private const int AtFdCwd = -100;
    private const ulong ReadOnly = 0, WriteOnly = 1, Create = 0x40, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const ulong NoMagicLinks = 0x02, Beneath = 0x08;
    private const int NoEntry = 2, Again = 11, Exists = 17, CrossDevice = 18, TooManyLinks = 40;

    // O_DIRECTORY differs between architectures.
    private static readonly ulong Directory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000UL : 0x10000UL;
    private readonly SafeFileHandle root;

    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public SandboxFolder(string path) => root = Open(AtFdCwd, path, ReadOnly | Directory, 0, 0) is var (handle, error) && handle is not null
        ? handle
        : throw new IOException($"The sandbox {path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}");

    public SafeFileHandle OpenFile(string path) => OpenBeneath(path, ReadOnly | NonBlocking, 0);

    public SafeFileHandle OpenFolder(string path) => OpenBeneath(path, ReadOnly | Directory, 0);

    /// <summary>Opens a file for writing, making it and the folders on the way to it where they are missing.</summary>
    public SafeFileHandle CreateFile(string path)
    {
        // Before any folder is made for it.
        if (path.StartsWith('/'))
            throw new IOException($"{path} leads out of the sandbox. Paths are relative to it.");
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var count = 1; count < parts.Length; count++)
            using (var parent = OpenFolder(count == 1 ? "." : string.Join('/', parts[..(count - 1)])))
                MakeFolder(parent, parts[count - 1]);
        return OpenBeneath(path, WriteOnly | Create | NonBlocking, Convert.ToUInt64("600", 8));
    }

    /// <summary>Where the kernel shows an opened folder itself, wherever it is called by now.</summary>
    public static string PathOf(SafeFileHandle opened) => $"/proc/self/fd/{opened.DangerousGetHandle()}";

    public void Dispose() => root.Dispose();

    private SafeFileHandle OpenBeneath(string path, ulong flags, ulong mode)
    {
        if (path.Length == 0 || path.Contains('\0'))
            throw new IOException("A path is needed.");
        // EAGAIN: something was renamed meanwhile, and the kernel could not be sure.
        for (var attempt = 0; ; attempt++)
        {
            var (handle, error) = Open((int)root.DangerousGetHandle(), path, flags, mode, Beneath | NoMagicLinks);
            if (handle is not null)
                return handle;
            if (error != Again || attempt == 20)
                throw new IOException(error switch
                {
                    NoEntry => $"{path} does not exist.",
                    CrossDevice => $"{path} leads out of the sandbox. Paths are relative to it.",
                    TooManyLinks => $"{path} goes through a link that may not be followed.",
                    _ => $"{path}: {Marshal.GetPInvokeErrorMessage(error)}.",
                });
        }
    }

    private static void MakeFolder(SafeFileHandle parent, string name)
    {
        if (name is "." or "..")
            return;
        if (MakeDirectoryAt((int)parent.DangerousGetHandle(), name, Convert.ToUInt32("700", 8)) != 0 && Marshal.GetLastPInvokeError() is var error and not Exists)
            throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    private static unsafe (SafeFileHandle? Handle, int Error) Open(int folder, string path, ulong flags, ulong mode, ulong resolve)
    {
        var how = new How { Flags = flags | CloseOnExec, Mode = mode, Resolve = resolve };
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var descriptor = SystemCall(OpenAt2, folder, name, &how, (nuint)sizeof(How));
            return descriptor >= 0 ? (new SafeFileHandle((nint)descriptor, ownsHandle: true), 0) : (null, Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial long SystemCall(long number, long folder, byte* path, How* how, nuint size);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectoryAt(int folder, string name, uint mode);

    /// <summary>struct open_how of linux/openat2.h.</summary>
    private struct How
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
