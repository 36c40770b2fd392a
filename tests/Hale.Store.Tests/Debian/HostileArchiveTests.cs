using System.Text;
using Hale.Store.Debian;

namespace Hale.Store.Tests.Debian;

/// <summary>Archives come from strangers. Each of these is refused, by name and reason, and leaves nothing outside the root.</summary>
public class HostileArchiveTests
{
    private static readonly Dictionary<string, (Func<TestTar> Tar, string Reason)> Archives = new()
    {
        ["a path that climbs"] = (() => new TestTar().File("./../escaped"), "climbs"),
        ["a path that climbs in the middle"] = (() => new TestTar().Folder("./a").File("./a/../../escaped"), "climbs"),
        ["an absolute path"] = (() => new TestTar().File("/tmp/escaped"), "absolute"),
        ["a file through a link out of the root"] = (() => new TestTar().Link("./a", "/tmp").File("./a/escaped"), "goes through `a`"),
        ["a file through a link within the root"] = (() => new TestTar().Folder("./b").Link("./a", "b").File("./a/c"), "goes through `a`"),
        ["a file through a file"] = (() => new TestTar().File("./a").File("./a/c"), "goes through `a`"),
        ["a link in place of a folder"] = (() => new TestTar().Folder("./a").Link("./a", "/tmp").File("./a/escaped"), "both a folder and a link"),
        ["a file onto a link"] = (() => new TestTar().Link("./a", "/tmp/escaped").File("./a"), "both a link and a file"),
        ["a link that climbs out"] = (() => new TestTar().Folder("./a").Link("./a/b", "../../escaped"), "out of the root"),
        ["a link to nothing"] = (() => new TestTar().Link("./a", ""), "leads nowhere"),
        ["links in a circle"] = (() => new TestTar().Link("./a", "b").Link("./b", "/a"), "circle"),
        ["a link to itself"] = (() => new TestTar().Link("./a", "a/b"), "circle"),
        ["a hard link out of the root"] = (() => new TestTar().HardLink("./a", "/etc/passwd"), "absolute"),
        ["a hard link that climbs"] = (() => new TestTar().HardLink("./a", "../../etc/passwd"), "climbs"),
        ["a hard link to what is not there"] = (() => new TestTar().HardLink("./a", "./b"), "no file of the package"),
        ["a hard link to a link"] = (() => new TestTar().Link("./l", "/etc/passwd").HardLink("./a", "./l"), "no file of the package"),
        ["a character device"] = (() => new TestTar().Add("./null", '3'), "device"),
        ["a block device"] = (() => new TestTar().Add("./sda", '4'), "device"),
        ["a named pipe"] = (() => new TestTar().Add("./pipe", '6'), "pipe"),
        ["a pax header"] = (() => new TestTar().Add("./pax", 'x', "30 path=../../../../escaped\n"u8.ToArray()), "pax"),
        ["an unknown kind of entry"] = (() => new TestTar().Add("./s", 'S'), "unknown kind"),
        ["one path twice"] = (() => new TestTar().File("./a").File("./a"), "twice"),
        ["one path twice, spelled differently"] = (() => new TestTar().File("./lib/a").File("./usr//lib/./a"), "twice"),
        ["a file that is a folder too"] = (() => new TestTar().File("./a/b").File("./a"), "both a folder and a file"),
        ["a size beyond measure"] = (() => new TestTar().Add("./a", '0', size: "77777777777"), "claims 8589934591 bytes"),
        ["a size that is negative"] = (() => new TestTar().Add("./a", '0', size: "\u007f"), "malformed number"),
        ["more content than allowed"] = (() => new TestTar().File("./a", new string('x', 6 << 20)).File("./b", new string('x', 6 << 20)), "longer than the 10485760 bytes"),
        ["more entries than allowed"] = (() => Enumerable.Range(0, 1001).Aggregate(new TestTar(), static (tar, i) => tar.Folder($"./{i}")), "more than 1000 entries"),
        ["a name too long"] = (() => new TestTar().File("./" + new string('n', 256)), "longer than 255"),
        ["a path too long"] = (() => new TestTar().File("./" + string.Concat(Enumerable.Repeat("abcdefgh/", 114))), "longer than 1024"),
        ["folders too deep"] = (() => new TestTar().File("./" + string.Concat(Enumerable.Repeat("abcdefgh/", 100))), "folders deep"),
        ["a path longer than any"] = (() => new TestTar().File("./" + string.Concat(Enumerable.Repeat("abcdefgh/", 1140))), "4096 are allowed"),
        ["a name with control characters"] = (() => new TestTar().File("./a\nb"), "control characters"),
        ["a link with content"] = (() => new TestTar().Add("./a", '2', [1], "b"), "has content"),
        ["a root that is no folder"] = (() => new TestTar().Add("./", '2', target: "/tmp"), "not a folder"),
        ["a merged folder that leads elsewhere"] = (() => new TestTar().Link("./lib", "/tmp"), "usr/lib"),
    };

    public static TheoryData<string> Names => [.. Archives.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hostile_archive_is_refused(string name)
    {
        using var scratch = new Scratch();
        var (tar, reason) = Archives[name];
        var error = Assert.Throws<UserError>(() => TestDeb.Assemble(scratch, complete: true, ("evil", TestDeb.Of(tar()))));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("evil", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
        Assert.False(File.Exists("/tmp/escaped"));
        Assert.DoesNotContain("escaped ", TestDeb.List(scratch.Root));
    }

    [Fact]
    public void A_name_that_is_not_text_is_refused()
    {
        var tar = new TestTar().File("./abc").Bytes();
        tar[3] = 0xff;
        Resum(tar);
        Refused(TestDeb.Ar(("debian-binary", "2.0\n"u8.ToArray()), ("data.tar", tar)), "not UTF-8");
    }

    [Fact]
    public void A_damaged_header_is_refused()
    {
        var tar = new TestTar().File("./abc").Bytes();
        tar[3] ^= 1;
        Refused(TestDeb.Ar(("debian-binary", "2.0\n"u8.ToArray()), ("data.tar", tar)), "checksum");
    }

    [Fact]
    public void A_tar_without_its_end_is_refused()
    {
        var tar = new TestTar().File("./abc").Bytes();
        Refused(TestDeb.Ar(("debian-binary", "2.0\n"u8.ToArray()), ("data.tar", tar[..1024])), "ends in the middle");
        Refused(TestDeb.Ar(("debian-binary", "2.0\n"u8.ToArray()), ("data.tar", tar[..700])), "ends in the middle");
    }

    [Theory]
    [InlineData("", "not an ar archive")]
    [InlineData("!<arch>\n", "debian-binary")]
    [InlineData("!<arch>\ndata.tar        0           0     0     100644  9999999999`\n", "claims a size")]
    [InlineData("!<arch>\ndata.tar        0           0     0     100644  -5        `\n", "claims a size")]
    [InlineData("!<arch>\ndata.tar        0           0     0     100644  1e3       `\n", "claims a size")]
    [InlineData("!<arch>\ndata.tar        0           0     0     100644  4         xx", "malformed")]
    [InlineData("!<arch>\ndata.tar   ", "malformed")]
    [InlineData("!<arch>\ndebian-binary   0           0     0     100644  4         `\n3.0\n", "format 2")]
    [InlineData("!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n", "no member `data.tar`")]
    [InlineData("!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\ndata.tar.lzma   0           0     0     100644  0         `\n", "not known")]
    [InlineData("!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\ndata.tar.xz     0           0     0     100644  16        `\nabcdabcdabcdabcd", "xz format")]
    public void An_absurd_archive_is_refused(string archive, string reason) => Refused(Encoding.ASCII.GetBytes(archive), reason);

    [Fact]
    public void Random_damage_never_does_more_than_refuse()
    {
        using var scratch = new Scratch();
        var whole = TestDeb.Of(new TestTar().Folder("./usr").File("./usr/a", new string('a', 700)).Link("./usr/b", "a").HardLink("./usr/c", "./usr/a"));
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 400; i++)
        {
            var damaged = whole.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) damaged = damaged[..random.Next(damaged.Length)];
            try
            {
                TestDeb.Assemble(scratch, complete: true, ("evil", damaged));
            }
            catch (UserError)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 400);
    }

    private static void Refused(byte[] deb, string reason)
    {
        using var scratch = new Scratch();
        Assert.Contains(reason, Assert.Throws<UserError>(() => TestDeb.Assemble(scratch, complete: true, ("evil", deb))).Message, StringComparison.Ordinal);
    }

    private static void Resum(byte[] tar)
    {
        tar.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(tar.Take(512).Sum(static b => b), 8).PadLeft(6, '0') + "\0").CopyTo(tar, 148);
    }
}
