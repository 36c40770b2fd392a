using Hale.Store.Unpack;
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
            var places = new Places();
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
                $"The package {package} is refused: {Refusals.Printable(e.Message)}.",
                "No package of Debian is like that. Is the archive trustworthy? Nothing of the package is used.",
                e);
        }
    }

    private void Place(string package, ArchiveEntry entry, TarReader tar, Places places)
    {
        var path = MergedPath.Of(entry.Name);
        if (path.Length == 0)
        {
            if (entry.Kind != EntryKind.Directory) throw new InvalidDataException("its root is not a folder");
            return;
        }

        if (IsMergedFolder(path, entry)) return;
        places.Check(path, entry.Kind);
        if (entry.Kind == EntryKind.SymbolicLink) EntryPath.CheckTarget(path, entry.Target);
        var leftOut = !complete && LeftOut.Contains(path, entry.Kind);
        places.Set(path, new Placed(entry.Kind, entry.Executable, leftOut ? null : Make(package, path, entry, tar, places)));
    }

    private string? Make(string package, string path, ArchiveEntry entry, TarReader tar, Places places)
    {
        switch (entry.Kind)
        {
            case EntryKind.Directory:
                tree.AddFolder(package, path);
                return null;
            case EntryKind.SymbolicLink:
                tree.AddLink(package, path, entry.Target);
                return null;
            case EntryKind.File:
                return tree.AddFile(package, path, entry.Executable, tar.CopyContent);
            default:
                var linked = places.Linked(path, entry, MergedPath.Of(entry.Target));
                return tree.AddFile(package, path, linked.Executable, file => Places.Copy(linked.Path!, file));
        }
    }

    // Where a package still has /bin or /lib themselves: the root has them as links into usr.
    private static bool IsMergedFolder(string path, ArchiveEntry entry)
    {
        if (!MergedPath.IsFolder(path)) return false;
        if (entry.Kind == EntryKind.Directory || (entry.Kind == EntryKind.SymbolicLink && entry.Target.TrimStart('/') == $"usr/{path}")) return true;
        throw new InvalidDataException($"`{path}` is a {Places.Word(entry.Kind)}; on a merged system it is a link to usr/{path}");
    }
}
