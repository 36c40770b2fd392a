using Hale.Store.Signing;

namespace Hale.Store.Tests.Signing;

public sealed class NarInfoTests
{
    private static readonly string Full = File.ReadAllText(Path.Combine(Corpus, "full.narinfo"));

    private static string Corpus => Path.Combine(Tests.Golden.SourceFolder(), "Corpus", "narinfo");

    [Fact]
    public void A_narinfo_is_rendered_as_it_was_read() => Assert.Equal(Full, NarInfo.Parse(Full).Render());

    [Fact]
    public void What_a_cache_leaves_out_has_nixs_own_defaults()
    {
        var info = NarInfo.Parse(File.ReadAllText(Path.Combine(Corpus, "sparse.narinfo")));
        Assert.Equal("bzip2", info.Compression);
        Assert.Null(info.FileHash);
        Assert.Null(info.Deriver);
        Assert.Empty(info.Info.References);
        Assert.Empty(info.Signatures);
    }

    [Theory]
    [InlineData("StorePath: /nix/store/", "StorePath: /tmp/", "StorePath")]
    [InlineData("NarSize: 1624", "NarSize: 0", "NarSize")]
    [InlineData("NarSize: 1624", "NarSize: -1", "NarSize")]
    [InlineData("NarSize: 1624", "NarSize: 99999999999999999999", "NarSize")]
    [InlineData("NarHash: sha256", "NarHash: sha1", "NarHash")]
    [InlineData("URL: nar", "Url: nar", "URL")]
    [InlineData("Compression: zstd", "Compression", "no field")]
    [InlineData("References: ci", "References: ../ci", "reference")]
    [InlineData("Deriver: ", "References: ", "References twice")]
    [InlineData("Deriver: ", "CA: ", "CA twice")]
    [InlineData("m5as5ks\n", "m5as5ks", "truncated", true)]
    public void A_malformed_one_is_refused(string from, string to, string message, bool last = false)
    {
        var at = last ? Full.LastIndexOf(from, StringComparison.Ordinal) : Full.IndexOf(from, StringComparison.Ordinal);
        var text = string.Concat(Full.AsSpan(0, at), to, Full.AsSpan(at + from.Length));
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => NarInfo.Parse(text)).Message);
    }

    [Fact]
    public void Mutations_are_read_or_refused_and_never_anything_else()
    {
        var random = new Random(11);
        foreach (var file in Directory.GetFiles(Corpus))
            for (var round = 0; round < 5_000; round++)
            {
                var text = System.Text.Encoding.Latin1.GetString(Mutation.Of(File.ReadAllBytes(file), random));
                try
                {
                    var info = NarInfo.Parse(text);
                    Assert.Equal(info.Render(), NarInfo.Parse(info.Render()).Render());
                }
                catch (InvalidDataException)
                {
                }
            }
    }
}
