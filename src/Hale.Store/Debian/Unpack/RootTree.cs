using System.Collections.Concurrent;
using System.Text;
using Hale.Store.Nar;
using Hale.Store.Unpack;
using Microsoft.Win32.SafeHandles;

namespace Hale.Store.Debian;

/// <summary>What a package put at a path of the root.</summary>
/// <param name="Package">The package, the first to claim the path.</param>
/// <param name="Kind">What it is there: a folder, a link or a file.</param>
/// <param name="Executable">Whether a file is executable.</param>
/// <param name="Target">Where a link leads.</param>
/// <param name="Place">Where on this computer the file lies; null for a folder or a link.</param>
internal sealed record Claim(string Package, EntryKind Kind, bool Executable, string Target, string? Place);

/// <summary>
/// A root under construction, filled by several packages at once. Every path is claimed here before anything is made on disk,
/// and a path is only ever made inside folders that are claimed as folders: no link is followed, whatever an archive says.
/// What a second package puts at a claimed path goes aside until <see cref="PathConflicts"/> settles it.
/// </summary>
/// <param name="root">The root's folder, empty.</param>
/// <param name="aside">A folder for second versions of a file.</param>
internal sealed class RootTree(string root, string aside)
{
    private readonly ConcurrentDictionary<string, Claim> claims = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<(string Path, Claim Claim)> contested = [];
    private int asideCount;

    /// <summary>Everything in the root, by path.</summary>
    public IReadOnlyDictionary<string, Claim> Claims => claims;

    /// <summary>What came second to its path.</summary>
    public IReadOnlyCollection<(string Path, Claim Claim)> Contested => contested;

    /// <summary>Where a path of the root lies on this computer.</summary>
    public string this[string path] => Path.Combine(root, path);

    /// <summary>Whether something is at a path.</summary>
    public bool Has(string path) => claims.ContainsKey(path);

    /// <summary>Makes a folder and those above it; false where one of them is claimed as something else.</summary>
    public bool AddFolder(string package, string path)
    {
        if (path.Length == 0) return true;
        if (!AddFolder(package, Parent(path))) return false;
        var claim = new Claim(package, EntryKind.Directory, false, "", null);
        var holder = claims.GetOrAdd(path, claim);
        if (holder.Kind != EntryKind.Directory)
        {
            contested.Add((path, claim));
            return false;
        }

        // Also where another thread claimed it: it may not have come to make it.
        Directory.CreateDirectory(this[path]);
        return true;
    }

    /// <summary>Makes a symbolic link.</summary>
    public void AddLink(string package, string path, string target)
    {
        if (!AddFolder(package, Parent(path))) return;
        var claim = new Claim(package, EntryKind.SymbolicLink, false, target, null);
        if (claims.TryAdd(path, claim))
            File.CreateSymbolicLink(this[path], target);
        else
            contested.Add((path, claim));
    }

    /// <summary>Makes a file with the content that a function writes, and gives where it lies; null where its folder cannot be.</summary>
    public string? AddFile(string package, string path, bool executable, Action<SafeFileHandle> write)
    {
        if (!AddFolder(package, Parent(path))) return null;
        var claim = new Claim(package, EntryKind.File, executable, "", this[path]);
        if (!claims.TryAdd(path, claim))
        {
            claim = claim with { Place = Path.Combine(aside, $"{Interlocked.Increment(ref asideCount)}") };
            contested.Add((path, claim));
        }

        using var file = Unix.CreateFile(claim.Place!, executable ? Trees.Executable : Trees.Plain);
        write(file);
        return claim.Place;
    }

    /// <summary>Makes a file with a text.</summary>
    public void AddText(string package, string path, string text) =>
        AddFile(package, path, executable: false, file => RandomAccess.Write(file, Encoding.UTF8.GetBytes(text), 0));

    /// <summary>Gives a contested path to another claim than the one that came first.</summary>
    public void Replace(string path, Claim winner)
    {
        var place = this[path];
        File.Delete(place);
        if (winner.Kind == EntryKind.SymbolicLink)
            File.CreateSymbolicLink(place, winner.Target);
        else
            File.Move(winner.Place!, place);
        claims[path] = winner with { Place = winner.Place is null ? null : place };
    }

    private static string Parent(string path) => path.LastIndexOf('/') is var slash && slash < 0 ? "" : path[..slash];
}
