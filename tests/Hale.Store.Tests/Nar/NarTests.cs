using System.Text;
using Hale.Store.Nar;
using Hale.Store.Paths;

namespace Hale.Store.Tests.Nar;

public sealed class NarTests : IDisposable
{
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void A_file_has_the_hash_that_nix_gives() =>
        Assert.Equal(
            "/nix/store/z45ailnkm27lnvhimqkhy08f6sh5m17d-hello.txt",
            StorePaths.OfTree("hello.txt", NarWriter.Write(scratch.Write("hello.txt", "hello world\n")).Hash, []).ToString());

    [Fact]
    public void A_tree_has_the_hash_and_size_that_nix_gives()
    {
        var digest = NarWriter.Write(SampleTree.In(scratch));
        Assert.Equal("7a16ad4a6d516a12a4951ff9c5d9b60749569f4e1e8bd073d0ff9950e8e600d3", digest.Hash.Hex);
        Assert.Equal(1624, digest.Size);
    }

    [Fact]
    public void An_archive_of_a_rich_tree_is_nixs_own_byte_for_byte()
    {
        if (!Peer.Has("nix-store"))
            return;
        var tree = SampleTree.In(scratch);
        // Order by bytes: upper case before lower, a prefix before what it begins, and surrogates last where UTF-16 has them earlier.
        foreach (var name in new[] { "Z", "a.b", "a-b", "ab", "ä", "\uFF5E", "😀", "with space", ".hidden" })
            scratch.Write($"tree/{name}", name);
        scratch.Write("tree/large", new string('x', 600_000));
        File.CreateSymbolicLink(Path.Combine(tree, "dangling"), "/no/where");
        File.CreateSymbolicLink(Path.Combine(tree, "to-folder"), "sub");
        Assert.Equal(Peer.Run("nix-store", ["--dump", tree]), Archive(tree));
    }

    [Fact]
    public void What_is_unpacked_is_archived_to_the_same_bytes_with_the_modes_and_times_of_a_store()
    {
        var archive = Archive(SampleTree.In(scratch));
        var digest = NarUnpacker.Unpack(new MemoryStream(archive), scratch["out"], archive.Length);
        Assert.Equal(archive, Archive(scratch["out"]));
        Assert.Equal(NarWriter.Write(scratch["out"]), digest);
        Assert.Equal("555", Mode("out"));
        Assert.Equal("555", Mode("out/run.sh"));
        Assert.Equal("444", Mode("out/a"));
        foreach (var path in new[] { "out", "out/a", "out/sub", "out/link" })
            Assert.Equal(1, new DateTimeOffset(File.GetLastWriteTimeUtc(scratch[path])).ToUnixTimeSeconds());
    }

    [Fact]
    public void Nix_restores_what_we_archive_and_we_unpack_what_nix_dumps()
    {
        if (!Peer.Has("nix-store"))
            return;
        var tree = SampleTree.In(scratch);
        Peer.Run("nix-store", ["--restore", scratch["restored"]], Archive(tree));
        Assert.Equal(NarWriter.Write(tree), NarWriter.Write(scratch["restored"]));
        var dump = Peer.Run("nix-store", ["--dump", tree]);
        Assert.Equal(NarWriter.Write(tree), NarUnpacker.Unpack(new MemoryStream(dump), scratch["unpacked"], dump.Length));
    }

    [Fact]
    public void Only_what_counts_changes_the_hash()
    {
        var before = NarWriter.Write(SampleTree.In(scratch));
        File.SetLastWriteTimeUtc(scratch["tree/a"], DateTime.UnixEpoch);
        File.SetUnixFileMode(scratch["tree/a"], UnixFileMode.UserRead);
        Assert.Equal(before, NarWriter.Write(scratch["tree"]));
        File.SetUnixFileMode(scratch["tree/a"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.NotEqual(before, NarWriter.Write(scratch["tree"]));
    }

    [Fact]
    public void A_pipe_or_device_in_a_tree_is_refused_at_once()
    {
        SampleTree.In(scratch);
        Peer.Run("mkfifo", [scratch["tree/pipe"]]);
        var error = Assert.Throws<UserError>(() => NarWriter.Write(scratch["tree"]));
        Assert.Contains("tree/pipe is neither file", error.Message);
        Assert.Throws<UserError>(() => NarWriter.Write("/dev/null"));
    }

    [Fact]
    public void Unpacking_goes_nowhere_where_something_is()
    {
        var archive = Archive(SampleTree.In(scratch));
        Directory.CreateDirectory(scratch["elsewhere"]);
        File.CreateSymbolicLink(scratch["link"], scratch["elsewhere"]);
        File.CreateSymbolicLink(scratch["dangling"], scratch["nothing"]);
        foreach (var path in new[] { "elsewhere", "link", "dangling" })
            Assert.Throws<IOException>(() => NarUnpacker.Unpack(new MemoryStream(archive), scratch[path], 10_000));
        var file = Archive(scratch["tree/a"]);
        Assert.Throws<IOException>(() => NarUnpacker.Unpack(new MemoryStream(file), scratch["dangling"], 10_000));
        Assert.Empty(Directory.GetFileSystemEntries(scratch["elsewhere"]));
        Assert.False(Path.Exists(scratch["nothing"]));
    }

    [Fact]
    public void References_are_found_wherever_the_pieces_end()
    {
        var paths = Enumerable.Range(0, 3).Select(n => StorePaths.OfText($"p{n}", [(byte)n], [])).ToArray();
        var text = Encoding.UTF8.GetBytes($"{new string('0', 70)}{paths[0].HashPart} {paths[1].HashPart[..31]} x{paths[2]}/bin/x");
        for (var size = 1; size < text.Length; size++)
        {
            var scanner = new ReferenceScanner(paths);
            foreach (var piece in text.Chunk(size))
                scanner.Observe(piece);
            Assert.Equal(new[] { paths[0], paths[2] }.Order(), scanner.Found);
        }
    }

    internal static byte[] Archive(string path)
    {
        var stream = new MemoryStream();
        NarWriter.Write(path, stream);
        return stream.ToArray();
    }

    private string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(scratch[path]), 8);
}

/// <summary>The tree whose golden values were made with nix 2.26.3.</summary>
internal static class SampleTree
{
    internal static string In(Scratch scratch)
    {
        scratch.Write("tree/a", "a\n");
        scratch.Write("tree/empty", "");
        Directory.CreateDirectory(scratch["tree/emptydir"]);
        File.CreateSymbolicLink(scratch["tree/link"], "a");
        File.SetUnixFileMode(scratch.Write("tree/run.sh", "#!/bin/sh\necho hi\n"), (UnixFileMode)0b111_101_101);
        scratch.Write("tree/sub/pad4", "xyzw");
        scratch.Write("tree/sub/pad8", "12345678");
        return scratch["tree"];
    }
}
