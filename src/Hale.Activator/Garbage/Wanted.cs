using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Paths;

namespace Hale.Activator.Garbage;

/// <summary>
/// What a deployment under way counts on, in <c>/run/hale/wanted</c>: it asked which paths are missing, sends those alone, and activates
/// some minutes later. Until then no generation needs the paths that were here, and a collection would take them away.
/// </summary>
internal static class Wanted
{
    private const string Folder = "/run/hale/wanted";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    /// <summary>How long a deployment that was given up keeps its paths.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Notes the paths of a system, which is the last of them.</summary>
    internal static void Note(MachineFiles files, IReadOnlyList<StorePath> paths)
    {
        if (paths.Count == 0)
            return;
        files.MakeFolder(Folder, FolderMode);
        files.Write($"{Folder}/{paths[^1].BaseName}", Encoding.ASCII.GetBytes(string.Concat(paths.Select(p => $"{p}\n"))), FileMode);
    }

    /// <summary>The system was activated, or refused: from here on generations say what is needed.</summary>
    internal static void Done(MachineFiles files, string system) => files.Remove($"{Folder}/{Path.GetFileName(system)}");

    /// <summary>The lists that still count.</summary>
    internal static IEnumerable<byte[]> Texts(MachineFiles files, DateTimeOffset now) =>
        files.Names(Folder).Select(name => $"{Folder}/{name}").Where(path => now - File.GetLastWriteTimeUtc(files.At(path)) < Longest)
            .Select(files.Read).OfType<byte[]>();
}
