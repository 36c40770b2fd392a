using System.Text;
using Hale.Activator.Machine;
using Hale.Store;

namespace Hale.Activator.Staging;

/// <summary>
/// Memory that is never swapped out, mounted where secrets are staged: <c>tmpfs</c> with noswap (Linux 6.4), else <c>ramfs</c>,
/// which knows no swap.
/// </summary>
internal static class MemoryMount
{
    /// <summary>Mounts it where it is not; a folder that is no running machine is left a folder.</summary>
    internal static void Ensure(MachineFiles files, string folder, UnixFileMode mode)
    {
        files.MakeFolder(folder, mode);
        if (!files.IsLive || IsMounted(files, folder))
            return;
        var octal = Convert.ToString((int)mode, 8);
        if (Native.Mount("tmpfs", folder, "tmpfs", Native.NoSuid | Native.NoDev | Native.NoExec, $"mode={octal},noswap") != 0
            && Native.Mount("ramfs", folder, "ramfs", Native.NoSuid | Native.NoDev | Native.NoExec, $"mode={octal}") != 0)
            throw new UserError(
                $"Memory for secrets cannot be mounted at {folder}: {Native.Failure("mount", folder).Message}",
                "The activator needs the capability CAP_SYS_ADMIN; a container must be allowed to mount.")
            { ExitCode = 7 };
    }

    private static bool IsMounted(MachineFiles files, string folder) =>
        Encoding.UTF8.GetString(files.Read("/proc/self/mountinfo") ?? []).Contains($" {folder} ", StringComparison.Ordinal);
}
