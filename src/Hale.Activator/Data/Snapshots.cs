using System.Globalization;
using System.Text.Json;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>
/// Snapshots of data, in the folder of the generation whose software reads them, and gone with it:
/// <c>/var/lib/hale/generations/N/state/NAME</c>. For root alone, whatever modes the data have. One is there whole or not at all.
/// </summary>
internal static class Snapshots
{
    private const string Description = "snapshot.json";
    private const string Unfinished = ".new";
    private const UnixFileMode Private = (UnixFileMode)0b111_000_000;
    private const UnixFileMode Open = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_000_000;

    internal static string FolderOf(int generation, string name) => $"/var/lib/hale/generations/{generation.ToString(CultureInfo.InvariantCulture)}/state/{name}";

    internal static string TreeOf(KeptData kept, KeptFolder folder) =>
        $"{FolderOf(kept.Snapshot.Generation, kept.Snapshot.Name)}/{folder.Number.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The whole ones of a generation.</summary>
    internal static IReadOnlyList<StateSnapshot> Of(MachineFiles files, int generation) =>
        [.. files.Names(Path.GetDirectoryName(FolderOf(generation, "x"))!).Order(StringComparer.Ordinal)
            .Select(name => Find(files, generation, name)).OfType<KeptData>()
            .Where(kept => kept.Folders.All(folder => files.Exists(TreeOf(kept, folder)))).Select(kept => kept.Snapshot)];

    /// <returns>What was kept, or was to be; null where there is nothing, or nothing that can be read.</returns>
    internal static KeptData? Find(MachineFiles files, int generation, string name)
    {
        try
        {
            return name.EndsWith(Unfinished, StringComparison.Ordinal) || files.Read($"{FolderOf(generation, name)}/{Description}") is not { } json ? null
                : JsonSerializer.Deserialize(json, Recovery.JournalJson.Default.KeptData);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Copies the data of a move, unless it has been done. Nobody may write them meanwhile.</summary>
    internal static void Make(MachineFiles files, DataMove move)
    {
        if (IsOf(Find(files, move.Home, move.Name), move))
            return;
        var (folder, unfinished) = (FolderOf(move.Home, move.Name), FolderOf(move.Home, move.Name) + Unfinished);
        var kept = Describe(files, move);
        Prepare(files, move);
        files.MakeFolder(unfinished, Private);
        foreach (var part in kept.Folders)
            DataTree.Copy(files, part.Real, $"{unfinished}/{part.Number.ToString(CultureInfo.InvariantCulture)}");
        Write(files, unfinished, kept);
        Native.SyncFileSystem(files.At(unfinished));
        if (files.Exists(folder))
            files.RemoveFolder(folder);
        files.Move(unfinished, folder);
    }

    /// <summary>Describes the data of a move that will be moved here themselves.</summary>
    internal static void Await(MachineFiles files, DataMove move)
    {
        if (IsOf(Find(files, move.Home, move.Name), move))
            return;
        var kept = Describe(files, move);
        Prepare(files, move);
        if (files.Exists(FolderOf(move.Home, move.Name)))
            files.RemoveFolder(FolderOf(move.Home, move.Name));
        files.MakeFolder(FolderOf(move.Home, move.Name), Private);
        Write(files, FolderOf(move.Home, move.Name), kept);
    }

    /// <summary>Removes the snapshot of a move, whole or not, and leaves that of any other.</summary>
    internal static void Drop(MachineFiles files, DataMove move)
    {
        if (IsOf(Find(files, move.Home, move.Name), move))
            Remove(files, move.Home, move.Name);
        if (files.Exists(FolderOf(move.Home, move.Name) + Unfinished))
            files.RemoveFolder(FolderOf(move.Home, move.Name) + Unfinished);
    }

    internal static void Remove(MachineFiles files, int generation, string name)
    {
        if (files.Exists(FolderOf(generation, name)))
            files.RemoveFolder(FolderOf(generation, name));
        files.RemoveFolderIfEmpty(Path.GetDirectoryName(FolderOf(generation, name))!);
    }

    internal static bool IsOf(KeptData? kept, DataMove move) => kept?.Snapshot.At == move.After.At;

    private static void Prepare(MachineFiles files, DataMove move)
    {
        var folder = Path.GetDirectoryName(FolderOf(move.Home, move.Name))!;
        files.MakeFolder(Path.GetDirectoryName(folder)!, Open);
        files.MakeFolder(folder, Private);
        if (files.Exists(FolderOf(move.Home, move.Name) + Unfinished))
            files.RemoveFolder(FolderOf(move.Home, move.Name) + Unfinished);
    }

    private static KeptData Describe(MachineFiles files, DataMove move)
    {
        var folders = move.Paths.Select((path, number) => new KeptFolder(path, DataFolder.Real(files, path), number)).Where(f => files.IsFolder(f.Real)).ToList();
        return new KeptData
        {
            Snapshot = new StateSnapshot
            {
                Name = move.Name,
                Generation = move.Home,
                Identity = move.Before?.Identity ?? "",
                Format = move.Before?.Format ?? "",
                At = move.After.At,
                Bytes = folders.Sum(f => DataFolder.Weigh(files, f.Real).Bytes),
            },
            Folders = folders,
        };
    }

    private static void Write(MachineFiles files, string folder, KeptData kept) =>
        files.Write($"{folder}/{Description}", JsonSerializer.SerializeToUtf8Bytes(kept, Recovery.JournalJson.Default.KeptData), FileMode);
}
