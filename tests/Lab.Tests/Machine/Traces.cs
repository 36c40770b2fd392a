using System.Net.Sockets;
using Hale.Lab;

namespace Lab.Tests;

/// <summary>What a run has on this computer, as the kernel tells it, so that a test can ask what is left.</summary>
public sealed record Traces(string Folder, string Group, IReadOnlyList<(int Id, string StartedAt)> Processes, IReadOnlyList<long> Namespaces)
{
    public static Traces Of(string folder)
    {
        var group = Path.Combine(ControlGroup.MountPoint()!, "hale-lab", Path.GetFileName(folder));
        var processes = Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines)
            .Select(int.Parse)
            .Select(id => (id, StartOf(id)))
            .ToArray();
        return new Traces(folder, group, processes, [.. processes.Select(process => CookieOf($"/proc/{process.id}/ns/net")).OfType<long>().Distinct()]);
    }

    /// <summary>Everything that still is there, in words; empty when nothing is.</summary>
    public IReadOnlyList<string> Left()
    {
        var left = new List<string>();
        if (Directory.Exists(Folder)) left.Add($"folder {Folder}");
        if (Directory.Exists(Group)) left.Add($"control group {Group}");
        var mounts = File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Folder, StringComparison.Ordinal));
        left.AddRange(mounts.Select(line => $"mount {line}"));
        foreach (var process in Directory.GetDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            var commandLine = Read($"{process}/cmdline").Replace('\0', ' ');
            if (commandLine.Contains(Folder, StringComparison.Ordinal)) left.Add($"process {process}: {commandLine}");
            if (NamespacesIn(process).Any(n => Namespaces.Contains(n))) left.Add($"network namespace, held by {process}: {commandLine}");
        }
        left.AddRange(Processes.Where(p => p.StartedAt.Length > 0 && p.StartedAt == StartOf(p.Id)).Select(p => $"process {p.Id}"));
        return left;
    }

    private static IEnumerable<long> NamespacesIn(string process)
    {
        foreach (var folder in new[] { "task", "fd" })
        {
            string[] entries = [];
            try
            {
                entries = folder == "task" ? Directory.GetDirectories($"{process}/task") : Directory.GetFiles($"{process}/fd");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended since.
            }
            foreach (var entry in entries)
                if (CookieOf(folder == "task" ? $"{entry}/ns/net" : entry) is { } found) yield return found;
        }
    }

    // A namespace's number is used again as soon as it is free; its cookie never is.
    private static long? CookieOf(string link)
    {
        const int socketLevel = 1, networkNamespaceCookie = 71;
        try
        {
            if (new FileInfo(link).LinkTarget?.StartsWith("net:[", StringComparison.Ordinal) != true) return null;
            using var space = Native.OpenForReading(link);
            var descriptor = -1;
            var thread = new Thread(() =>
            {
                Native.EnterNetwork(space);
                descriptor = Native.OpenTcpSocket();
            });
            thread.Start();
            thread.Join();
            using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            var cookie = new byte[8];
            socket.GetRawSocketOption(socketLevel, networkNamespaceCookie, cookie);
            return BitConverter.ToInt64(cookie);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // When a process was started (field 22 of proc_pid_stat(5)): with the id, it tells a process from a later one of the same id.
    // One that has ended and waits for init to notice (state Z) is none.
    private static string StartOf(int process)
    {
        var stat = Read($"/proc/{process}/stat");
        var behindTheName = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return behindTheName is [not "Z", ..] ? behindTheName[19] : "";
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
