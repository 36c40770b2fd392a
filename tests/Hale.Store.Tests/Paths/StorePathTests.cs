using System.Security.Cryptography;
using System.Text;
using Hale.Store.Paths;

namespace Hale.Store.Tests.Paths;

/// <summary>Golden values were made with nix 2.26.3.</summary>
public sealed class StorePathTests
{
    private static readonly byte[] Hello = "hello world\n"u8.ToArray();

    [Fact]
    public void A_text_has_the_path_that_nix_gives() =>
        Assert.Equal("/nix/store/llk87470jxy0in98q3rvx652wbj9psa9-foo.txt", StorePaths.OfText("foo.txt", Hello, []).ToString());

    [Fact]
    public void A_flat_fixed_output_has_the_path_that_nix_gives() =>
        Assert.Equal(
            "/nix/store/d5n8kjrd1ilw3mxdk83c446nyigj8pci-hello.txt",
            StorePaths.OfFixed("hello.txt", recursive: false, "sha256", SHA256.HashData(Hello)).ToString());

    [Fact]
    public void A_tree_has_the_path_that_nix_gives()
    {
        var hash = Sha256Hash.Parse("sha256:7a16ad4a6d516a12a4951ff9c5d9b60749569f4e1e8bd073d0ff9950e8e600d3");
        Assert.Equal("1lq0wvl516gzs1rx12qy9sgmcj87nvcwby8zjnj14sjidm5as5ks", hash.Base32);
        Assert.Equal("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-tree", StorePaths.OfTree("tree", hash, []).ToString());
        Assert.Equal(StorePaths.OfTree("tree", hash, []), StorePaths.OfFixed("tree", recursive: true, "sha256", hash.ToBytes()));
    }

    [Fact]
    public void References_change_the_path_and_their_order_does_not()
    {
        var (a, b) = (StorePaths.OfText("a", [1], []), StorePaths.OfText("b", [2], []));
        var hash = Sha256Hash.Of(Hello);
        Assert.NotEqual(StorePaths.OfTree("x", hash, []), StorePaths.OfTree("x", hash, [a]));
        Assert.Equal(StorePaths.OfTree("x", hash, [a, b]), StorePaths.OfTree("x", hash, [b, a, b]));
    }

    [Fact]
    public void Nix_itself_agrees_on_fixed_outputs_of_several_algorithms()
    {
        if (!Peer.Has("nix-store"))
            return;
        foreach (var (algorithm, hash) in new[]
        {
            ("sha256", SHA256.HashData(Hello)), ("sha512", SHA512.HashData(Hello)),
        })
            foreach (var recursive in new[] { true, false })
            {
                string[] arguments = [.. recursive ? ["--recursive"] : Array.Empty<string>(), algorithm, Convert.ToHexStringLower(hash), "name-1.0"];
                Assert.Equal(
                    Peer.Text("nix-store", ["--print-fixed-path", .. arguments]),
                    StorePaths.OfFixed("name-1.0", recursive, algorithm, hash).ToString());
            }
    }

    [Theory]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-tree", true)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-.hidden", true)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-", false)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn", false)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xe-tree", false)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-tree/bin", false)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-..", false)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-.-x", false)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-a b", false)]
    [InlineData("/nix/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-ä", false)]
    [InlineData("/nix/store/../../etc/passwd", false)]
    [InlineData("/gnu/store/ci37fmnxyj1sv9hbhk690s77vdynl6xn-tree", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_path_is_parsed_as_nix_does(string? text, bool valid)
    {
        Assert.Equal(valid, StorePath.TryParse(text, out var path));
        if (valid)
            Assert.Equal(text, path!.ToString());
    }

    [Fact]
    public void A_name_has_211_characters_at_most()
    {
        Assert.Null(StorePath.WrongWith(new string('a', 211)));
        Assert.Contains("212", StorePath.WrongWith(new string('a', 212)));
        Assert.Contains("' '", Assert.Throws<ArgumentException>(() => StorePaths.OfText("a b", [], [])).Message);
    }

    [Fact]
    public void Base32_goes_both_ways_for_every_length()
    {
        var random = new Random(3);
        for (var length = 0; length < 70; length++)
        {
            var (bytes, back) = (new byte[length], new byte[length]);
            random.NextBytes(bytes);
            Assert.True(Base32.TryDecode(Base32.Encode(bytes), back));
            Assert.Equal(bytes, back);
        }
    }

    [Fact]
    public void Base32_with_bits_beyond_the_bytes_is_refused()
    {
        // 52 digits have 260 bits: the first digit of a SHA-256 is 0 or 1.
        Assert.True(Base32.TryDecode("1" + new string('z', 51), new byte[32]));
        Assert.False(Base32.TryDecode("2" + new string('z', 51), new byte[32]));
    }

    [Fact]
    public void Hashes_are_read_in_every_form()
    {
        var hash = Sha256Hash.Of(Hello);
        foreach (var text in new[] { hash.ToString(), $"sha256:{hash.Hex}", $"sha256-{Convert.ToBase64String(hash.ToBytes())}" })
            Assert.Equal(hash, Sha256Hash.Parse(text));
        foreach (var text in new[] { "", "sha256:", "sha512:" + hash.Base32, hash.Hex, $"sha256:{hash.Hex[1..]}", $"sha256:{hash.Hex[1..]}x" })
            Assert.False(Sha256Hash.TryParse(text, out _), text);
        if (Peer.Has("nix-hash"))
            Assert.Equal(hash.Base32, Peer.Text("nix-hash", "--type", "sha256", "--to-base32", hash.Hex));
    }
}
