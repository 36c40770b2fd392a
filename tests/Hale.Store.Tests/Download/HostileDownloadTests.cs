using System.Text;
using Hale.Store.Tests.Debian;
using Hale.Store.Unpack;

namespace Hale.Store.Tests.Download;

/// <summary>Archives of strangers: each of these is refused, by its reason, and leaves nothing outside its folder.</summary>
public sealed class HostileDownloadTests
{
    private const int Link = 0xA1FF;
    private const int Plain = 0x81A4;

    private static readonly Dictionary<string, (Func<byte[]> Archive, string Reason)> Vectors = new()
    {
        ["a path that climbs"] = (() => new TestTar().File("../escaped").Bytes(), "climbs"),
        ["a path that climbs in the middle"] = (() => new TestTar().File("a/../../escaped").Bytes(), "climbs"),
        ["an absolute path"] = (() => new TestTar().File("/tmp/escaped").Bytes(), "absolute"),
        ["an absolute link"] = (() => new TestTar().Link("a", "/etc/passwd").Bytes(), "absolute"),
        ["a link that climbs out"] = (() => new TestTar().Link("a/b", "../../escaped").Bytes(), "out of the root"),
        ["a link that climbs through another link"] = (() => new TestTar().Link("a/b/c/up", "../../..").Link("a/b/c/out", "up/../..").Bytes(), "climbs behind"),
        ["a file through a link"] = (() => new TestTar().Folder("b").Link("a", "b").File("a/c").Bytes(), "goes through `a`"),
        ["a file onto a link"] = (() => new TestTar().Link("a", "b").File("a").Bytes(), "both a link and a file"),
        ["a link in place of a folder with files"] = (() => new TestTar().File("a/b").Link("a", "c").Bytes(), "both a folder and a link"),
        ["one path twice"] = (() => new TestTar().File("a").File("./a").Bytes(), "twice"),
        ["a hard link out of the folder"] = (() => new TestTar().HardLink("a", "/etc/passwd").Bytes(), "absolute"),
        ["a hard link to a link"] = (() => new TestTar().Link("l", "x").HardLink("a", "l").Bytes(), "no file of the package"),
        ["a character device"] = (() => new TestTar().Add("null", '3').Bytes(), "device"),
        ["a named pipe"] = (() => new TestTar().Add("pipe", '6').Bytes(), "pipe"),
        ["a pax path that climbs"] = (() => Pax("path=../escaped").File("a").Bytes(), "climbs"),
        ["a pax link that is absolute"] = (() => Pax("linkpath=/etc/passwd").Link("a", "b").Bytes(), "absolute"),
        ["a pax size without its content"] = (() => Pax("size=99999999999999").File("a").Bytes(), "claims 99999999999999 bytes"),
        ["a pax size beyond all"] = (() => Pax("size=99999999999999999999").File("a").Bytes(), "malformed size"),
        ["a pax record longer than its header"] = (() => new TestTar().Add("p", 'x', "99 path=a\n"u8.ToArray()).File("a").Bytes(), "malformed"),
        ["a pax record without an end"] = (() => new TestTar().Add("p", 'x', "9 path=ab"u8.ToArray()).File("a").Bytes(), "malformed"),
        ["a pax header beyond measure"] = (() => new TestTar().Add("p", 'x', size: "77777777777").Bytes(), "1048576 are allowed"),
        ["a global pax path"] = (() => new TestTar().Add("p", 'g', Encoding.UTF8.GetBytes("10 path=a\n")).File("a").Bytes(), "global pax header"),
        ["a sparse file"] = (() => Pax("GNU.sparse.major=1").File("a").Bytes(), "sparse"),
        ["a bomb"] = (() => Archives.Gzip(new TestTar().File("a", new string('x', 11 << 20)).Bytes()), "claims 11534336 bytes"),
        ["a bomb of many files"] = (() => Archives.Gzip(Enumerable.Range(0, 3).Aggregate(new TestTar(), static (tar, i) => tar.File($"{i}", new string('x', 4 << 20))).Bytes()), "longer than the 10485760 bytes"),
        ["more entries than allowed"] = (() => Enumerable.Range(0, 1001).Aggregate(new TestTar(), static (tar, i) => tar.Folder($"{i}")).Bytes(), "more than 1000 entries"),
        ["a tar without its end"] = (() => new TestTar().File("a").Bytes()[..700], "ends in the middle"),
        ["no file at all"] = (() => new TestTar().Folder("a").Bytes(), "holds no file"),
        ["nothing"] = (() => [], "ends in the middle"),
        ["what is no archive"] = (() => Encoding.ASCII.GetBytes(new string('z', 2000)), "malformed"),
        ["bzip2"] = (() => [(byte)'B', (byte)'Z', (byte)'h', (byte)'9', 0, 0, 0, 0], "bzip2"),
        ["a zip path that climbs"] = (() => Archives.Zip(("../escaped", "x", Plain)), "climbs"),
        ["a zip path that is absolute"] = (() => Archives.Zip(("/tmp/escaped", "x", Plain)), "absolute"),
        ["a zip path of Windows"] = (() => Archives.Zip(("..\\escaped", "x", Plain)), "backslash"),
        ["a zip link that is absolute"] = (() => Archives.Zip(("a", "/etc/passwd", Link)), "absolute"),
        ["a zip link that climbs out"] = (() => Archives.Zip(("a", "../escaped", Link)), "out of the root"),
        ["a zip file through a link"] = (() => Archives.Zip(("a", "b", Link), ("a/c", "x", Plain)), "goes through `a`"),
        ["a zip link of great length"] = (() => Archives.Zip(("a", new string('x', 5000), Link)), "more than 4096"),
        ["a zip path twice"] = (() => Archives.Zip(("a", "x", Plain), ("a", "y", Plain)), "twice"),
        ["a zip device"] = (() => Archives.Zip(("a", "x", 0x21A4)), "device"),
        ["a zip bomb"] = (() => Archives.Zip(("a", new string('x', 11 << 20), Plain)), "claims 11534336 bytes"),
        ["a zip bomb of many files"] = (() => Archives.Zip([.. Enumerable.Range(0, 3).Select(static i => ($"{i}", new string('x', 4 << 20), Plain))]), "longer than"),
        ["a zip without its end"] = (() => Archives.Zip(("a", "x", Plain))[..^30], ""),
    };

    public static TheoryData<string> Names => [.. Vectors.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hostile_archive_is_refused(string name)
    {
        using var scratch = new Scratch();
        var (archive, reason) = Vectors[name];
        var error = Assert.Throws<InvalidDataException>(() => Unpack(scratch["a/b/folder"], archive()));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("/tmp/escaped"));
        Assert.Empty(Directory.EnumerateFiles(scratch.Root, "escaped", SearchOption.AllDirectories));
    }

    [Fact]
    public void Links_that_stay_inside_are_kept()
    {
        using var scratch = new Scratch();
        Unpack(scratch["f"], Archives.Zip(("a/b", "x", Plain), ("c/d", "../a/b", Link), ("e", "a/b", Link)));
        Assert.Equal("x", File.ReadAllText(scratch["f/c/d"]));
        Assert.Equal("x", File.ReadAllText(scratch["f/e"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_damage_never_does_more_than_refuse(bool zip)
    {
        using var scratch = new Scratch();
        var whole = zip
            ? Archives.Zip(("a/b", new string('a', 700), Plain), ("c", "a/b", Link))
            : Pax("path=a/longer").File("x", new string('a', 700)).Link("b", "a/longer").HardLink("c", "a/longer").Bytes();
        var random = new Random(11);
        for (var i = 0; i < 500; i++)
            try
            {
                Unpack(scratch[$"f{i}"], Mutation.Of(whole, random));
            }
            catch (InvalidDataException)
            {
                // As it should.
            }

        Assert.False(File.Exists("/tmp/escaped"));
    }

    private static TestTar Pax(string record)
    {
        var length = record.Length + 2;
        length += $"{length + 1}".Length;
        return new TestTar().Add("pax", 'x', Encoding.UTF8.GetBytes($"{length} {record}\n"));
    }

    private static void Unpack(string folder, byte[] archive) =>
        new ArchiveUnpacker(0, new UnpackLimits(Bytes: 10 << 20, Entries: 1000)).Unpack(new MemoryStream(archive), folder, CancellationToken.None);
}
