using Microsoft.Win32.SafeHandles;

namespace Hale.Store.Nar;

/// <summary>
/// Makes a tree of an archive: modes 0444 and 0555, times one second after the epoch. Everything is created anew and exclusively, in folders
/// that were created by the same run, so no link is ever followed: not one from the archive, and not one that lay there.
/// </summary>
public sealed class NarUnpacker : INarVisitor, IDisposable
{
    private readonly Stack<int> folders = new();
    private string path;
    private SafeFileHandle? file;
    private long written;

    private NarUnpacker(string path) => this.path = path;

    /// <summary>Unpacks one archive, which must be all that the source holds. What a refused one leaves is the caller's to delete.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="path">What is made; nothing may be there, and its parent must exist.</param>
    /// <param name="limit">The most bytes the archive may have.</param>
    /// <returns>SHA-256 and length of the archive.</returns>
    /// <exception cref="InvalidDataException">It is no archive, or a hostile one.</exception>
    /// <exception cref="IOException">Something is there already, or the disk is full.</exception>
    public static NarDigest Unpack(Stream source, string path, long limit)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var unpacker = new NarUnpacker(path);
        return NarReader.Read(source, unpacker, limit);
    }

    void IDisposable.Dispose() => file?.Dispose();

    void INarVisitor.BeginFolder()
    {
        // CreateDirectory is content with a folder, or a link to one, that is there.
        if (Path.Exists(path) || new FileInfo(path).LinkTarget is not null)
            throw new IOException($"{path} is there already.");
        Directory.CreateDirectory(path, Trees.OwnerOnly);
        folders.Push(path.Length);
    }

    void INarVisitor.Entry(string name) => path = string.Concat(path.AsSpan(0, folders.Peek()), "/", name);

    void INarVisitor.EndFolder()
    {
        path = path[..folders.Pop()];
        Trees.SealFolder(path);
    }

    void INarVisitor.BeginFile(bool executable, long length)
    {
        var mode = executable ? Trees.Executable : Trees.Plain;
        file = Unix.CreateFile(path, mode);
        written = 0;
    }

    void INarVisitor.Content(ReadOnlySpan<byte> piece)
    {
        RandomAccess.Write(file!, piece, written);
        written += piece.Length;
    }

    void INarVisitor.EndFile()
    {
        Unix.SetTimes(file!, Trees.Seconds);
        file!.Dispose();
        file = null;
    }

    void INarVisitor.Link(string target)
    {
        File.CreateSymbolicLink(path, target);
        Trees.SealLink(path);
    }
}
