using System.Formats.Tar;
using System.IO.Enumeration;

namespace Hale.Store.Nar;

/// <summary>
/// A file tree as an archive, in one pass. What counts is names, contents, link targets and whether the owner may execute a file;
/// owners, times and the other bits do not, so that the same tree gives the same bytes anywhere.
/// </summary>
public static class NarWriter
{
    // No lock, no wait: the tree is the caller's, and flock would be one more system call for each file.
    private const FileShare Unlocked = FileShare.ReadWrite | FileShare.Delete;

    /// <summary>Archives a file, a link or a folder.</summary>
    /// <param name="path">What to archive; a link itself, not what it points at.</param>
    /// <param name="target">Where the bytes go; null to hash only.</param>
    /// <param name="scanner">Sees every byte, where references are looked for.</param>
    /// <returns>SHA-256 and length of the bytes.</returns>
    /// <exception cref="UserError">The tree holds a device, pipe or socket, a name that is not UTF-8, or changes while it is read.</exception>
    /// <exception cref="IOException">It cannot be read, or the target not be written.</exception>
    public static NarDigest Write(string path, Stream? target = null, ReferenceScanner? scanner = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var encoder = new NarEncoder(target, scanner);
        var info = new FileInfo(path);
        Node(encoder, path, KindOf(info.Attributes, (info.Attributes & FileAttributes.Directory) != 0 ? 0 : info.Length), depth: 0);
        return encoder.Finish();
    }

    private static void Node(NarEncoder encoder, string path, Kind kind, int depth)
    {
        switch (kind)
        {
            case Kind.Folder:
                Folder(encoder, path, depth);
                break;
            case Kind.Link:
                encoder.Link(Readable(new FileInfo(path).LinkTarget ?? throw Changed(path), path));
                break;
            case Kind.Empty when !IsRegular(path):
                throw new UserError($"{path} is neither file, folder nor link.", "Devices, pipes and sockets cannot be in the store; leave it out.");
            default:
                Content(encoder, path);
                break;
        }
    }

    private static void Folder(NarEncoder encoder, string path, int depth)
    {
        if (depth == NarFormat.Deepest)
            throw new UserError($"{path} lies deeper than {NarFormat.Deepest} folders.", "");
        encoder.BeginFolder();
        var entries = new List<(string Name, Kind Kind)>(Entries(path));
        entries.Sort(static (left, right) => NarFormat.Compare(left.Name, right.Name));
        foreach (var (name, kind) in entries)
        {
            encoder.BeginEntry(Readable(name, path));
            Node(encoder, string.Concat(path, "/", name), kind, depth + 1);
            encoder.EndEntry();
        }

        encoder.EndFolder();
    }

    private static FileSystemEnumerable<(string Name, Kind Kind)> Entries(string path) =>
        new(path, KindOf, new EnumerationOptions { AttributesToSkip = FileAttributes.None, ReturnSpecialDirectories = false });

    private static (string Name, Kind Kind) KindOf(ref FileSystemEntry entry)
    {
        var attributes = entry.Attributes;
        return (entry.FileName.ToString(), KindOf(attributes, (attributes & FileAttributes.Directory) != 0 ? 0 : entry.Length));
    }

    /// <summary>A link to a folder is both to .NET, and a link to us.</summary>
    private static Kind KindOf(FileAttributes attributes, long length) =>
        (attributes & FileAttributes.ReparsePoint) != 0 ? Kind.Link
        : (attributes & FileAttributes.Directory) != 0 ? Kind.Folder
        : length == 0 ? Kind.Empty
        : Kind.File;

    /// <summary>
    /// Whether something of no length is a file. .NET shows the type of a pipe, a device or a socket nowhere but in an archive made of it;
    /// opening it to see could wait for ever.
    /// </summary>
    private static bool IsRegular(string path)
    {
        var archive = new MemoryStream();
        try
        {
            using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
                writer.WriteEntry(path, "it");
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }

        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType == TarEntryType.RegularFile;
    }

    private static void Content(NarEncoder encoder, string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, Unlocked);
        var length = RandomAccess.GetLength(file);
        var executable = (File.GetUnixFileMode(file) & UnixFileMode.UserExecute) != 0;
        encoder.BeginFile(executable, length);
        for (long at = 0; at < length;)
        {
            var room = encoder.Room();
            var read = RandomAccess.Read(file, room[..(int)Math.Min(room.Length, length - at)], at);
            if (read == 0)
                throw Changed(path);
            encoder.Advance(read);
            at += read;
        }

        encoder.EndFile(length);
    }

    /// <summary>.NET reads a name that is not UTF-8 as replacement characters: such a name cannot be told from another.</summary>
    private static string Readable(string name, string path) => name.Contains('\uFFFD', StringComparison.Ordinal)
        ? throw new UserError($"A name in {path} is not UTF-8: {name}.", "Rename it, or leave it out.")
        : name;

    private static UserError Changed(string path) => new($"{path} changed while it was read.", "Try again when nothing writes there.");

    private enum Kind
    {
        File,
        Empty,
        Folder,
        Link,
    }
}
