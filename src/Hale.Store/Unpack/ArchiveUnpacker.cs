using Hale.Store.Compression;

namespace Hale.Store.Unpack;

/// <summary>
/// Unpacks archives of strangers into a folder. What an honest archive does not have (paths that climb, links that lead out or are
/// absolute, devices, one path twice, sizes and counts beyond measure) refuses the whole archive.
/// </summary>
/// <param name="strip">How many leading folders are cut off each path; what has no more than those is left out.</param>
/// <param name="limits">What it may at most hold.</param>
internal sealed class ArchiveUnpacker(int strip, UnpackLimits limits)
{
    private readonly Places places = new();

    /// <summary>Unpacks a tar, plain or compressed by gzip, xz or zstd, or a zip: what it is, its first bytes tell.</summary>
    /// <param name="file">The archive, open for reading and seeking.</param>
    /// <param name="folder">Where to; made where it is missing.</param>
    /// <param name="cancellation">Stops between two entries.</param>
    /// <exception cref="InvalidDataException">The archive is refused; the message says for what.</exception>
    public void Unpack(Stream file, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        using var archive = Open(file);
        for (var entries = 1; archive.Next() is { } entry; entries++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entries > limits.Entries) throw new InvalidDataException($"it has more than {limits.Entries} entries");
            if (entry.Size > limits.Bytes) throw new InvalidDataException($"`{entry.Name}` claims {entry.Size} bytes; {limits.Bytes} are allowed");
            var path = Stripped(EntryPath.Of(entry.Name));
            if (path.Length > 0) Place(path, entry, archive, folder);
        }

        if (places.Count == 0) throw new InvalidDataException(
            strip == 0 ? "it holds no file" : $"it holds no file below its {strip} leading folder{(strip == 1 ? "" : "s")}");
    }

    /// <summary>The plain bytes of one file that may be compressed.</summary>
    /// <param name="file">The file, open for reading and seeking.</param>
    /// <param name="limit">The most bytes to give out.</param>
    /// <exception cref="InvalidDataException">It is what a server says instead of a file.</exception>
    public static Stream OpenPlain(Stream file, long limit) => Head(file) switch
    {
        [(byte)'<', ..] => throw new InvalidDataException("it is a web page"),
        var head => Decompressor.Open(file, Decompressor.Detect(head), limit, leaveOpen: true),
    };

    private IArchive Open(Stream file)
    {
        var head = Head(file);
        if (head is [(byte)'P', (byte)'K', 3 or 5, 4 or 6, ..]) return new ZipReader(file, limits.Bytes);
        if (head is [(byte)'B', (byte)'Z', (byte)'h', ..]) throw new InvalidDataException("it is compressed by bzip2; gzip, xz and zstd are read");
        return new TarReader(OpenPlain(file, limits.Bytes), mayHavePax: true);
    }

    private static byte[] Head(Stream file)
    {
        var head = new byte[6];
        var count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return head[..count];
    }

    private string Stripped(string path)
    {
        for (var count = strip; count > 0; count--)
        {
            var slash = path.IndexOf('/', StringComparison.Ordinal);
            path = slash < 0 ? "" : path[(slash + 1)..];
        }

        return path;
    }

    private void Place(string path, ArchiveEntry entry, IArchive archive, string folder)
    {
        places.Check(path, entry.Kind);
        var place = Path.Combine(folder, path);
        var executable = entry.Executable;
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        switch (entry.Kind)
        {
            case EntryKind.Directory:
                Directory.CreateDirectory(place);
                break;
            case EntryKind.SymbolicLink:
                EntryPath.CheckRelativeTarget(path, entry.Target);
                File.CreateSymbolicLink(place, entry.Target);
                break;
            case EntryKind.File:
                Places.Write(place, executable, archive.CopyContent);
                break;
            default:
                var linked = places.Linked(path, entry, Stripped(EntryPath.Of(entry.Target)));
                executable = linked.Executable;
                Places.Write(place, executable, target => Places.Copy(linked.Path!, target));
                break;
        }

        places.Set(path, new Placed(entry.Kind, executable, entry.Kind is EntryKind.File or EntryKind.HardLink ? place : null));
    }
}
