using System.Diagnostics;

namespace Hale.Lab;

/// <summary>
/// A control group (version 2) of this computer, by which everything that a machine runs is found and ended:
/// killing systemd-nspawn itself would leave its machine running.
/// </summary>
internal sealed class ControlGroup
{
    private static readonly string[] wantedControllers = ["cpu", "memory", "pids", "io"];
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    private readonly string path;

    private ControlGroup(string path) => this.path = path;

    /// <summary>The folder of the group.</summary>
    public string Path => path;

    /// <summary>Whether this kernel has control groups of version 2.</summary>
    public static bool IsSupported => File.ReadLines("/proc/filesystems").Any(line => line.EndsWith("\tcgroup2", StringComparison.Ordinal));

    /// <summary>Where control groups of version 2 are mounted.</summary>
    /// <returns>The mount point, or null where there is none.</returns>
    public static string? MountPoint() => File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(' '))
        .Where(fields => fields[Array.IndexOf(fields, "-") + 1] == "cgroup2" && fields[3] == "/")
        .Select(fields => fields[4])
        .FirstOrDefault();

    /// <summary>
    /// Mounts them where they are not yet (a computer whose PID 1 is not systemd). The mount is the computer's, and stays.
    /// </summary>
    public static async Task<string> MountedAsync(CancellationToken cancellation)
    {
        if (MountPoint() is { } mounted) return mounted;
        var hasVersion1 = Directory.Exists("/sys/fs/cgroup/systemd") || Directory.Exists("/sys/fs/cgroup/cpu");
        var target = hasVersion1 ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
        Directory.CreateDirectory(target);
        await Command.SucceedAsync("mount", ["-t", "cgroup2", "cgroup2", target], cancellation: cancellation);
        return target;
    }

    /// <summary>The group at a path, which need not exist.</summary>
    public static ControlGroup At(string path) => new(path);

    /// <summary>
    /// Makes the group, and hands it the controllers that its parent has, so that the limits of the machine's units count where they can.
    /// </summary>
    public void Make()
    {
        for (var attempt = 1; !Directory.Exists(path); attempt++)
        {
            try
            {
                Directory.CreateDirectory(path);
            }
            catch (DirectoryNotFoundException) when (attempt < 10)
            {
                // Another run removed the empty parent in between.
            }
        }
        Delegate(System.IO.Path.GetDirectoryName(path)!);
        Delegate(path);
    }

    /// <summary>The group below this one.</summary>
    public ControlGroup Below(string name) => new(System.IO.Path.Combine(path, name));

    /// <summary>Ends every process in it and below it at once, and removes it. Nothing happens where it is not there.</summary>
    /// <exception cref="LabException">Its processes did not end within 10 seconds.</exception>
    public void KillAndRemove()
    {
        var watch = Stopwatch.StartNew();
        while (Directory.Exists(path))
        {
            try
            {
                File.WriteAllText(System.IO.Path.Combine(path, "cgroup.kill"), "1");
                RemoveEmpty(path);
            }
            catch (DirectoryNotFoundException)
            {
                // Someone else removes it at the same time, and may be further than we are; whether it is gone is asked again.
            }
            catch (IOException e)
            {
                // Busy: the kernel has not finished with the processes yet.
                if (watch.Elapsed > patience) throw new LabException($"the control group {path} does not end", e);
                Thread.Sleep(5);
            }
        }
    }

    /// <summary>Removes the group where nothing is in it.</summary>
    public void RemoveIfEmpty()
    {
        try
        {
            Directory.Delete(path);
        }
        catch (IOException)
        {
            // Others use it, or it is gone.
        }
    }

    private static void RemoveEmpty(string group)
    {
        foreach (var below in Directory.GetDirectories(group)) RemoveEmpty(below);
        Directory.Delete(group);
    }

    private static void Delegate(string group)
    {
        try
        {
            var offered = File.ReadAllText(System.IO.Path.Combine(group, "cgroup.controllers")).Split(' ', '\n');
            foreach (var controller in wantedControllers.Intersect(offered))
                File.WriteAllText(System.IO.Path.Combine(group, "cgroup.subtree_control"), $"+{controller}");
        }
        catch (IOException)
        {
            // Held by version 1, or a group with processes of its own: the limits are then accepted but not enforced.
        }
    }
}
