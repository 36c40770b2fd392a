using Hale.Store.Paths;
using Hale.Store.Signing;

namespace Hale.Store.Tests.Signing;

public sealed class SigningTests
{
    private const string Golden = "test.example-1:sIzk9a8Y6RbKMLtS2yS/hn+Evc1K2jStw8PHLOtkHSMMfzANQtYNQUW3dc4lvAINVKLc8TVIvAsRAuvvjdiZBQ==";

    private static readonly PathInfo Tree = new()
    {
        Path = StorePath.Parse("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-tree"),
        NarHash = Sha256Hash.Parse("sha256:1lq0wvl516gzs1rx12qy9sgmcj87nvcwby8zjnj14sjidm5as5ks"),
        NarSize = 1624,
    };

    [Fact]
    public void A_signature_is_the_one_that_nix_makes()
    {
        var key = Key();
        Assert.Equal("test.example-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", key.PublicKey.ToString());
        Assert.Equal(
            "1;/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-tree;sha256:1lq0wvl516gzs1rx12qy9sgmcj87nvcwby8zjnj14sjidm5as5ks;1624;",
            Fingerprint.Of(Tree));
        Assert.Equal(Golden, key.Sign(Tree));
        Assert.True(key.PublicKey.HasSigned(Tree, ["other-1:AAAA", "rubbish", Golden]));
    }

    [Fact]
    public void A_signature_over_anything_else_counts_as_none()
    {
        var key = Key().PublicKey;
        Assert.False(key.HasSigned(Tree with { NarSize = 1625 }, [Golden]));
        Assert.False(key.HasSigned(Tree with { References = [Tree.Path] }, [Golden]));
        Assert.False(key.HasSigned(Tree, [Golden.Replace("test.example-1", "test.example-2", StringComparison.Ordinal)]));
        Assert.False(key.HasSigned(Tree, [Golden[..^4] + "AA=="]));
        Assert.False(CacheSecretKey.Generate("test.example-1").PublicKey.HasSigned(Tree, [Golden]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("name:")]
    [InlineData("name:AAAA")]
    [InlineData(":A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")]
    [InlineData("name:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMb!=")]
    public void A_malformed_key_is_refused(string text)
    {
        Assert.False(CachePublicKey.TryParse(text, out _));
        Assert.False(CacheSecretKey.TryParse(text, out _));
    }

    [Fact]
    public void A_secret_key_is_never_printed_by_chance_and_its_halves_must_match()
    {
        var key = CacheSecretKey.Generate("cache-1");
        Assert.Equal("cache-1", $"{key}");
        Assert.True(CacheSecretKey.TryParse(key.Reveal() + "\n", out var same));
        Assert.Equal(key.PublicKey.ToString(), same.PublicKey.ToString());
        var bytes = Convert.FromBase64String(key.Reveal().Split(':')[1]);
        bytes[40] ^= 1;
        Assert.False(CacheSecretKey.TryParse($"cache-1:{Convert.ToBase64String(bytes)}", out _));
        Assert.Throws<ArgumentException>(() => CacheSecretKey.Generate("a:b"));
    }

    [Fact]
    public void Keys_are_those_of_nix()
    {
        if (!Peer.Has("nix"))
            return;
        string[] command = ["--extra-experimental-features", "nix-command", "key"];
        var made = Peer.Text("nix", [.. command, "generate-secret", "--key-name", "peer-1"]);
        Assert.True(CacheSecretKey.TryParse(made, out var key));
        var publicText = System.Text.Encoding.UTF8.GetString(
            Peer.Run("nix", [.. command, "convert-secret-to-public"], System.Text.Encoding.UTF8.GetBytes(made)));
        Assert.Equal(publicText.Trim(), key.PublicKey.ToString());
    }

    private static CacheSecretKey Key()
    {
        Assert.True(CachePublicKey.TryParse("test.example-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", out _));
        byte[] secret =
        [
            .. Enumerable.Range(0, 32).Select(value => (byte)value),
            .. Convert.FromBase64String("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="),
        ];
        Assert.True(CacheSecretKey.TryParse($"test.example-1:{Convert.ToBase64String(secret)}", out var key));
        return key;
    }
}
