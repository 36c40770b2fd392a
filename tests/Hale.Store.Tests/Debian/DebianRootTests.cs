using System.IO.Compression;
using System.Text;
using Hale.Store.Compression;

namespace Hale.Store.Tests.Debian;

public class DebianRootTests
{
    private static TestTar Program() => new TestTar()
        .Folder("./").Folder("./bin").Folder("./lib64").File("./lib64/ld.so", "loader", 0b111_101_101).File("./bin/run", "#!", 0b100_111_101_101)
        .HardLink("./usr/bin/run2", "./bin/run").Link("./usr/lib/there", "/usr/share/there").File("./etc/run.conf", "own")
        .File("./usr/share/ca-certificates/b.crt", "B").File("./usr/share/ca-certificates/a/a.crt", "A\n\n")
        .Folder("./usr/share/doc/run").File("./usr/share/doc/run/README", "text").File("./usr/share/doc/run/copyright", "(c)")
        .Link("./usr/share/doc/run-dev", "run").File("./usr/share/man/man1/run.1.gz").File("./usr/share/locale/de/LC_MESSAGES/run.mo")
        .File("./usr/share/locale/locale.alias").File("./usr/share/lintian/overrides/run").Folder("./usr/share/empty");

    [Fact]
    public void A_root_has_its_packages_files_and_what_a_system_makes_besides()
    {
        using var scratch = new Scratch();
        var root = TestDeb.Assemble(scratch, complete: false, ("run", TestDeb.Of(Program())));
        Golden.Equal("root.txt", TestDeb.List(root));
        Assert.Equal("A\nB\n", File.ReadAllText(Path.Combine(root, "etc/ssl/certs/ca-certificates.crt")));
        Assert.Contains("VERSION_CODENAME=trixie", File.ReadAllText(Path.Combine(root, "etc/os-release")));
        Assert.Equal((UnixFileMode)0b101_101_101, File.GetUnixFileMode(Path.Combine(root, "usr/bin/run")));
    }

    [Fact]
    public void A_complete_root_keeps_documentation_and_translations()
    {
        using var scratch = new Scratch();
        var list = TestDeb.List(TestDeb.Assemble(scratch, complete: true, ("run", TestDeb.Of(Program()))));
        foreach (var kept in (string[])["usr/share/doc/run/README", "man/man1/run.1.gz", "de/LC_MESSAGES/run.mo", "lintian/overrides/run"])
            Assert.Contains(kept, list);
    }

    [Fact]
    public void The_users_are_those_that_base_passwd_masters()
    {
        using var scratch = new Scratch();
        var masters = new TestTar().File("./usr/share/base-passwd/passwd.master", "root:*:0:0::/root:/bin/bash\n").File("./usr/share/base-passwd/group.master", "root:*:0:\n");
        var root = TestDeb.Assemble(scratch, complete: false, ("base-passwd", TestDeb.Of(masters)));
        Assert.Equal("root:*:0:0::/root:/bin/bash\n", File.ReadAllText(Path.Combine(root, "etc/passwd")));
        Assert.Equal("root:*:0:\n", File.ReadAllText(Path.Combine(root, "etc/group")));
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    [InlineData(".xz")]
    [InlineData("")]
    public void Each_compression_of_a_package_is_read(string suffix)
    {
        if (suffix == ".xz" && !Peer.Has("xz")) return;
        using var scratch = new Scratch();
        var tar = new TestTar().File("./etc/a", new string('a', 100_000)).Bytes();
        var deb = TestDeb.Ar(("debian-binary", "2.0\n"u8.ToArray()), ("data.tar" + suffix, Compress(tar, suffix)));
        Assert.Equal(100_000, File.ReadAllBytes(Path.Combine(TestDeb.Assemble(scratch, false, ("a", deb)), "etc/a")).Length);
    }

    [Fact]
    public void A_file_that_packages_share_is_one_and_a_disputed_one_is_refused()
    {
        using var scratch = new Scratch();
        var one = ("one", TestDeb.Of(new TestTar().File("./etc/a", "same").Link("./etc/l", "a")));
        var two = ("two", TestDeb.Of(new TestTar().File("./etc/a", "same").Link("./etc/l", "a")));
        Assert.Equal("same", File.ReadAllText(Path.Combine(TestDeb.Assemble(scratch, false, one, two), "etc/a")));

        var other = ("other", TestDeb.Of(new TestTar().File("./etc/a", "else").Link("./etc/l", "b")));
        var error = Assert.Throws<UserError>(() => TestDeb.Assemble(scratch, false, one, other));
        Assert.Contains("one (a file) and other (a file) both have etc/a", error.Message);
        Assert.Contains("one (a link to a) and other (a link to b) both have etc/l", error.Message);

        var executable = ("executable", TestDeb.Of(new TestTar().File("./etc/a", "same", 0b111_101_101).Link("./etc/l", "a")));
        Assert.Throws<UserError>(() => TestDeb.Assemble(scratch, false, one, executable));
    }

    [Theory]
    [InlineData("Replaces: old (<< 2)", true)]
    [InlineData("Replaces: old (<< 1)", false)]
    [InlineData("Replaces: another", false)]
    public void A_package_that_replaces_another_wins_their_file_whoever_comes_first(string control, bool wins)
    {
        using var scratch = new Scratch();
        // The larger one is unpacked first.
        foreach (var (oldSize, newSize) in ((int, int)[])[(1, 100_000), (100_000, 1)])
        {
            var old = ("old", TestDeb.Of(new TestTar().File("./etc/a", "old").File("./etc/pad1", new string('x', oldSize))));
            var @new = ("new", TestDeb.Of(new TestTar().File("./etc/a", "new").File("./etc/pad2", new string('x', newSize)), $"Package: new\n{control}"));
            if (wins)
                Assert.Equal("new", File.ReadAllText(Path.Combine(TestDeb.Assemble(scratch, false, old, @new), "etc/a")));
            else
                Assert.Throws<UserError>(() => TestDeb.Assemble(scratch, false, old, @new));
        }
    }

    [Fact]
    public void A_folder_of_one_package_that_is_a_link_in_another_is_refused()
    {
        using var scratch = new Scratch();
        var folder = ("folder", TestDeb.Of(new TestTar().File("./etc/a/file")));
        var link = ("link", TestDeb.Of(new TestTar().Link("./etc/a", "/tmp")));
        Assert.Contains("folder (a folder) and link (a link to /tmp) both have etc/a", Assert.Throws<UserError>(() => TestDeb.Assemble(scratch, false, folder, link)).Message);
    }

    private static byte[] Compress(byte[] tar, string suffix)
    {
        if (suffix == ".xz") return Peer.Run("xz", ["-c"], tar);
        var output = new MemoryStream();
        using (Stream stream = suffix switch
        {
            ".gz" => new GZipStream(output, CompressionLevel.Fastest),
            ".zst" => new ZstdCompressionStream(output),
            _ => new BufferedStream(output),
        })
            stream.Write(tar);
        return output.ToArray();
    }
}
