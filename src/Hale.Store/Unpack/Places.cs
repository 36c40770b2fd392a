using Hale.Store.Nar;
using Microsoft.Win32.SafeHandles;

namespace Hale.Store.Unpack;

/// <summary>What an archive put at a path.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Executable">Whether a file is executable.</param>
/// <param name="Path">Where on this computer a file lies; null for anything else, and for what was left out.</param>
internal readonly record struct Placed(EntryKind Kind, bool Executable, string? Path);

/// <summary>
/// Every path that one archive has claimed so far, so that nothing is put through a link or a file, or twice at one place:
/// that is what makes it safe to make the entries one by one.
/// </summary>
internal sealed class Places
{
    private readonly Dictionary<string, Placed> places = new(StringComparer.Ordinal);

    /// <summary>The number of files and links.</summary>
    public int Count => places.Values.Count(place => place.Kind != EntryKind.Directory);

    /// <summary>Checks that an entry may stand at a path.</summary>
    /// <exception cref="InvalidDataException">The path is taken, or goes through something that is no folder.</exception>
    public void Check(string path, EntryKind kind)
    {
        if (places.TryGetValue(path, out var before) && Word(before.Kind) != Word(kind))
            throw new InvalidDataException($"`{path}` is both a {Word(before.Kind)} and a {Word(kind)}");
        if (kind != EntryKind.Directory && places.ContainsKey(path)) throw new InvalidDataException($"it has `{path}` twice");
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            if (places.TryGetValue(path[..slash], out var above) && above.Kind != EntryKind.Directory)
                throw new InvalidDataException($"`{path}` goes through `{path[..slash]}`, which is a {Word(above.Kind)}");
    }

    /// <summary>Remembers what stands at a path, and the folders on the way.</summary>
    public void Set(string path, Placed placed)
    {
        places[path] = placed;
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            if (!places.TryAdd(path[..slash], new Placed(EntryKind.Directory, false, null)))
                return;
    }

    /// <summary>The file that a hard link is a further name of.</summary>
    /// <exception cref="InvalidDataException">No file stands there, or it was left out.</exception>
    public Placed Linked(string path, ArchiveEntry entry, string target)
    {
        if (!places.TryGetValue(target, out var linked) || linked.Kind is not (EntryKind.File or EntryKind.HardLink))
            throw new InvalidDataException($"the hard link `{path}` leads to `{entry.Target}`, no file of the package before it");
        return linked.Path is not null
            ? linked
            : throw new InvalidDataException($"the hard link `{path}` leads to `{entry.Target}`, which is left out; a complete root would keep it");
    }

    /// <summary>Copies a file that was made before: a store knows no hard links.</summary>
    public static void Copy(string from, SafeFileHandle to)
    {
        using var source = File.OpenRead(from);
        Copy(source, to, long.MaxValue);
    }

    /// <summary>Copies what a stream has left, and gives its length.</summary>
    /// <exception cref="InvalidDataException">It has more than <paramref name="limit"/> bytes.</exception>
    public static long Copy(Stream from, SafeFileHandle to, long limit)
    {
        var buffer = new byte[1 << 16];
        var at = 0L;
        for (int read; (read = from.Read(buffer)) > 0; at += read)
        {
            if (at + read > limit) throw Compression.Decompressor.TooLong(limit);
            RandomAccess.Write(to, buffer.AsSpan(0, read), at);
        }

        return at;
    }

    /// <summary>Makes a file with the modes of a store.</summary>
    public static void Write(string place, bool executable, Action<SafeFileHandle> write)
    {
        using var file = Unix.CreateFile(place, executable ? Trees.Executable : Trees.Plain);
        write(file);
    }

    /// <summary>What people call a kind.</summary>
    public static string Word(EntryKind kind) => kind switch
    {
        EntryKind.Directory => "folder",
        EntryKind.SymbolicLink => "link",
        _ => "file",
    };
}
