using System.Globalization;
using System.Security.Cryptography;
using Hale.Activator.Machine;

namespace Hale.Activator.Staging;

/// <summary>
/// A place of staged secrets in memory: generations in <c>FOLDER/N</c>, and a link that says which counts. A generation is written
/// whole beside the others, and renaming the link switches to it; what nobody links to is half made or past, and pruned.
/// </summary>
internal sealed class StageArea
{
    internal const string MainLink = "/run/secrets";
    internal const string MainFolder = "/run/secrets.d";
    internal const string UsersLink = "/run/secrets-for-users";
    internal const string UsersFolder = "/run/secrets-for-users.d";
    private readonly MachineFiles _files;
    private readonly string _link;
    private readonly string _folder;
    private readonly UnixFileMode _folderMode;

    private StageArea(MachineFiles files, string link, string folder, UnixFileMode folderMode) =>
        (_files, _link, _folder, _folderMode) = (files, link, folder, folderMode);

    /// <summary>What units and their users read.</summary>
    internal static StageArea ForUnits(MachineFiles files) => new(files, MainLink, MainFolder, (UnixFileMode)0b111_101_001);

    /// <summary>What is there before users are made: for root alone.</summary>
    internal static StageArea ForUsers(MachineFiles files) => new(files, UsersLink, UsersFolder, (UnixFileMode)0b111_000_000);

    /// <summary>The generation that counts; null where nothing was staged since the machine booted.</summary>
    internal string? Current => _files.Target(_link) is { } path && _files.IsFolder(path) ? path : null;

    /// <summary>Names whose content would differ, and names that would be new; none where nothing is staged yet.</summary>
    internal (IReadOnlyList<string> Changed, IReadOnlyList<string> Added) Compare(IEnumerable<StagedItem> items)
    {
        List<string> changed = [], added = [];
        if (Current is not { } current)
            return (changed, added);
        foreach (var item in items)
            if (_files.Read($"{current}/{item.Name}") is not { } staged)
                added.Add(item.Name);
            else if (!SameAndWiped(staged, item.Content))
                changed.Add(item.Name);
        return (changed, added);
    }

    /// <summary>Writes the next generation, which counts for nothing yet.</summary>
    /// <returns>Its path; null where the one that counts is the same, owners and modes too.</returns>
    internal string? Write(IReadOnlyList<StagedItem> items, Accounts accounts)
    {
        var (changed, added) = Compare(items);
        var current = Current;
        if (current is not null && changed.Count + added.Count == 0 && Names(current).Count() == items.Count
            && items.All(i => Stands($"{current}/{i.Name}", i, accounts)))
            return null;
        MemoryMount.Ensure(_files, _folder, _folderMode);
        var next = $"{_folder}/{Numbers().DefaultIfEmpty().Max() + 1}";
        _files.MakeFolder(next, _folderMode);
        foreach (var item in items)
        {
            _files.MakeFolder(Path.GetDirectoryName($"{next}/{item.Name}")!, _folderMode);
            var (mode, user, group) = Shape(item, accounts);
            _files.Place($"{next}/{item.Name}", item.Content, mode, user, group);
        }

        return next;
    }

    internal void Switch(string generation) => _files.SetLink(_link, generation);

    /// <summary>Removes every generation but the one that counts, and the half of a link.</summary>
    internal void Prune()
    {
        _files.RemoveUnfinished(_link);
        var current = _files.Target(_link);
        foreach (var past in Numbers().Select(n => $"{_folder}/{n}").Where(p => p != current).ToList())
            _files.RemoveFolder(past);
    }

    /// <summary>Nothing is staged here any more.</summary>
    internal void Clear()
    {
        _files.Remove(_link);
        Prune();
    }

    private bool Stands(string path, StagedItem item, Accounts accounts)
    {
        var (mode, user, group) = Shape(item, accounts);
        return PathStat.Of(_files.At(path)) is { } status && status.Bits == (int)mode
            && (Native.User() != 0 || (status.User, status.Group) == (user, group));
    }

    /// <summary>A user who is not there yet can only be missing in a folder that is no running machine: root's is the stricter owner.</summary>
    private (UnixFileMode Mode, uint User, uint Group) Shape(StagedItem item, Accounts accounts) => _link == UsersLink
        ? ((UnixFileMode)0b100_000_000, 0, 0)
        : (
            StagedNames.Mode(item.Declared.Mode) ?? (UnixFileMode)0b100_000_000,
            Known(accounts.UserNamed(item.Declared.Owner), item.Declared.Owner),
            Known(accounts.GroupNamed(item.Declared.Group), item.Declared.Group));

    private uint Known(uint? number, string name) => number is { } known ? known
        : _files.IsLive
            ? throw new Store.UserError($"There is no user or group {name} to own a secret.", "Declare it as a SystemUser.") { ExitCode = 7 }
        : 0u;

    private IEnumerable<int> Numbers() => _files.Names(_folder)
        .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).Where(n => n > 0);

    private IEnumerable<string> Names(string generation) =>
        Directory.EnumerateFiles(_files.At(generation), "*", SearchOption.AllDirectories);

    private static bool SameAndWiped(byte[] staged, byte[] content)
    {
        var same = CryptographicOperations.FixedTimeEquals(staged, content);
        CryptographicOperations.ZeroMemory(staged);
        return same;
    }
}
