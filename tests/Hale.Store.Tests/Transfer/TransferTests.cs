using System.Text;
using Hale.Store.Compression;
using Hale.Store.Local;
using Hale.Store.Nar;
using Hale.Store.Paths;
using Hale.Store.Tests.Nar;
using Hale.Store.Transfer;

namespace Hale.Store.Tests.Transfer;

public sealed class TransferTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly LocalStore local;
    private readonly MachineStore machine;

    public TransferTests()
    {
        local = LocalStore.Open(scratch["cache"]);
        machine = new MachineStore(scratch["nix/store"], scratch["info"]);
    }

    public void Dispose()
    {
        local.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void A_closure_arrives_whole_and_the_second_time_nothing_is_missing()
    {
        var closure = Sample();
        Assert.Equal(closure.Select(info => info.Path), machine.Missing(closure.Select(info => info.Path)));
        var told = new List<TransferProgress>();
        var received = machine.Receive(new MemoryStream(Sent(closure, told)));
        Assert.Equal(closure.Select(info => info.Path), received.Select(info => info.Path));
        Assert.Empty(machine.Missing(closure.Select(info => info.Path)));
        Assert.All(closure, info => Assert.True(machine.Verify(info.Path)));
        Assert.Equal(closure[^1].References, machine.Find(closure[^1].Path)!.References);
        Assert.Equal("555", Convert.ToString((int)File.GetUnixFileMode(machine.Real(closure[^1].Path)), 8));
        Assert.Equal((closure.Count, told[^1].ByteCount), (told[^1].Paths, told[^1].Bytes));
        Assert.Empty(machine.Receive(new MemoryStream(Sent(closure))));
        Assert.Empty(machine.Receive(new MemoryStream(Sent([]))));
    }

    [Fact]
    public void A_content_that_changed_on_the_machine_is_found()
    {
        var closure = Sample();
        machine.Receive(new MemoryStream(Sent(closure)));
        File.SetUnixFileMode(machine.Real(closure[0].Path), (UnixFileMode)0b110_000_000);
        File.WriteAllText(machine.Real(closure[0].Path), "evil");
        Assert.False(machine.Verify(closure[0].Path));
        Assert.True(machine.Verify(closure[^1].Path));
    }

    [Fact]
    public void A_transfer_cut_anywhere_is_refused_and_what_came_whole_is_kept()
    {
        var closure = Sample();
        var sent = Sent(closure);
        for (var length = 0; length < sent.Length; length += 7)
        {
            Assert.Throws<UserError>(() => machine.Receive(new MemoryStream(sent[..length])));
            Assert.All(Directory.GetFileSystemEntries(scratch["nix/store"]), path => Assert.DoesNotContain(".hale-tmp", path));
            foreach (var info in closure.Where(info => machine.Find(info.Path) is not null))
                Assert.True(machine.Verify(info.Path));
        }

        machine.Receive(new MemoryStream(sent));
        Assert.Empty(machine.Missing(closure.Select(info => info.Path)));
    }

    [Fact]
    public void Hostile_transfers_are_refused_with_their_reason()
    {
        var good = local.AddText("x", "x");
        var archive = NarTests.Archive(local.Real(good.Path));
        var other = NarTests.Archive(scratch.Write("other", "y"));
        Refused("instead of", Header(good), other);
        Refused("not the path that its hash", Header(good with { NarHash = Sha256Hash.Of(other) }), other);
        Refused("not the path that its hash", Header(good with { References = [local.AddText("y", "y").Path] }), archive);
        Refused("neither here nor came", Header(PathInfo.OfTree("x", good.NarHash, good.NarSize, [local.AddText("z", "z").Path])), archive);
        Refused("refused", Header(good with { NarSize = good.NarSize + 8 }), archive);
        Refused("refused", Header(good with { NarSize = good.NarSize - 8 }), archive);
        Refused("0 bytes", Header(good with { NarSize = 0 }), archive);
        Refused("allowed", Header(good with { NarSize = 1L << 40 }), archive);
        Refused("malformed", Length("{}"u8.Length), "{}"u8.ToArray());
        Refused("malformed", Length("null!"u8.Length), "null!"u8.ToArray());
        Refused("malformed", Length("null"u8.Length), "null"u8.ToArray());
        Refused("allowed", Length(1 << 30));
        Refused("allowed", Length(-1));
        Refused("follow its end", Length(0), [1]);
        var traversal = Header(good);
        Refused("malformed", Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(traversal).Replace("/nix/store/", "/nix/../etc", StringComparison.Ordinal)));
        var error = Assert.Throws<UserError>(() => machine.Receive(new MemoryStream("rubbish"u8.ToArray())));
        Assert.Contains("zstd", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["nix/store"]));
    }

    [Fact]
    public void Something_without_an_info_was_not_verified_and_is_replaced()
    {
        var closure = Sample();
        Directory.CreateDirectory(scratch["nix/store"]);
        Directory.CreateDirectory(scratch["nix/store/.hale-tmp-old/x"]);
        File.WriteAllText(machine.Real(closure[0].Path), "half");
        machine.Receive(new MemoryStream(Sent(closure)));
        Assert.True(machine.Verify(closure[0].Path));
        Assert.False(Directory.Exists(scratch["nix/store/.hale-tmp-old"]));
    }

    [Fact]
    public void Two_transfers_at_once_are_told_apart()
    {
        var sent = Sent(Sample());
        machine.Receive(new Hooked(sent, () =>
            Assert.Contains("Another transfer", Assert.Throws<UserError>(() => machine.Receive(new MemoryStream(sent))).Message)));
        Assert.Empty(machine.Receive(new MemoryStream(sent)));
    }

    [Fact]
    public void A_full_disk_on_the_machine_is_a_clear_error_and_a_second_try_works()
    {
        if (!Peer.IsRoot())
            return;
        Directory.CreateDirectory(scratch["small"]);
        Peer.Run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", scratch["small"]]);
        try
        {
            var small = new MachineStore(scratch["small/store"], scratch["small/info"]);
            var random = new byte[1_000_000];
            new Random(1).NextBytes(random);
            var (little, big) = (local.AddText("little", "x"), local.AddText("big", random));
            var error = Assert.Throws<UserError>(() => small.Receive(new MemoryStream(Sent([little, big]))));
            Assert.Contains("is full", error.Message);
            Assert.True(small.Verify(little.Path));
            Assert.Null(small.Find(big.Path));
            Peer.Run("mount", ["-o", "remount,size=4m", scratch["small"]]);
            Assert.Equal([big.Path], small.Receive(new MemoryStream(Sent([little, big]))).Select(info => info.Path));
        }
        finally
        {
            Peer.Run("umount", [scratch["small"]]);
        }
    }

    private IReadOnlyList<PathInfo> Sample()
    {
        var leaf = local.AddText("leaf", "hello\n");
        using var source = new Scratch();
        var tree = local.AddPath("tree", SampleTree.In(source));
        var root = local.AddTree(
            "root", [new("leaf", TreeEntry.Link(leaf.Path.ToString())), new("tree", TreeEntry.Link(tree.Path.ToString()))], [leaf.Path, tree.Path]);
        return local.Closure([root.Path]);
    }

    private byte[] Sent(IReadOnlyList<PathInfo> paths, List<TransferProgress>? told = null)
    {
        var stream = new MemoryStream();
        TransferWriter.Write(local, paths, stream, told is null ? null : told.Add);
        return stream.ToArray();
    }

    private void Refused(string reason, params byte[][] parts)
    {
        var stream = new MemoryStream();
        using (var frame = new ZstdCompressionStream(stream, leaveOpen: true))
            foreach (var part in parts)
                frame.Write(part);
        Assert.Contains(reason, Assert.Throws<UserError>(() => machine.Receive(new MemoryStream(stream.ToArray()))).Message);
    }

    private static byte[] Length(long value) => BitConverter.GetBytes(value);

    private static byte[] Header(PathInfo info)
    {
        var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(info, StoreJson.Default.PathInfo);
        return [.. Length(json.Length), .. json];
    }

    /// <summary>Runs something while it is read.</summary>
    private sealed class Hooked(byte[] bytes, Action hook) : MemoryStream(bytes)
    {
        private bool done;

        public override int Read(byte[] buffer, int offset, int count)
        {
            Once();
            return base.Read(buffer, offset, count);
        }

        public override int Read(Span<byte> buffer)
        {
            Once();
            return base.Read(buffer);
        }

        private void Once()
        {
            if (!done)
            {
                done = true;
                hook();
            }
        }
    }
}
