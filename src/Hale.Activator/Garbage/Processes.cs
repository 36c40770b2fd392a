using System.Text;
using Hale.Activator.Machine;
using Hale.Store;

namespace Hale.Activator.Garbage;

/// <summary>
/// What running processes use, as /proc tells it: program, libraries, folders, open files, environment, and for what runs in a root of its
/// own (RootDirectory=, BindReadOnlyPaths=) the mounts, which name the store where nothing else does.
/// </summary>
internal static class Processes
{
    private static readonly string[] Links = ["exe", "cwd", "root"];
    private static readonly string[] Texts = ["maps", "mountinfo", "environ", "cmdline"];

    /// <summary>Everything that names a file, in no order.</summary>
    /// <exception cref="UserError">A process hides what it uses: then nothing is known to be unused.</exception>
    internal static IEnumerable<byte[]> Uses(MachineFiles files)
    {
        foreach (var name in files.Names("/proc").Where(name => name.All(char.IsAsciiDigit)))
            foreach (var use in Of(files, $"/proc/{name}"))
                yield return use;
    }

    private static IEnumerable<byte[]> Of(MachineFiles files, string process)
    {
        foreach (var link in Links.Select(link => $"{process}/{link}").Concat(Look(process, () => Open(files, process)) ?? []))
            if (Look(process, () => files.Target(link)) is { } target)
                yield return Encoding.UTF8.GetBytes(target);
        foreach (var text in Texts)
            if (Look(process, () => files.Read($"{process}/{text}")) is { } read)
                yield return read;
    }

    private static List<string> Open(MachineFiles files, string process) => [.. files.Names($"{process}/fd").Select(fd => $"{process}/fd/{fd}")];

    /// <returns>What is there; null where the process has ended meanwhile, or is the kernel's own.</returns>
    private static T? Look<T>(string process, Func<T?> look)
        where T : class
    {
        try
        {
            return look();
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UserError(
                $"{process} does not show which files it uses: {e.Message}",
                "Nothing was deleted: what a running process uses must stay. Run it as root, with the capability CAP_SYS_PTRACE.", e);
        }
    }
}
