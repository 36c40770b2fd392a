using System.Text;

namespace Hale.Secrets.Tests.Fuzz;

public sealed class AgeFuzzTests
{
    [Fact]
    public void A_header_is_refused_or_is_the_one_text_of_its_stanzas() =>
        Fuzzer.Run("age-header", ["-> ", "--- ", "\n", "-> X25519 ", "-> scrypt ", "\r\n", "age-encryption.org/v1\n", " ", "====", new string('A', 64)], input =>
        {
            var header = Header.Read(new ByteSource(new MemoryStream(input)));
            Assert.Equal(
                Encoding.Latin1.GetString(Header.Of(header.Stanzas, new byte[16]).Signed), Encoding.Latin1.GetString(header.Signed));
            Assert.True(input.AsSpan().StartsWith(header.Bytes()));
        });

    [Fact]
    public void Armor_is_refused_or_is_the_one_text_of_its_bytes() =>
        Fuzzer.Run("age-armor", [ArmorReader.Begin, ArmorReader.End, "\n", "\r\n", "=", "==", " ", "-----", new string('A', 64)], input =>
        {
            var bytes = new MemoryStream();
            new ArmorReader(new ByteSource(new MemoryStream(input))).CopyTo(bytes);
            var text = new MemoryStream();
            var writer = new ArmorWriter(text);
            writer.Write(bytes.ToArray());
            writer.Finish();
            Assert.Equal(Lines(text.ToArray()), Lines(input));
        });

    [Fact]
    public void A_whole_file_is_refused_or_decrypts()
    {
        var identity = AgeIdentity.Parse("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0");
        foreach (var corpus in (string[])["age-header", "age-armor"])
            Fuzzer.Run(corpus, ["-> ", "\n", "-> ssh-ed25519 ", "-> scrypt "], input => Age.Decrypt(input, [identity]));
    }

    /// <summary>Line ends and white space around may differ.</summary>
    private static string Lines(byte[] text) => Encoding.Latin1.GetString(text).Replace("\r\n", "\n", StringComparison.Ordinal).Trim();
}
