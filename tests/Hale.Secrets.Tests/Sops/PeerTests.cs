using System.Text;

namespace Hale.Secrets.Tests.Sops;

/// <summary>
/// What Hale writes, sops itself decrypts and verifies: its code covers every value, so that both agree on every one of them.
/// </summary>
public sealed class PeerTests
{
    private static readonly string KeyText = FormatTests.Key.ToKeyFile(DateTimeOffset.UnixEpoch);

    /// <summary>But for ini, which the program that brings sops does not pass on to it.</summary>
    [Theory]
    [InlineData(SopsFormat.Yaml, FormatTests.Yaml)]
    [InlineData(SopsFormat.Json, FormatTests.Json)]
    [InlineData(SopsFormat.Dotenv, FormatTests.Dotenv)]
    public void Sops_reads_what_we_encrypt_edit_and_rotate(SopsFormat format, string plain)
    {
        if (RealSops.Get() is not { } sops)
            return;
        // Times became a type of their own after this version of sops.
        var lines = plain.Split('\n').Where(
            line => !line.Contains("since:", StringComparison.Ordinal) && !line.Contains("when:", StringComparison.Ordinal));
        var file = FormatTests.Encrypt(string.Join('\n', lines), format);
        Assert.Null(sops.Complaint(file.Text, format, KeyText));
        using var content = file.Decrypt([FormatTests.Key]);
        Assert.Null(sops.Complaint(content.Set("new_key", "böth\n\"lines\""u8, Times.Later).Text, format, KeyText));
        Assert.Null(sops.Complaint(content.Rotate(Times.Later).Text, format, KeyText));
        Assert.Null(
            sops.Complaint(content.WithRecipients([AgeIdentity.Generate().Recipient, FormatTests.Key.Recipient]).Text, format, KeyText));
    }

    [Fact]
    public void Sops_reads_bytes_that_we_encrypt()
    {
        if (RealSops.Get() is not { } sops)
            return;
        var file = SopsFile.Encrypt([0, 255, 10], SopsFormat.Binary, "x", new SopsRule([FormatTests.Key.Recipient]), Times.Noon);
        Assert.Null(sops.Complaint(file.Text, SopsFormat.Binary, KeyText));
    }

    [Theory]
    [InlineData("encrypted_suffix", "_secret")]
    [InlineData("unencrypted_suffix", "_open")]
    [InlineData("encrypted_regex", "^(password|to.en)$")]
    [InlineData("unencrypted_regex", "^open")]
    [InlineData("encrypted_comment_regex", "sops:enc")]
    [InlineData("unencrypted_comment_regex", "sops:open")]
    public void Sops_agrees_on_every_rule(string kind, string pattern)
    {
        if (RealSops.Get() is not { } sops)
            return;
        const string plain = "password: a\ntoken: b\nopen: 0x1F\nx_open: 08\ny_secret: .5\n# sops:enc\nafter: {in: [1, 2]}\nend: 7 # sops:open\nlast:\n    # sops:enc\n    k: v\n    l: w\n    # plain words\nz: +12\n";
        foreach (var onlyEncrypted in (bool[])[false, true])
        {
            var rule = new SopsRule([FormatTests.Key.Recipient]) { Crypt = new SopsCryptRule(kind, pattern), MacOnlyEncrypted = onlyEncrypted };
            var file = SopsFile.Encrypt(Encoding.UTF8.GetBytes(plain), SopsFormat.Yaml, "rules.yaml", rule, Times.Noon);
            Assert.Contains("ENC[", file.Text, StringComparison.Ordinal);
            Assert.Null(sops.Complaint(file.Text, SopsFormat.Yaml, KeyText));
            using var content = file.Decrypt([FormatTests.Key]);
            Assert.Equal("31", content.GetString("open"));
            Assert.Equal("8", content.GetString("x_open"));
        }
    }

    [Fact]
    public void Sops_would_complain_of_a_changed_file()
    {
        if (RealSops.Get() is not { } sops)
            return;
        var file = FormatTests.Encrypt("a: one\nopen_unencrypted: 1\n", SopsFormat.Yaml);
        Assert.NotNull(sops.Complaint(file.Text.Replace("open_unencrypted: 1", "open_unencrypted: 2", StringComparison.Ordinal), SopsFormat.Yaml, KeyText));
        Assert.NotNull(sops.Complaint(file.Text, SopsFormat.Yaml, AgeIdentity.Generate().ToKeyFile(DateTimeOffset.UnixEpoch)));
    }
}
