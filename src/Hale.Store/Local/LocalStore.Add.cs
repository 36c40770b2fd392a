using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hale.Store.Nar;
using Hale.Store.Paths;

namespace Hale.Store.Local;

/// <summary>Adding to the store, and remembering what was made of what.</summary>
public sealed partial class LocalStore
{
    /// <summary>Adds what a function makes. The same content gives the same path, and is kept once.</summary>
    /// <param name="name">The path's name.</param>
    /// <param name="build">Makes a file or a folder at the path it is given, where nothing is. Its failure leaves nothing behind.</param>
    /// <param name="references">Store paths that it needs.</param>
    /// <param name="candidates">Store paths that it may need: those whose hash part occurs in it become references too.</param>
    /// <exception cref="UserError">The disk is full or the cache cannot be written, or the tree holds what no store can.</exception>
    /// <exception cref="ArgumentException">The name is not one (<see cref="StorePath.WrongWith"/>).</exception>
    public PathInfo Add(string name, Action<string> build, IEnumerable<StorePath>? references = null, IEnumerable<StorePath>? candidates = null)
    {
        ArgumentNullException.ThrowIfNull(build);
        CheckName(name);
        var temporary = Guard(() => Work().NewPath(Contents));
        try
        {
            Build(build, temporary);
            return Guard(() =>
            {
                var scanner = new ReferenceScanner(candidates ?? []);
                var digest = NarWriter.Write(temporary, target: null, scanner);
                var info = PathInfo.OfTree(name, digest.Hash, digest.Size, (references ?? []).Concat(scanner.Found));
                if (Find(info.Path) is null)
                {
                    Trees.Seal(temporary);
                    Commit(temporary, info);
                }

                return info;
            });
        }
        finally
        {
            Trees.Delete(temporary);
        }
    }

    /// <summary>Adds a copy of a file or folder; fast where the same is there already.</summary>
    /// <inheritdoc cref="Add"/>
    /// <param name="name">The path's name.</param>
    /// <param name="source">The file or folder.</param>
    /// <param name="references">Store paths that it needs.</param>
    public PathInfo AddPath(string name, string source, IEnumerable<StorePath>? references = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        CheckName(name);
        var needs = (references ?? []).ToArray();
        var digest = Guard(() => NarWriter.Write(source));
        var info = PathInfo.OfTree(name, digest.Hash, digest.Size, needs);
        // What is added is the copy's own hash: the source may change meanwhile.
        return Find(info.Path) ?? Add(name, target => Trees.Copy(source, target), needs);
    }

    /// <summary>Adds a file from memory. Where it is there already nothing is written.</summary>
    /// <inheritdoc cref="Add"/>
    /// <param name="name">The path's name.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="executable">Whether it may be executed.</param>
    /// <param name="references">Store paths that it needs.</param>
    public PathInfo AddText(string name, ReadOnlyMemory<byte> content, bool executable = false, IEnumerable<StorePath>? references = null) =>
        AddNode(name, new TreeFile(content, executable), references ?? []);

    /// <summary>Adds a text file, in UTF-8, from memory.</summary>
    /// <inheritdoc cref="AddText(string, ReadOnlyMemory{byte}, bool, IEnumerable{StorePath})"/>
    public PathInfo AddText(string name, string content, bool executable = false, IEnumerable<StorePath>? references = null) =>
        AddText(name, Encoding.UTF8.GetBytes(content), executable, references);

    /// <summary>Adds a folder from memory. Where it is there already nothing is written.</summary>
    /// <inheritdoc cref="Add"/>
    /// <param name="name">The path's name.</param>
    /// <param name="entries">What is in it, by relative path: <c>units/caddy.service</c>. Folders on the way need no entry.</param>
    /// <param name="references">Store paths that it needs.</param>
    public PathInfo AddTree(string name, IEnumerable<KeyValuePair<string, TreeEntry>> entries, IEnumerable<StorePath>? references = null) =>
        AddNode(name, TreeFolder.Of(entries), references ?? []);

    /// <summary>The path that was made for a key, as long as it and all it needs are still here.</summary>
    /// <param name="key">All that the result depends on, in a text.</param>
    public PathInfo? Realised(string key)
    {
        try
        {
            var text = File.ReadAllText(KeyFile(key)).Trim();
            return StorePath.TryParse(text, out var path) && IsWhole(path) ? Find(path) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Remembers what was made for a key.</summary>
    public void Remember(string key, StorePath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Guard(() =>
        {
            AtomicFile.Write(KeyFile(key), Encoding.ASCII.GetBytes($"{path}\n"), durable: false);
            return true;
        });
    }

    private string KeyFile(string key) =>
        Path.Combine(Folder, "sources", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));

    private bool IsWhole(StorePath path)
    {
        var seen = new HashSet<StorePath>();
        var open = new Stack<StorePath>([path]);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;
            if (Find(next) is not { } info)
                return false;
            foreach (var reference in info.References)
                open.Push(reference);
        }

        return true;
    }

    private PathInfo AddNode(string name, TreeEntry node, IEnumerable<StorePath> references)
    {
        CheckName(name);
        using var encoder = new NarEncoder();
        node.Encode(encoder);
        var digest = encoder.Finish();
        var info = PathInfo.OfTree(name, digest.Hash, digest.Size, references);
        return Find(info.Path) ?? Guard(() =>
        {
            var temporary = Work().NewPath(Contents);
            try
            {
                node.Write(temporary);
                Commit(temporary, info);
                return info;
            }
            finally
            {
                Trees.Delete(temporary);
            }
        });
    }

    /// <summary>The info first, then the content by one rename: whoever sees the content finds the info.</summary>
    private void Commit(string temporary, PathInfo info)
    {
        AtomicFile.Write(InfoFile(info.Path), JsonSerializer.SerializeToUtf8Bytes(info, StoreJson.Default.PathInfo), durable: false);
        // Where the rename is refused, another process was first with the same content.
        if (!Unix.Rename(temporary, Real(info.Path)) && !Path.Exists(Real(info.Path)))
            throw new IOException($"{Real(info.Path)} could not be made.");
        known[info.Path] = info;
    }

    private void Build(Action<string> build, string temporary)
    {
        try
        {
            build(temporary);
        }
        catch (IOException error) when (DiskFull.Is(error))
        {
            Guard<bool>(() => throw new IOException(error.Message, error.HResult));
        }

        var made = new FileInfo(temporary);
        if (made.LinkTarget is not null || !Path.Exists(temporary))
            throw new InvalidOperationException("The build made neither a file nor a folder.");
    }

    private static void CheckName(string name)
    {
        if (StorePath.WrongWith(name) is { } wrong)
            throw new ArgumentException($"\"{name}\" cannot be a store path's name: {wrong}.", nameof(name));
    }
}
