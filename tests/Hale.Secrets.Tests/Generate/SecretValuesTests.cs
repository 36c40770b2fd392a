using System.Text;

namespace Hale.Secrets.Tests.Generate;

/// <summary>Values that nobody has to think up, held against the programs that use them.</summary>
public sealed class SecretValuesTests
{
    [Fact]
    public void A_text_has_every_character_of_its_alphabet_equally_often()
    {
        const int count = 60_000;
        var text = Encoding.ASCII.GetString(SecretValues.Text(count, "abcdef"));
        // Six standard deviations: once in a billion runs it is chance.
        Assert.All(text.GroupBy(c => c), group => Assert.InRange(group.Count(), (count / 6) - 550, (count / 6) + 550));
        Assert.Equal(6, text.Distinct().Count());
        Assert.NotEqual(SecretValues.Text(20, "ab0"), SecretValues.Text(20, "ab0"));
        Assert.Throws<ArgumentException>(() => SecretValues.Text(8, "aa"));
        Assert.Throws<ArgumentException>(() => SecretValues.Text(8, "a"));
    }

    [Fact]
    public void Bytes_are_written_in_hexadecimal_and_base64()
    {
        Assert.Matches("^[0-9a-f]{64}$", Encoding.ASCII.GetString(SecretValues.Hex(32)));
        Assert.Equal(33, Convert.FromBase64String(Encoding.ASCII.GetString(SecretValues.Base64(33))).Length);
    }

    [Fact]
    public void An_age_key_opens_what_is_encrypted_to_it()
    {
        var pair = SecretValues.Age();
        var identity = AgeIdentity.Parse(Encoding.ASCII.GetString(pair.Secret.Span));
        Assert.Equal(pair.PublicText, identity.Recipient.ToString());
        Assert.Equal(pair.PublicText, pair.ToString());
        Assert.Equal("x"u8.ToArray(), Hale.Secrets.Age.Decrypt(Hale.Secrets.Age.Encrypt("x"u8, [AgeRecipient.Parse(pair.PublicText)]), [identity]));
    }

    [Fact]
    public void OpenSSH_reads_the_key_and_agrees_on_its_public_half()
    {
        var pair = SecretValues.Ssh("deploy/key");
        Assert.StartsWith("ssh-ed25519 ", pair.PublicText, StringComparison.Ordinal);
        Assert.Equal(
            AgeRecipient.Parse(pair.PublicText), AgeIdentity.ParseKeyFile(Encoding.ASCII.GetString(pair.Secret.Span))[0].Recipient);
        if (!Peer.Has("ssh-keygen"))
            return;
        using var scratch = new Scratch();
        var file = scratch["key"];
        File.WriteAllBytes(file, pair.Secret.ToArray());
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(pair.PublicText, Peer.Text("ssh-keygen", "-y", "-f", file));
    }

    [Fact]
    public void A_WireGuard_key_is_a_clamped_scalar_and_its_point()
    {
        var pair = SecretValues.WireGuard();
        var scalar = Convert.FromBase64String(Encoding.ASCII.GetString(pair.Secret.Span));
        Assert.Equal((0, 64), (scalar[0] & 7, scalar[31] & 192));
        Assert.Equal(Convert.ToBase64String(Hale.Secrets.Native.LibCrypto.X25519Public(scalar)), pair.PublicText);
    }
}
