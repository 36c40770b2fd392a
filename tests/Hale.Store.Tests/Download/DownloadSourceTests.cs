using System.Security.Cryptography;
using Hale.Store.Download;
using Hale.Store.Local;
using Hale.Store.Paths;
using Hale.Store.Tests.Debian;

namespace Hale.Store.Tests.Download;

/// <summary>Downloads through the front door, from a server on loopback that misbehaves where told.</summary>
public sealed class DownloadSourceTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly TestServer server = new();
    private readonly LocalStore store;
    private readonly DownloadSource source;

    public DownloadSourceTests()
    {
        store = LocalStore.Open(scratch["cache"]);
        source = new DownloadSource(store) { Pause = TimeSpan.FromMilliseconds(1) };
    }

    public void Dispose()
    {
        source.Dispose();
        store.Dispose();
        server.Dispose();
        scratch.Dispose();
    }

    private static byte[] Archive { get; } = Archives.Gzip(new TestTar().Folder("app-1.0").File("app-1.0/run", "#!/bin/sh\n", 0b111_101_101)
        .File("app-1.0/share/page", new string('p', 5000)).Link("app-1.0/start", "run").Bytes());

    private WantedDownload Wanted(string path, byte[] content, long? size = null) => new()
    {
        Name = "app",
        Version = "1.0",
        Url = server.Address + path,
        Sha256 = Archives.Sha256(content),
        Size = size,
        StripComponents = 1,
        Architecture = "amd64",
    };

    private string Real(PathInfo path) => store.Real(path.Path);

    [Fact]
    public async Task A_download_is_pinned_and_unpacked_without_its_leading_folder_and_needs_no_server_again()
    {
        server.Files["app.tar.gz"] = Archive;
        var locked = await source.LockAsync(new DownloadRequest { Url = server.Address + "app.tar.gz" });
        Assert.Equal(("app.tar.gz", Archives.Sha256(Archive), Archive.LongLength), (locked.Version, locked.Sha256, locked.Size));
        // It lies in the cache since then.
        server.Files.Clear();
        var made = await source.RealiseAsync(Wanted("app.tar.gz", Archive, locked.Size));
        Assert.Equal("app-1.0", made.Path.Name);
        Assert.Equal("exec run 10\ndir  share\nfile share/page 5000\nlink start -> run\n", TestDeb.List(Real(made)));
        Assert.Equal(made.Path, (await source.RealiseAsync(Wanted("app.tar.gz", Archive))).Path);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Every_packing_of_the_same_files_gives_the_same_path()
    {
        var tar = new TestTar().Folder("app").File("app/run", "x", 0b111_101_101).Bytes();
        server.Files["a.tar"] = tar;
        server.Files["a.tgz"] = Archives.Gzip(tar);
        server.Files["a.zip"] = Archives.Zip(("app/run", "x", 0x81ED));
        if (Peer.Has("xz") && Peer.Has("zstd"))
        {
            server.Files["a.tar.xz"] = Peer.Run("xz", ["-c"], tar);
            server.Files["a.tar.zst"] = Peer.Run("zstd", ["-c", "-q"], tar);
        }

        var paths = new List<StorePath>();
        foreach (var (name, content) in server.Files)
            paths.Add((await source.RealiseAsync(Wanted(name, content))).Path);
        Assert.Single(paths.Distinct());
    }

    [Fact]
    public async Task Archives_of_other_peoples_programs_are_read()
    {
        scratch.Write("tree/app/" + string.Concat(Enumerable.Repeat("a-long-folder/", 12)) + "file", "deep");
        scratch.Write("tree/app/ümläut", "name");
        File.CreateSymbolicLink(scratch["tree/app/link"], "ümläut");
        string[] lists = [];
        foreach (var (program, arguments) in new (string, string[])[]
        {
            ("tar", ["--format=pax", "-cf", scratch["a.tar"], "-C", scratch["tree"], "app"]),
            ("tar", ["--format=gnu", "-cf", scratch["a.tar"], "-C", scratch["tree"], "app"]),
            ("tar", ["--format=ustar", "-cf", scratch["a.tar"], "-C", scratch["tree"], "app"]),
        })
        {
            Peer.Run(program, arguments);
            server.Files["a"] = File.ReadAllBytes(scratch["a.tar"]);
            lists = [.. lists, TestDeb.List(Real(await source.RealiseAsync(Wanted("a", server.Files["a"]))))];
        }

        Assert.Single(lists.Distinct());
        Assert.Contains("link link -> ümläut", lists[0], StringComparison.Ordinal);
        Assert.Contains("a-long-folder/file 4", lists[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_program_stands_in_bin_decompressed_and_a_plain_file_as_it_is()
    {
        var program = Archives.Program(62);
        server.Files["app.gz"] = Archives.Gzip(program);
        var made = await source.RealiseAsync(Wanted("app.gz", server.Files["app.gz"]) with { Form = FileForm.Executable });
        Assert.Equal($"dir  bin\nexec bin/app {program.Length}\n", TestDeb.List(Real(made)));
        Assert.Equal(program, File.ReadAllBytes(Path.Combine(Real(made), "bin", "app")));

        var file = await source.RealiseAsync(Wanted("app.gz", server.Files["app.gz"]) with { Form = FileForm.File });
        Assert.Equal(server.Files["app.gz"], File.ReadAllBytes(Real(file)));
    }

    [Fact]
    public async Task A_program_for_another_processor_is_refused()
    {
        server.Files["app"] = Archives.Program(183);
        var wanted = Wanted("app", server.Files["app"]) with { Form = FileForm.Executable };
        await Refused(wanted, "its programs are for arm64, and amd64 is needed");
        Assert.NotNull(await source.RealiseAsync(wanted with { Architecture = "arm64" }));
    }

    [Fact]
    public async Task Another_content_is_refused_with_both_hashes()
    {
        server.Files["app.tar.gz"] = Archives.Gzip(new TestTar().File("app-1.0/evil").Bytes());
        var (expected, found) = (Archives.Sha256(Archive), Archives.Sha256(server.Files["app.tar.gz"]));
        var declared = await Refused(Wanted("app.tar.gz", Archive), $"SHA-256 {found} instead of SHA-256 {expected}");
        Assert.Contains("declared SHA-256", declared.Hint, StringComparison.Ordinal);
        var locked = await Refused(Wanted("app.tar.gz", Archive, server.Files["app.tar.gz"].Length), $"SHA-256 {found} instead of ");
        Assert.Contains("hale update app", locked.Hint, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(store.Downloads, "sha256")));
    }

    [Fact]
    public async Task A_file_that_does_not_end_is_cut_off_where_the_pin_says()
    {
        server.Files["app.tar.gz"] = [.. Archive, .. new byte[1 << 20]];
        await Refused(Wanted("app.tar.gz", Archive, Archive.Length), $"longer than {Archive.Length} bytes");
    }

    [Fact]
    public async Task A_dropped_connection_is_taken_up_where_it_broke()
    {
        server.Files["app.tar.gz"] = Archive;
        server.Drop("app.tar.gz", 100, 50);
        Assert.NotNull(await source.RealiseAsync(Wanted("app.tar.gz", Archive)));
        Assert.Equal([null, 100, 150], server.Requests.Select(static request => request.From));
    }

    [Fact]
    public async Task A_file_that_is_gone_and_a_server_that_is_away_say_what_to_do()
    {
        Assert.Contains("withdraw", (await Refused(Wanted("gone", Archive), "does not exist")).Hint, StringComparison.Ordinal);
        server.Statuses["busy"] = 503;
        Assert.Contains("https_proxy", (await Refused(Wanted("busy", Archive), "cannot be fetched (3 tries)")).Hint, StringComparison.Ordinal);
        await Refused(Wanted("", Archive) with { Url = "http://127.0.0.1:9/app" }, "cannot be fetched");
        // By hand, as the hint says.
        File.WriteAllBytes(Path.Combine(store.Downloads, "sha256", Archives.Sha256(Archive)), Archive);
        Assert.NotNull(await source.RealiseAsync(Wanted("gone", Archive)));
    }

    [Fact]
    public async Task A_damaged_file_in_the_cache_is_fetched_anew()
    {
        server.Files["app.tar.gz"] = Archive;
        var made = await source.RealiseAsync(Wanted("app.tar.gz", Archive));
        store.Remove(made.Path);
        File.WriteAllText(Path.Combine(store.Downloads, "sha256", Archives.Sha256(Archive)), "damaged");
        Assert.Equal(made.Path, (await source.RealiseAsync(Wanted("app.tar.gz", Archive))).Path);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_web_page_in_place_of_a_file_is_refused()
    {
        server.Files["page"] = "<!DOCTYPE html><title>Sign in</title>"u8.ToArray();
        await Refused(Wanted("page", server.Files["page"]), "it is a web page");
        await Refused(Wanted("page", server.Files["page"]) with { Form = FileForm.Executable }, "it is a web page");
    }

    private async Task<UserError> Refused(WantedDownload wanted, string reason)
    {
        var error = await Assert.ThrowsAsync<UserError>(() => source.RealiseAsync(wanted));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
        return error;
    }
}
