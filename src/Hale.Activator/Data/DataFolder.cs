using Hale.Activator.Machine;

namespace Hale.Activator.Data;

/// <summary>A folder of data as it is found: its declared path may be a link, as that of <c>DynamicUser=</c> is into <c>/var/lib/private</c>.</summary>
internal static class DataFolder
{
    private const int LongestChain = 16;

    private static readonly EnumerationOptions All = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>Where a path leads in the end, whether something is there or not.</summary>
    internal static string Real(MachineFiles files, string path)
    {
        for (var i = 0; i < LongestChain && files.Target(path) is { } target; i++)
            path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>Whether there are data. What a new file system begins with is none.</summary>
    internal static bool HoldsAnything(MachineFiles files, string path) =>
        Real(files, path) is var real && files.IsFolder(real) && files.Names(real).Any(name => name != "lost+found");

    /// <summary>What a copy of it comes to: each file once, holes not counted.</summary>
    internal static Weight Weigh(MachineFiles files, string path)
    {
        var (bytes, names, sample, mounts, seen) = (0L, 0L, (string?)null, new List<string>(), new HashSet<(ulong, ulong)>());
        var top = files.At(Real(files, path));
        if (PathStat.Of(top) is { } stat)
            Walk(top, stat);
        return new Weight(bytes, names, sample, mounts);

        void Walk(string at, PathStat its)
        {
            if (its.Names > 1 && !its.IsFolder && !seen.Add((its.Device, its.Inode)))
                return;
            names++;
            bytes += Math.Min(its.Size, its.Taken);
            if (its is { IsFile: true, Taken: > 0 })
                sample ??= at;
            if (!its.IsFolder)
                return;
            foreach (var entry in Below(at))
                // What a running service removes meanwhile weighs nothing.
                if (PathStat.Of(entry) is { } below)
                {
                    if (below.IsFolder && below.Mount != its.Mount)
                        mounts.Add(entry);
                    else
                        Walk(entry, below);
                }
        }
    }

    private static string[] Below(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder, "*", All);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>What a folder of data weighs.</summary>
    /// <param name="Bytes">Bytes on the disk.</param>
    /// <param name="Names">Files and folders, each once: what a file system may have no room for although it has bytes.</param>
    /// <param name="Sample">A file in it that is not empty; null where there is none.</param>
    /// <param name="Mounts">File systems that are mounted in it, and not counted.</param>
    internal sealed record Weight(long Bytes, long Names, string? Sample, IReadOnlyList<string> Mounts);
}
