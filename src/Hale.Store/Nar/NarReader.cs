using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Hale.Store.Paths;

namespace Hale.Store.Nar;

/// <summary>What a reader of archives tells, in the archive's order. Names have been checked; contents come in pieces.</summary>
public interface INarVisitor
{
    /// <summary>A folder begins; its entries follow, each after its <see cref="Entry"/>.</summary>
    void BeginFolder();

    /// <summary>The folder that began last ends.</summary>
    void EndFolder();

    /// <summary>The next node is the entry of that name in the folder that is open.</summary>
    void Entry(string name);

    /// <summary>A file begins; its contents follow.</summary>
    void BeginFile(bool executable, long length);

    /// <summary>The next piece of the file.</summary>
    void Content(ReadOnlySpan<byte> piece);

    /// <summary>The file ends.</summary>
    void EndFile();

    /// <summary>A symbolic link.</summary>
    void Link(string target);
}

/// <summary>
/// Reads an archive as a stream, and trusts none of it: unsorted or repeated names, names that could leave the folder, wrong padding,
/// bytes after the end, anything too long, too deep or too large is an <see cref="InvalidDataException"/>.
/// </summary>
public sealed class NarReader : IDisposable
{
    private const int BufferSize = 256 * 1024;
    private const int WorthATask = 32 * 1024;
    private readonly Stream source;
    private readonly INarVisitor visitor;
    private readonly long limit;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private byte[] spare = ArrayPool<byte>.Shared.Rent(BufferSize);
    private Task hashing = Task.CompletedTask;
    private int start;
    private int end;
    private long total;

    private NarReader(Stream source, INarVisitor visitor, long limit) => (this.source, this.visitor, this.limit) = (source, visitor, limit);

    /// <summary>Reads one archive, which must be all that the source holds.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="visitor">Is told what is in it; null to check and hash only.</param>
    /// <param name="limit">The most bytes the archive may have.</param>
    /// <returns>SHA-256 and length of the archive.</returns>
    /// <exception cref="InvalidDataException">It is no archive, or a hostile one.</exception>
    public static NarDigest Read(Stream source, INarVisitor? visitor, long limit)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var reader = new NarReader(source, visitor ?? Nobody.Instance, limit);
        return reader.Archive();
    }

    void IDisposable.Dispose()
    {
        hashing.Wait();
        hash.Dispose();
        ArrayPool<byte>.Shared.Return(buffer);
        ArrayPool<byte>.Shared.Return(spare);
        (buffer, spare) = ([], []);
    }

    private NarDigest Archive()
    {
        Expect(NarFormat.Magic);
        Node(depth: 0);
        if (start < end || Fill() > 0)
            throw Bad("bytes follow its end");
        hashing.Wait();
        Span<byte> result = stackalloc byte[32];
        hash.GetHashAndReset(result);
        return new(Sha256Hash.FromBytes(result), total);
    }

    private void Node(int depth)
    {
        if (depth > NarFormat.Deepest)
            throw Bad($"it is deeper than {NarFormat.Deepest} folders");
        Expect("(");
        Expect("type");
        switch (Word())
        {
            case "regular":
                FileNode();
                break;
            case "symlink":
                Expect("target");
                visitor.Link(Name(NarFormat.LongestTarget, "link target"));
                Expect(")");
                break;
            case "directory":
                FolderNode(depth);
                break;
            case var type:
                throw Bad($"it has a node of the type \"{type}\"");
        }
    }

    private void FileNode()
    {
        var word = Word();
        var executable = word == "executable";
        if (executable)
        {
            Expect("");
            word = Word();
        }

        // An empty file may leave its contents out.
        if (word == ")")
        {
            visitor.BeginFile(executable, 0);
            visitor.EndFile();
            return;
        }

        if (word != "contents")
            throw Unexpected(word, "contents");
        Contents(executable);
        Expect(")");
    }

    private void Contents(bool executable)
    {
        var length = Number();
        if (length < 0 || length > limit - (total - (end - start)))
            throw Bad($"a file of {(ulong)length} bytes takes it past its limit of {limit}");
        visitor.BeginFile(executable, length);
        for (var left = length; left > 0;)
        {
            if (start == end && Fill() == 0)
                throw Truncated();
            var count = (int)Math.Min(left, end - start);
            visitor.Content(buffer.AsSpan(start, count));
            start += count;
            left -= count;
        }

        visitor.EndFile();
        Padding(length);
    }

    private void FolderNode(int depth)
    {
        visitor.BeginFolder();
        string? previous = null;
        while (true)
        {
            var word = Word();
            if (word == ")")
                break;
            if (word != "entry")
                throw Unexpected(word, "entry");
            Expect("(");
            Expect("name");
            var name = Name(NarFormat.LongestName, "name");
            if (name is "." or ".." || name.Contains('/', StringComparison.Ordinal))
                throw Bad($"\"{name}\" is no name of an entry");
            if (previous is not null && NarFormat.Compare(previous, name) >= 0)
                throw Bad($"the entry \"{name}\" comes after \"{previous}\"");
            previous = name;
            visitor.Entry(name);
            Expect("node");
            Node(depth + 1);
            Expect(")");
        }

        visitor.EndFolder();
    }

    private string Name(int longest, string what)
    {
        var length = Number();
        if (length <= 0 || length > longest)
            throw Bad($"a {what} has {(ulong)length} bytes, and 1 to {longest} are allowed");
        var bytes = Take((int)length);
        if (bytes.Contains((byte)0))
            throw Bad($"a {what} holds a NUL");
        try
        {
            return NarFormat.Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Bad($"a {what} is not UTF-8");
        }
        finally
        {
            Padding(length);
        }
    }

    /// <summary>One of the format's own words, the longest of which has 13 letters.</summary>
    private string Word()
    {
        var length = Number();
        if (length is < 0 or > 16)
            throw Bad($"a word has {(ulong)length} bytes");
        var word = Known(Take((int)length));
        Padding(length);
        return word;
    }

    private void Expect(string word)
    {
        var found = Word();
        if (found != word)
            throw Unexpected(found, word);
    }

    private static string Known(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [(byte)'('] => "(",
        [(byte)')'] => ")",
        _ when bytes.SequenceEqual("entry"u8) => "entry",
        _ when bytes.SequenceEqual("name"u8) => "name",
        _ when bytes.SequenceEqual("node"u8) => "node",
        _ when bytes.SequenceEqual("type"u8) => "type",
        _ when bytes.SequenceEqual("regular"u8) => "regular",
        _ when bytes.SequenceEqual("contents"u8) => "contents",
        _ => Encoding.Latin1.GetString(bytes),
    };

    private long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    private void Padding(long length)
    {
        if (Take(NarFormat.Padding(length)).ContainsAnyExcept((byte)0))
            throw Bad("its padding is not of zeros");
    }

    /// <summary>The next few bytes, in one piece; valid until the next call.</summary>
    private ReadOnlySpan<byte> Take(int count)
    {
        while (end - start < count)
            if (Fill() == 0)
                throw Truncated();
        var result = buffer.AsSpan(start, count);
        start += count;
        return result;
    }

    /// <summary>
    /// Reads more behind what is left, into the other buffer: the last one may still be being hashed, which goes on beside the reading and
    /// the visitor's work.
    /// </summary>
    private int Fill()
    {
        var left = end - start;
        buffer.AsSpan(start, left).CopyTo(spare);
        var read = source.Read(spare, left, spare.Length - left);
        hashing.Wait();
        (buffer, spare) = (spare, buffer);
        (start, end) = (0, left + read);
        total += read;
        if (total > limit)
            throw Bad($"it is longer than {limit} bytes");
        var fresh = buffer.AsMemory(left, read);
        if (read < WorthATask)
            hash.AppendData(fresh.Span);
        else
            hashing = Task.Run(() => hash.AppendData(fresh.Span));
        return read;
    }

    private static InvalidDataException Unexpected(string found, string expected) => Bad($"it has \"{found}\" where \"{expected}\" belongs");

    private static InvalidDataException Truncated() => Bad("it is truncated");

    private static InvalidDataException Bad(string what) => new($"The NAR is refused: {what}.");

    private sealed class Nobody : INarVisitor
    {
        internal static readonly Nobody Instance = new();

        public void BeginFolder()
        {
        }

        public void EndFolder()
        {
        }

        public void Entry(string name)
        {
        }

        public void BeginFile(bool executable, long length)
        {
        }

        public void Content(ReadOnlySpan<byte> piece)
        {
        }

        public void EndFile()
        {
        }

        public void Link(string target)
        {
        }
    }
}
