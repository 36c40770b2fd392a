using System.Text;
using Hale.Store.Debian;

namespace Hale.Store.Tests.Debian;

public class ControlDataTests
{
    [Fact]
    public void Paragraphs_fields_continuations_and_comments_are_told_apart()
    {
        var paragraphs = Read("\n# a comment\nPackage: a\nDescription: short\n long\n .\n\tlonger\nEmpty:\n \t\n\nPackage:b\n#x\nTail:  c  ");
        Assert.Equal(2, paragraphs.Count);
        Assert.Equal("short\n long\n .\n\tlonger", paragraphs[0]["description"]);
        Assert.Equal("", paragraphs[0]["Empty"]);
        Assert.Equal("b", paragraphs[1]["Package"]);
        Assert.Equal("c", paragraphs[1]["Tail"]);
    }

    [Theory]
    [InlineData("no colon", "no colon")]
    [InlineData(" indented: x", "indented")]
    [InlineData(": nameless", ": nameless")]
    [InlineData("A: 1\na: 2", "twice")]
    public void What_is_no_control_data_is_refused_with_the_line(string text, string shown) =>
        Assert.Contains(shown, Assert.Throws<FormatException>(() => Read(text)).Message);

    [Fact]
    public void A_field_of_any_length_survives_any_block_size()
    {
        var text = $"A: {new string('x', 700_000)}\n y\nB: 2\n\nC: 3\n";
        foreach (var block in (int[])[1_000, 4_093, 1 << 20])
        {
            var paragraphs = Deb822Reader.ReadAll(new SlowStream(Encoding.UTF8.GetBytes(text), block));
            Assert.Equal(new string('x', 700_000) + "\n y", paragraphs[0]["A"]);
            Assert.Equal("2", paragraphs[0]["B"]);
            Assert.Equal("3", paragraphs[1]["C"]);
        }
    }

    [Fact]
    public void A_field_beyond_all_measure_is_refused() =>
        Assert.Throws<FormatException>(() => Deb822Reader.ReadAll(new MemoryStream(Encoding.ASCII.GetBytes("A: " + new string('x', 20 << 20)))));

    [Fact]
    public void Relations_are_read_in_all_their_forms()
    {
        var list = Dependency.ParseList(
            "libc6 (>= 2.34), python3:any (<<3.14), a | b (=1:2-3)|c, d [amd64], e [arm64], f [!amd64] | g:amd64 (>> 1), h (< 2),", "amd64");
        Assert.Equal(
            ["libc6 (>= 2.34)", "python3:any (<< 3.14)", "a | b (= 1:2-3) | c", "d", "g:amd64 (>> 1)", "h (<= 2)"],
            list.Select(static d => d.ToString()));
    }

    [Theory]
    [InlineData("a (1)")]
    [InlineData("a (>= )")]
    [InlineData("a (>= 1")]
    [InlineData("a b")]
    [InlineData("(>= 1)")]
    [InlineData("a:")]
    [InlineData("a | | b")]
    public void A_malformed_relation_is_refused(string text) =>
        Assert.Throws<FormatException>(() => Dependency.ParseList(text, "amd64"));

    [Theory]
    [InlineData("Filename: ../../etc/passwd")]
    [InlineData("Filename: /etc/passwd")]
    [InlineData("SHA256: 12")]
    [InlineData("Size: -1")]
    [InlineData("Size: x")]
    [InlineData("Version: 1 2")]
    [InlineData("Architecture:")]
    public void An_index_entry_that_could_not_be_fetched_is_refused(string field)
    {
        var fields = new Dictionary<string, string>
        {
            ["Package"] = "a",
            ["Version"] = "1",
            ["Architecture"] = "all",
            ["Filename"] = "pool/a.deb",
            ["Size"] = "1",
            ["SHA256"] = new string('a', 64),
        };
        Assert.Single(PackageIndex.Read(Paragraph(fields), "sid"));
        fields[field.Split(':')[0]] = field.Split(':')[1].Trim();
        Assert.Throws<FormatException>(() => PackageIndex.Read(Paragraph(fields), "sid"));
    }

    private static MemoryStream Paragraph(Dictionary<string, string> fields) =>
        new(Encoding.UTF8.GetBytes(string.Join('\n', fields.Select(static field => $"{field.Key}: {field.Value}"))));

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Read(string text) =>
        Deb822Reader.ReadAll(new MemoryStream(Encoding.UTF8.GetBytes(text)));

    private sealed class SlowStream(byte[] content, int block) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(block, buffer.Length)]);
    }
}
