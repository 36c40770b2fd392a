using System.Security.Cryptography;

namespace Hale.Lab;

/// <summary>
/// The folder of one run, and with it everything that the run made: removing it ends the run's machines first. Held by a lock for as long
/// as the run's process lives; a folder whose lock is free is what a killed run left.
/// </summary>
internal sealed class RunFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string GroupOfAllRuns = "hale-lab";

    private readonly Lock gate = new();
    private readonly FileLock held;
    private readonly LabRecord record;
    private bool removed;

    private RunFolder(string path, FileLock held, LabRecord record)
    {
        Path = path;
        this.held = held;
        this.record = record;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The run's name.</summary>
    public string Id => record.Id;

    /// <summary>The folder of the machines.</summary>
    public string Machines => MachinesOf(Path);

    /// <summary>The control group that all of the run's machines are below.</summary>
    public ControlGroup Group => ControlGroup.At(record.ControlGroup);

    /// <summary>Makes the folder of a new run, its lock and its record.</summary>
    /// <param name="state">The folder of all runs.</param>
    /// <param name="groupsMountPoint">Where control groups are mounted.</param>
    /// <param name="inMemory">Whether the machines' disks are in memory.</param>
    /// <param name="cancellation">Ends the wait for another run that is at the same point.</param>
    public static async Task<RunFolder> MakeAsync(string state, string groupsMountPoint, bool inMemory, CancellationToken cancellation)
    {
        Directory.CreateDirectory(state, OwnerOnly);
        // Between a folder's making and its locking it looks like a dead run's.
        using var alone = await LockAllAsync(state, cancellation);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var path = System.IO.Path.Combine(state, id);
        Directory.CreateDirectory(path, OwnerOnly);
        var held = FileLock.TryTake(LockOf(path)) ?? throw new LabException($"{path} is locked although it is new");
        var record = new LabRecord(
            id, Environment.ProcessId, Environment.CommandLine, DateTimeOffset.UtcNow,
            System.IO.Path.Combine(groupsMountPoint, GroupOfAllRuns, id), inMemory ? MachinesOf(path) : null);
        record.Write(path);
        var folder = new RunFolder(path, held, record);
        try
        {
            Directory.CreateDirectory(folder.Machines);
            if (inMemory)
                await Command.SucceedAsync(
                    "mount", ["-t", "tmpfs", "-o", "mode=0700", "hale-lab", folder.Machines], cancellation: cancellation);
            return folder;
        }
        catch
        {
            folder.Remove();
            throw;
        }
    }

    /// <summary>Takes away what runs left whose process is dead. A run that lives is not touched.</summary>
    /// <returns>The runs that were taken away.</returns>
    public static async Task<IReadOnlyList<string>> SweepAsync(string state, CancellationToken cancellation)
    {
        if (!Directory.Exists(state)) return [];
        using var alone = await LockAllAsync(state, cancellation);
        var swept = new List<string>();
        foreach (var path in Directory.GetDirectories(state))
        {
            if (FileLock.TryTake(LockOf(path)) is not { } held) continue;
            var id = System.IO.Path.GetFileName(path);
            new RunFolder(path, held, LabRecord.Read(path) ?? new LabRecord(id, 0, "", default, "", null)).Remove();
            swept.Add(id);
        }
        return swept;
    }

    /// <summary>Ends every process of the run at once and removes its control groups and its folder. A second call does nothing.</summary>
    public void Remove()
    {
        lock (gate)
        {
            if (removed) return;
            removed = true;
            if (record.ControlGroup.Length > 0)
            {
                Group.KillAndRemove();
                ControlGroup.At(System.IO.Path.GetDirectoryName(record.ControlGroup)!).RemoveIfEmpty();
            }
            try
            {
                if (record.MemoryMount is { } mount && IsMounted(mount))
                {
                    // Emptied first: the machines of other runs that were started meanwhile have the mount in their mount namespaces, and
                    // would keep what is in it.
                    Run("find", mount, "-xdev", "-mindepth", "1", "-delete");
                    Run("umount", mount);
                }
                // A machine may have made names that are not UTF-8, which .NET cannot name, but rm can.
                Run("rm", "-rf", "--one-file-system", "--", Path);
                File.Delete(LockOf(Path));
            }
            finally
            {
                held.Dispose();
            }
        }
    }

    private static bool IsMounted(string path) => File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Command.Start(program, arguments);
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new LabException($"cannot remove what a run of the lab left: {program} {string.Join(' ', arguments)}: {said.Trim()}");
    }

    private static string MachinesOf(string path) => System.IO.Path.Combine(path, "machines");

    // Beside the folder and not in it, so that the folder cannot lose its lock before it is gone.
    private static string LockOf(string path) => path + ".lock";

    private static Task<FileLock> LockAllAsync(string state, CancellationToken cancellation) =>
        FileLock.TakeAsync(System.IO.Path.Combine(state, "all.lock"), exclusive: true, static () => { }, cancellation);
}
