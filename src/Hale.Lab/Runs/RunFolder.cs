using System.Security.Cryptography;

namespace Hale.Lab;

/// <summary>
/// The folder of one run, and with it everything that the run made: removing it ends the run's machines first. Held by a lock for as long as the run's process lives;
/// a folder whose lock is free is what a killed run left.
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

    /// <summary>The control group that all of the run's machines are below.</summary>
    public ControlGroup Group => ControlGroup.At(record.ControlGroup);

    /// <summary>Makes the folder of a new run, its lock and its record.</summary>
    /// <param name="state">The folder of all runs.</param>
    /// <param name="groupsMountPoint">Where control groups are mounted.</param>
    /// <param name="cancellation">Ends the wait for another run that is at the same point.</param>
    public static async Task<RunFolder> MakeAsync(string state, string groupsMountPoint, CancellationToken cancellation)
    {
        Directory.CreateDirectory(state, OwnerOnly);
        // Between a folder's making and its locking it looks like a dead run's.
        using var alone = await LockAllAsync(state, cancellation).ConfigureAwait(false);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var path = System.IO.Path.Combine(state, id);
        Directory.CreateDirectory(path, OwnerOnly);
        var held = FileLock.TryTake(LockOf(path)) ?? throw new LabException($"{path} is locked although it is new");
        var record = new LabRecord(
            id, Environment.ProcessId, Environment.CommandLine, DateTimeOffset.UtcNow, System.IO.Path.Combine(groupsMountPoint, GroupOfAllRuns, id));
        record.Write(path);
        return new RunFolder(path, held, record);
    }

    /// <summary>Takes away what runs left whose process is dead. A run that lives is not touched.</summary>
    /// <returns>The runs that were taken away.</returns>
    public static async Task<IReadOnlyList<string>> SweepAsync(string state, CancellationToken cancellation)
    {
        if (!Directory.Exists(state)) return [];
        using var alone = await LockAllAsync(state, cancellation).ConfigureAwait(false);
        var swept = new List<string>();
        foreach (var path in Directory.GetDirectories(state))
        {
            if (FileLock.TryTake(LockOf(path)) is not { } held) continue;
            var id = System.IO.Path.GetFileName(path);
            new RunFolder(path, held, LabRecord.Read(path) ?? new LabRecord(id, 0, "", default, "")).Remove();
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
            // rm, since a machine may have made names that are not UTF-8, which .NET cannot name.
            using var rm = Command.Start("rm", ["-rf", "--one-file-system", "--", Path]);
            rm.StandardInput.Close();
            var said = rm.StandardError.ReadToEnd();
            rm.WaitForExit();
            if (rm.ExitCode == 0) File.Delete(LockOf(Path));
            held.Dispose();
            if (rm.ExitCode != 0) throw new LabException($"cannot remove what a run of the lab left in {Path}: {said.Trim()}");
        }
    }

    // Beside the folder and not in it, so that the folder cannot lose its lock before it is gone.
    private static string LockOf(string path) => path + ".lock";

    private static Task<FileLock> LockAllAsync(string state, CancellationToken cancellation) =>
        FileLock.TakeAsync(System.IO.Path.Combine(state, "all.lock"), exclusive: true, static () => { }, cancellation);
}
