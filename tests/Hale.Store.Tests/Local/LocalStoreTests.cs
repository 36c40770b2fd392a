using System.Diagnostics;
using Hale.Store.Local;
using Hale.Store.Nar;
using Hale.Store.Paths;
using Hale.Store.Tests.Nar;

namespace Hale.Store.Tests.Local;

public sealed class LocalStoreTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly LocalStore store;

    public LocalStoreTests() => store = LocalStore.Open(scratch["cache"]);

    public void Dispose()
    {
        store.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void A_text_a_built_file_and_a_copied_file_of_one_content_are_one_path()
    {
        var text = store.AddText("hello.txt", "hello world\n");
        Assert.Equal("/nix/store/z45ailnkm27lnvhimqkhy08f6sh5m17d-hello.txt", text.Path.ToString());
        Assert.Equal(text.Path, store.Add("hello.txt", path => File.WriteAllText(path, "hello world\n")).Path);
        Assert.Equal(text.Path, store.AddPath("hello.txt", scratch.Write("hello", "hello world\n")).Path);
        Assert.Equal("hello world\n", File.ReadAllText(store.Real(text.Path)));
        Assert.Single(Directory.GetFileSystemEntries(scratch["cache/store"]));
    }

    [Fact]
    public void A_tree_from_memory_and_the_same_on_disk_are_one_path()
    {
        var memory = store.AddTree("tree", new Dictionary<string, TreeEntry>
        {
            ["sub/pad8"] = TreeEntry.Text("12345678"),
            ["sub/pad4"] = TreeEntry.Text("xyzw"),
            ["run.sh"] = TreeEntry.Text("#!/bin/sh\necho hi\n", executable: true),
            ["link"] = TreeEntry.Link("a"),
            ["emptydir"] = TreeEntry.Folder,
            ["empty"] = TreeEntry.Text(""),
            ["a"] = TreeEntry.File("a\n"u8.ToArray()),
        });
        Assert.Equal("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-tree", memory.Path.ToString());
        Assert.True(store.Verify(memory.Path));
        store.Remove(memory.Path);
        Assert.Null(store.Find(memory.Path));
        Assert.Equal(memory.Path, store.AddPath("tree", SampleTree.In(scratch)).Path);
        Assert.True(store.Verify(memory.Path));
        Assert.Equal((UnixFileMode)0b101_101_101, File.GetUnixFileMode(store.Real(memory.Path)));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a//b")]
    [InlineData("")]
    [InlineData("file/below")]
    public void A_path_that_is_not_of_the_tree_is_refused(string path) =>
        Assert.Throws<ArgumentException>(() => store.AddTree("t", [new("file", TreeEntry.Text("")), new(path, TreeEntry.Text(""))]));

    [Fact]
    public void What_one_process_adds_the_next_one_finds()
    {
        var needed = store.AddText("needed", "x");
        var added = store.AddText("added", $"see {needed.Path}", references: [needed.Path]);
        using var next = LocalStore.Open(scratch["cache"]);
        Assert.Equal([needed.Path], next.Find(added.Path)!.References);
        Assert.Equal([needed.Path, added.Path], next.Closure([added.Path]).Select(info => info.Path));
    }

    [Fact]
    public void References_are_found_in_what_is_built()
    {
        var (used, unused) = (store.AddText("used", "1"), store.AddText("unused", "2"));
        var built = store.Add("built", path => File.WriteAllText(path, $"#!{used.Path}/bin/sh"), candidates: [used.Path, unused.Path]);
        Assert.Equal([used.Path], built.References);
    }

    [Fact]
    public void A_failed_build_leaves_nothing()
    {
        Assert.Throws<InvalidOperationException>(() => store.Add("x", path =>
        {
            Directory.CreateDirectory(Path.Combine(path, "deep"));
            throw new InvalidOperationException("no");
        }));
        Assert.Throws<InvalidOperationException>(() => store.Add("x", _ => { }));
        Assert.Empty(Directory.GetFileSystemEntries(scratch["cache/store"], "*", new EnumerationOptions { AttributesToSkip = 0 }));
    }

    [Fact]
    public void Many_at_once_add_the_same_once()
    {
        Parallel.For(0, 40, number =>
        {
            using var other = LocalStore.Open(scratch["cache"]);
            for (var k = 0; k < 5; k++)
                other.Add($"same-{k}", path =>
                {
                    Directory.CreateDirectory(path);
                    for (var file = 0; file < 10; file++)
                        File.WriteAllText($"{path}/{file}", $"{k}");
                });
        });
        Assert.Equal(5, Directory.GetFileSystemEntries(scratch["cache/store"], "*", new EnumerationOptions { AttributesToSkip = 0 }).Length);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["cache/locks"]));
    }

    [Fact]
    public void What_a_killed_process_left_is_swept_and_what_a_living_one_makes_is_not()
    {
        using var living = LocalStore.Open(scratch["cache"]);
        living.Add("outer", path =>
        {
            File.WriteAllText(path, "mine");
            // A process that was killed leaves its mark, unlocked, and whatever it was making.
            File.WriteAllText(scratch["cache/locks/dead"], "");
            Directory.CreateDirectory(scratch["cache/store/.tmp-dead-1/x"]);
            Directory.CreateDirectory(scratch[$"cache/store/.tmp-{new string('0', 32)}-1/x"]); // Its locked file went before it did.
            File.WriteAllText(scratch["cache/nar/.tmp-dead-2"], "");
            store.AddText("sweeper", "x");
            Assert.True(File.Exists(path));
        });
        Assert.False(Path.Exists(scratch["cache/store/.tmp-dead-1"]));
        Assert.False(Path.Exists(scratch[$"cache/store/.tmp-{new string('0', 32)}-1"]));
        Assert.False(Path.Exists(scratch["cache/nar/.tmp-dead-2"]));
        Assert.False(Path.Exists(scratch["cache/locks/dead"]));
    }

    [Fact]
    public void A_lost_or_damaged_info_is_made_anew()
    {
        var info = store.AddText("x", "x");
        var file = scratch[$"cache/info/{info.Path.BaseName}.json"];
        foreach (var damage in new[] { "", "{", "null", File.ReadAllText(file).Replace("\"narSize\":", "\"narSize\":1", StringComparison.Ordinal)[..^3] })
        {
            File.WriteAllText(file, damage);
            using var next = LocalStore.Open(scratch["cache"]);
            Assert.Null(next.Find(info.Path));
            Assert.Equal(info.Path, next.AddText("x", "x").Path);
            Assert.NotNull(LocalStore.Open(scratch["cache"]).Find(info.Path));
        }
    }

    [Fact]
    public void A_damaged_content_is_found_before_it_is_sent()
    {
        var info = store.AddText("x", "good");
        Assert.True(store.Verify(info.Path));
        File.SetUnixFileMode(store.Real(info.Path), (UnixFileMode)0b110_000_000);
        File.WriteAllText(store.Real(info.Path), "evil");
        Assert.False(store.Verify(info.Path));
        Assert.Contains("damaged", Assert.Throws<UserError>(() => store.CompressedNar(info)).Message);
        store.Remove(info.Path);
        Assert.True(store.Verify(store.AddText("x", "good").Path));
    }

    [Fact]
    public void A_packed_archive_is_made_once_and_holds_the_archive()
    {
        var info = store.AddPath("tree", SampleTree.In(scratch));
        var packed = store.CompressedNar(info);
        using (var stream = Hale.Store.Compression.Decompressor.Open(packed.OpenRead(), Hale.Store.Compression.CompressionFormat.Zstd, 10_000))
            Assert.Equal(info.NarHash, NarReader.Read(stream, null, 10_000).Hash);
        var made = packed.LastWriteTimeUtc;
        Assert.Equal(made, store.CompressedNar(info).LastWriteTimeUtc);
    }

    [Fact]
    public void What_was_made_is_remembered_as_long_as_all_of_it_is_there()
    {
        var needed = store.AddText("needed", "x");
        var made = store.AddText("made", "y", references: [needed.Path]);
        Assert.Null(store.Realised("caddy 2.6"));
        store.Remember("caddy 2.6", made.Path);
        Assert.Equal(made.Path, store.Realised("caddy 2.6")!.Path);
        Assert.Null(store.Realised("caddy 2.7"));
        store.Remove(needed.Path);
        Assert.Null(store.Realised("caddy 2.6"));
        Assert.Contains("needed", Assert.Throws<UserError>(() => store.Closure([made.Path])).Message);
    }

    [Fact]
    public void A_full_disk_is_a_clear_error_and_a_second_try_works()
    {
        if (!Peer.IsRoot())
            return;
        Directory.CreateDirectory(scratch["small"]);
        Peer.Run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", scratch["small"]]);
        try
        {
            using var small = LocalStore.Open(scratch["small"]);
            var big = new byte[1_000_000];
            var error = Assert.Throws<UserError>(() => small.AddText("big", big));
            Assert.Contains($"The disk that holds the cache {scratch["small"]} is full", error.Message);
            Assert.Throws<UserError>(() => small.Add("big", path => File.WriteAllBytes(path, big)));
            Assert.Throws<UserError>(() => small.AddPath("big", "/bin/bash"));
            Assert.True(small.Verify(small.AddText("little", "x").Path));
        }
        finally
        {
            Peer.Run("umount", [scratch["small"]]);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_clear_error() =>
        Assert.Contains("/proc/hale", Assert.Throws<UserError>(() => LocalStore.Open("/proc/hale")).Message);

    [Fact]
    public void Adding_a_text_that_is_there_takes_no_time()
    {
        var texts = Enumerable.Range(0, 200).Select(number => $"[Unit]\nDescription={number}\n{new string('x', 2_000)}").ToArray();
        foreach (var text in texts)
            store.AddText("x.service", text);
        var watch = Stopwatch.StartNew();
        foreach (var text in texts)
            store.AddText("x.service", text);
        // The aim is 0.2 ms; the bound leaves room for a busy computer.
        Assert.InRange(watch.Elapsed.TotalMilliseconds / texts.Length, 0, 2);
    }
}
