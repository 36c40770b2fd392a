using Hale.Store.Compression;
using Hale.Store.Unpack;

namespace Hale.Store.Debian;

/// <summary>Reads the members of a .deb (deb(5)): <c>debian-binary</c>, then <c>control.tar</c>, then <c>data.tar</c>.</summary>
internal static class DebArchive
{
    private const long MaxControl = 64 << 20;

    /// <summary>The tar of the package's files, decompressed.</summary>
    /// <param name="file">The .deb, open for reading and seeking.</param>
    /// <param name="limit">The most bytes it may have when decompressed.</param>
    /// <exception cref="InvalidDataException">It is no .deb.</exception>
    public static Stream OpenData(Stream file, long limit) => Open(file, "data.tar", limit);

    /// <summary>The fields of the package's control file.</summary>
    /// <param name="file">The .deb, open for reading and seeking.</param>
    /// <exception cref="InvalidDataException">It is no .deb, or has no control file.</exception>
    public static IReadOnlyDictionary<string, string> ReadControl(Stream file)
    {
        using var stream = Open(file, "control.tar", MaxControl);
        var tar = new TarReader(stream);
        while (tar.Next() is { } entry)
        {
            if (entry.Kind != EntryKind.File || entry.Name is not ("./control" or "control")) continue;
            try
            {
                var paragraphs = Deb822Reader.ReadAll(new MemoryStream(tar.ReadAllContent()));
                return paragraphs is [var fields] ? fields : throw new InvalidDataException(
                    "its control file is not one paragraph");
            }
            catch (FormatException e)
            {
                throw new InvalidDataException($"its control file is malformed: {e.Message}", e);
            }
        }

        throw new InvalidDataException("it has no control file");
    }

    private static Stream Open(Stream file, string wanted, long limit)
    {
        var ar = new ArReader(file);
        ar.Begin();
        if (!ar.Next() || ar.Name != "debian-binary") throw new InvalidDataException("its first member is not `debian-binary`");
        var version = new byte[2];
        if (ar.Content().ReadAtLeast(version, 2, throwOnEndOfStream: false) < 2 || version is not [(byte)'2', (byte)'.'])
            throw new InvalidDataException("it is not of format 2");
        while (ar.Next())
        {
            if (Path.GetFileNameWithoutExtension(ar.Name) != wanted && ar.Name != wanted) continue;
            CompressionFormat format = Path.GetExtension(ar.Name) switch
            {
                ".xz" => CompressionFormat.Xz,
                ".zst" => CompressionFormat.Zstd,
                ".gz" => CompressionFormat.Gzip,
                ".tar" => CompressionFormat.None,
                _ => throw new InvalidDataException(
                    $"its member `{ar.Name}` is compressed in a way that is not known (xz, zst and gz are)"),
            };
            return Decompressor.Open(ar.Content(), format, limit);
        }

        throw new InvalidDataException($"it has no member `{wanted}`");
    }
}
