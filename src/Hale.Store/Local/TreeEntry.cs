using System.Text;
using Hale.Store.Nar;

namespace Hale.Store.Local;

/// <summary>What lies at one path of a tree that is made in memory.</summary>
public abstract record TreeEntry
{
    private protected TreeEntry()
    {
    }

    /// <summary>A file of some text, in UTF-8.</summary>
    public static TreeEntry Text(string content, bool executable = false) => new TreeFile(Encoding.UTF8.GetBytes(content), executable);

    /// <summary>A file of some bytes.</summary>
    public static TreeEntry File(ReadOnlyMemory<byte> content, bool executable = false) => new TreeFile(content, executable);

    /// <summary>A symbolic link.</summary>
    public static TreeEntry Link(string target) => new TreeLink(target);

    /// <summary>A folder that need not have anything in it.</summary>
    public static TreeEntry Folder { get; } = new TreeFolder();

    internal abstract void Encode(NarEncoder encoder);

    internal abstract void Write(string path);
}

/// <summary>A file.</summary>
internal sealed record TreeFile(ReadOnlyMemory<byte> Content, bool Executable) : TreeEntry
{
    internal override void Encode(NarEncoder encoder) => encoder.File(Executable, Content.Span);

    internal override void Write(string path)
    {
        using var file = Unix.CreateFile(path, Executable ? Trees.Executable : Trees.Plain);
        RandomAccess.Write(file, Content.Span, 0);
        Unix.SetTimes(file, Trees.Seconds);
    }
}

/// <summary>A link.</summary>
internal sealed record TreeLink(string Target) : TreeEntry
{
    internal override void Encode(NarEncoder encoder) => encoder.Link(Target);

    internal override void Write(string path)
    {
        System.IO.File.CreateSymbolicLink(path, Target);
        Trees.SealLink(path);
    }
}

/// <summary>A folder and what is in it, in the order of archives.</summary>
internal sealed record TreeFolder : TreeEntry
{
    private readonly SortedDictionary<string, TreeEntry> entries = new(Comparer<string>.Create(NarFormat.Compare));

    /// <summary>A folder from paths relative to it: <c>etc/caddy/Caddyfile</c>. Folders on the way need no entry of their own.</summary>
    /// <exception cref="ArgumentException">A path is absolute, leaves the tree, or goes through something that is no folder.</exception>
    internal static TreeFolder Of(IEnumerable<KeyValuePair<string, TreeEntry>> paths)
    {
        var root = new TreeFolder();
        foreach (var (path, entry) in paths)
        {
            var parts = path.Split('/');
            if (parts.Any(part => part is "" or "." or ".." || part.Contains('\0', StringComparison.Ordinal)))
                throw new ArgumentException($"\"{path}\" is no relative path of plain names.", nameof(paths));
            var folder = root;
            foreach (var part in parts[..^1])
            {
                if (!folder.entries.TryGetValue(part, out var below))
                    folder.entries.Add(part, below = new TreeFolder());
                folder = below as TreeFolder ?? throw new ArgumentException($"\"{path}\" goes through \"{part}\", which is no folder.", nameof(paths));
            }

            var placed = entry is TreeFolder ? new TreeFolder() : entry;
            if (!folder.entries.TryAdd(parts[^1], placed) && !(placed is TreeFolder && folder.entries[parts[^1]] is TreeFolder))
                throw new ArgumentException($"\"{path}\" is there twice.", nameof(paths));
        }

        return root;
    }

    internal override void Encode(NarEncoder encoder)
    {
        encoder.BeginFolder();
        foreach (var (name, entry) in entries)
        {
            encoder.BeginEntry(name);
            entry.Encode(encoder);
            encoder.EndEntry();
        }

        encoder.EndFolder();
    }

    internal override void Write(string path)
    {
        Directory.CreateDirectory(path, Trees.OwnerOnly);
        foreach (var (name, entry) in entries)
            entry.Write($"{path}/{name}");
        Trees.SealFolder(path);
    }
}
