using Microsoft.Win32.SafeHandles;

namespace Hale.Store.Debian;

/// <summary>
/// Unpacks one package into a root. Its archive is input from strangers: what does not fit a package (paths that climb, devices,
/// links out of the root, sizes and counts beyond measure, one path twice) refuses the package.
/// </summary>
/// <param name="tree">The root.</param>
/// <param name="limits">What a package may at most hold.</param>
/// <param name="complete">Whether to keep what no service reads.</param>
internal sealed class PackageUnpacker(RootTree tree, UnpackLimits limits, bool complete)
{
    /// <summary>Unpacks a package.</summary>
    /// <param name="package">Its name.</param>
    /// <param name="deb">Its .deb, open for reading and seeking.</param>
    /// <param name="cancellation">Stops between two entries.</param>
    /// <exception cref="UserError">The archive is refused; the message says for what.</exception>
    public void Unpack(string package, Stream deb, CancellationToken cancellation)
    {
        try
        {
            using var data = DebArchive.OpenData(deb, limits.Bytes);
            var tar = new TarReader(data);
            var places = new Dictionary<string, Placed>(StringComparer.Ordinal);
            var entries = 0;
            while (tar.Next() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                if (++entries > limits.Entries) throw new InvalidDataException($"it has more than {limits.Entries} entries");
                if (entry.Size > limits.Bytes) throw new InvalidDataException(
                    $"`{entry.Name}` claims {entry.Size} bytes; a package may have {limits.Bytes}");
                Place(package, entry, tar, places);
            }
        }
        catch (InvalidDataException e)
        {
            throw new UserError(
                $"The package {package} is refused: {Printable(e.Message)}.",
                "No package of Debian is like that. Is the archive trustworthy? Nothing of the package is used.",
                e);
        }
    }

    // Names in the message are the archive's: they must not speak to the terminal.
    private static string Printable(string message) =>
        string.Concat(message.TrimEnd('.').Select(static c => char.IsControl(c) ? '?' : c));

    private void Place(string package, TarEntry entry, TarReader tar, Dictionary<string, Placed> places)
    {
        var path = EntryPath.Of(entry.Name);
        if (path.Length == 0)
        {
            if (entry.Kind != TarKind.Directory) throw new InvalidDataException("its root is not a folder");
            return;
        }

        if (IsMergedFolder(path, entry)) return;
        if (places.TryGetValue(path, out var before) && before.Kind != entry.Kind)
            throw new InvalidDataException($"`{path}` is both a {Word(before.Kind)} and a {Word(entry.Kind)}");
        if (entry.Kind != TarKind.Directory && places.ContainsKey(path)) throw new InvalidDataException($"it has `{path}` twice");
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            if (places.TryGetValue(path[..slash], out var above) && above.Kind != TarKind.Directory)
                throw new InvalidDataException($"`{path}` goes through `{path[..slash]}`, which is a {Word(above.Kind)}");
        if (entry.Kind == TarKind.SymbolicLink) EntryPath.CheckTarget(path, entry.Target);
        var leftOut = !complete && LeftOut.Contains(path, entry.Kind);
        places[path] = new Placed(entry.Kind, entry.Executable, leftOut ? null : Make(package, path, entry, tar, places));
    }

    private string? Make(string package, string path, TarEntry entry, TarReader tar, Dictionary<string, Placed> places)
    {
        switch (entry.Kind)
        {
            case TarKind.Directory:
                tree.AddFolder(package, path);
                return null;
            case TarKind.SymbolicLink:
                tree.AddLink(package, path, entry.Target);
                return null;
            case TarKind.File:
                return tree.AddFile(package, path, entry.Executable, tar.CopyContent);
            default:
                var target = EntryPath.Of(entry.Target);
                if (!places.TryGetValue(target, out var linked) || linked.Kind is not (TarKind.File or TarKind.HardLink))
                    throw new InvalidDataException($"the hard link `{path}` leads to `{entry.Target}`, no file of the package before it");
                if (linked.Path is null)
                    throw new InvalidDataException(
                        $"the hard link `{path}` leads to `{entry.Target}`, which is left out; a complete root would keep it");
                return tree.AddFile(package, path, linked.Executable, file => Copy(linked.Path, file));
        }
    }

    private static void Copy(string from, SafeFileHandle to)
    {
        using var source = File.OpenHandle(from);
        var buffer = new byte[1 << 16];
        int read;
        for (var at = 0L; (read = RandomAccess.Read(source, buffer, at)) > 0; at += read)
            RandomAccess.Write(to, buffer.AsSpan(0, read), at);
    }

    // Where a package still has /bin or /lib themselves: the root has them as links into usr.
    private static bool IsMergedFolder(string path, TarEntry entry)
    {
        if (!EntryPath.IsMerged(path)) return false;
        if (entry.Kind == TarKind.Directory || (entry.Kind == TarKind.SymbolicLink && entry.Target.TrimStart('/') == $"usr/{path}")) return true;
        throw new InvalidDataException($"`{path}` is a {Word(entry.Kind)}; on a merged system it is a link to usr/{path}");
    }

    private static string Word(TarKind kind) => kind switch
    {
        TarKind.Directory => "folder",
        TarKind.SymbolicLink => "link",
        _ => "file",
    };

    private readonly record struct Placed(TarKind Kind, bool Executable, string? Path);
}
