using System.Diagnostics;
using Hale.Store;

namespace Hale.Operator.Secrets.Editing;

/// <summary>
/// A folder of one's own in memory, for what must never reach a disk. It is gone after use, and also when this process ends in any
/// other way: a small guardian, a shell in a session of its own, holds the end of a pipe, and removes the folder when the pipe closes,
/// which the kernel does for a killed process too. Where even the guardian was killed, the next command removes what is left.
/// </summary>
internal sealed class MemoryFolder : IDisposable
{
    private const string Start = "hale-edit-";
    private const string LockName = ".lock";
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // An editor may still hold the folder open or write to it: then it is tried again, for ten seconds.
    private const string Guardian = """
        trap '' HUP INT QUIT TERM
        echo ready
        while read -r line; do :; done
        tries=0
        until rm -rf -- "$1" 2>/dev/null || [ "$tries" -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
        """;

    private readonly FileStream held;
    private readonly Process guardian;

    private MemoryFolder(string folder, FileStream held, Process guardian) => (Folder, this.held, this.guardian) = (folder, held, guardian);

    /// <summary>Its absolute path; mode 0700.</summary>
    public string Folder { get; }

    /// <summary>Makes one in $XDG_RUNTIME_DIR or /dev/shm, whichever is memory.</summary>
    /// <param name="variable">The environment.</param>
    /// <exception cref="UserError">Neither is, or no guardian can be started.</exception>
    public static MemoryFolder Create(Func<string, string?> variable)
    {
        string?[] candidates = [variable("XDG_RUNTIME_DIR"), "/dev/shm"];
        var root = candidates.OfType<string>().FirstOrDefault(IsMemory) ?? throw new UserError(
            "This computer has no folder in memory ($XDG_RUNTIME_DIR and /dev/shm are no tmpfs), and secrets in the clear are not written to a disk.",
            "Mount a tmpfs on /dev/shm; or change one value at a time: hale secrets set FILE KEY");
        RemoveLeftovers(root);
        var folder = Path.Combine(root, $"{Start}{Guid.NewGuid():n}");
        Directory.CreateDirectory(folder, OwnersOnly);
        try
        {
            // Held for as long as this process lives; the kernel lets go of it, however it ends.
            var held = new FileStream(Path.Combine(folder, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            return new MemoryFolder(folder, held, StartGuardian(folder));
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Removes the folder.</summary>
    public void Dispose()
    {
        held.Dispose();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        guardian.StandardInput.Close();
        guardian.WaitForExit();
        guardian.Dispose();
    }

    /// <summary>Whether a folder is there and in memory, as statfs says.</summary>
    internal static bool IsMemory(string folder) =>
        Path.IsPathRooted(folder) && Directory.Exists(folder) && new DriveInfo(folder).DriveFormat is "tmpfs" or "ramfs";

    private static void RemoveLeftovers(string root)
    {
        foreach (var folder in Directory.EnumerateDirectories(root, Start + "*"))
            try
            {
                // Whoever edits holds the lock.
                using (new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                    Directory.Delete(folder, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // In use; somebody else's; or just being made or removed.
            }
    }

    private static Process StartGuardian(string folder)
    {
        try
        {
            var started = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Guardian, "hale-guardian", folder])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = "/",
            })!;
            if (started.StandardOutput.ReadLine() == "ready")
                return started;
            throw new UserError("The process that removes the edited text after a crash did not start.", "Is sh there, and setsid (util-linux)?");
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new UserError(
                $"The process that removes the edited text after a crash cannot be started: {error.Message}", "Install util-linux, which has setsid.", error);
        }
    }
}
