using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hale.Store.Unpack;

/// <summary>
/// A zip as an archive of Unix files: modes and links are where Info-ZIP writes them, in the upper half of the external attributes. An
/// archive made elsewhere has none, and its files are plain.
/// </summary>
/// <param name="source">The zip, open for reading and seeking.</param>
/// <param name="limit">The most bytes that all contents may have together, when decompressed.</param>
internal sealed class ZipReader(Stream source, long limit) : IArchive
{
    private const int TypeMask = 0xF000;
    private const int Link = 0xA000;
    private const int MaxTarget = 4096;

    private readonly ZipArchive zip = new(source, ZipArchiveMode.Read);
    private long left = limit;
    private int next;

    private ZipArchiveEntry Current => zip.Entries[next - 1];

    public ArchiveEntry? Next()
    {
        if (next == zip.Entries.Count) return null;
        next++;
        var name = Current.FullName;
        if (Current.IsEncrypted) throw new InvalidDataException($"`{name}` is encrypted");
        if (name.Contains('\\', StringComparison.Ordinal)) throw new InvalidDataException($"`{name}` has a backslash in its name");
        var mode = (int)((uint)Current.ExternalAttributes >> 16);
        var kind = (mode & TypeMask) switch
        {
            0 or 0x8000 or 0x4000 => name.EndsWith('/') ? EntryKind.Directory : EntryKind.File,
            Link => EntryKind.SymbolicLink,
            _ => throw new InvalidDataException($"`{name}` is a device node, a pipe or a socket"),
        };
        var isFile = kind == EntryKind.File;
        return new ArchiveEntry(name, kind, isFile && (mode & 0b001_000_000) != 0, isFile ? Current.Length : 0, kind == EntryKind.SymbolicLink ? Target() : "");
    }

    public void CopyContent(SafeFileHandle target)
    {
        using var content = Current.Open();
        left -= Places.Copy(content, target, left);
    }

    public void Dispose() => zip.Dispose();

    private string Target()
    {
        using var content = Current.Open();
        var bytes = new byte[MaxTarget + 1];
        var count = content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count <= MaxTarget
            ? Encoding.UTF8.GetString(bytes, 0, count)
            : throw new InvalidDataException($"the link `{Current.FullName}` leads to a path of more than {MaxTarget} bytes");
    }
}
