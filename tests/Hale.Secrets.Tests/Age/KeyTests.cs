namespace Hale.Secrets.Tests.AgeFiles;

/// <summary>Keys: what is read, what is refused and how it is said; a secret is never repeated.</summary>
public sealed class KeyTests
{
    private const string Secret = "AGE-SECRET-KEY-1NJT5YCS2LWU4V4QAJQ6R4JNU7LXPDX602DZ9NUFANVU5GDTGUWCQ5T59M6";
    private const string Public = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw";

    [Fact]
    public void A_recipient_comes_from_its_identity() => Assert.Equal(Public, AgeIdentity.Parse(Secret).Recipient.ToString());

    [Fact]
    public void An_identity_never_prints_itself()
    {
        var identity = AgeIdentity.Parse(Secret);
        Assert.Equal($"the key of {Public}", identity.ToString());
        Assert.Equal("the key of a passphrase", AgeIdentity.FromPassphrase("hunter2").ToString());
    }

    [Fact]
    public void A_key_file_may_hold_comments_and_several_keys()
    {
        var other = AgeIdentity.Generate();
        var identities = AgeIdentity.ParseKeyFile(
            $"# created: today\n\n{Secret}\r\n  {other.ToKeyFile(DateTimeOffset.UnixEpoch).Split('\n')[2]}\n");
        Assert.Equal([Public, other.Recipient.ToString()], identities.Select(identity => identity.Recipient.ToString()));
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead, "0604")]
    [InlineData(UnixFileMode.GroupRead, "0640")]
    public void A_key_file_that_others_can_read_is_refused(UnixFileMode extra, string shown)
    {
        using var scratch = new Scratch();
        var path = scratch.Write("key.txt", Secret, UnixFileMode.UserRead | UnixFileMode.UserWrite | extra);
        var error = Assert.Throws<SecretsError>(() => AgeIdentity.ReadKeyFile(path));
        Assert.Contains(path, error.Message);
        Assert.Contains(shown, error.Message);
        Assert.Contains($"chmod 600 {path}", error.Hint);
    }

    [Fact]
    public void A_key_is_written_for_its_owner_alone_and_never_over_another()
    {
        using var scratch = new Scratch();
        var identity = AgeIdentity.Generate();
        identity.WriteKeyFile(scratch["a/b/key.txt"], new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scratch["a/b/key.txt"]));
        Assert.StartsWith(
            $"# created: 2026-01-02T03:04:05+01:00\n# public key: {identity.Recipient}\nAGE-SECRET-KEY-1",
            File.ReadAllText(scratch["a/b/key.txt"]));
        Assert.Contains(
            "never written over",
            Assert.Throws<SecretsError>(() => identity.WriteKeyFile(scratch["a/b/key.txt"], DateTimeOffset.UnixEpoch)).Message);
        Assert.Equal(identity.Recipient, AgeIdentity.ReadKeyFile(scratch["a/b/key.txt"])[0].Recipient);
    }

    public static TheoryData<string, string> BadKeyFiles => new()
    {
        { "", "There is no key" },
        { "# only a comment\n", "There is no key" },
        { Secret[..^1] + "7", "line 1 of the key file" },
        { $"#\n{Secret.ToLowerInvariant()}", "line 2 of the key file" },
        { $"{Secret[..20].ToLowerInvariant()}{Secret[20..]}", "mistyped" },
        { Public, "public one" },
        { "AGE-PLUGIN-YUBIKEY-1Q9SZ2", "plugins" },
        { "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "itself encrypted" },
        { "-----BEGIN RSA PRIVATE KEY-----\n", "not supported" },
        { "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "malformed" },
        { "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "last line is missing" },
    };

    [Theory, MemberData(nameof(BadKeyFiles))]
    public void A_bad_key_file_is_refused_without_repeating_it(string text, string message)
    {
        var error = Assert.Throws<SecretsError>(() => AgeIdentity.ParseKeyFile(text));
        Assert.Contains(message, error.Message);
        Assert.NotEmpty(error.Hint);
        Assert.DoesNotContain(Secret[20..40], error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_missing_key_file_is_named()
    {
        using var scratch = new Scratch();
        Assert.Contains(
            scratch["nowhere/key.txt"], Assert.Throws<SecretsError>(() => AgeIdentity.ReadKeyFile(scratch["nowhere/key.txt"])).Message);
    }

    [Theory]
    [InlineData("-t ed25519 -N secret", "protected by a passphrase")]
    [InlineData("-t ecdsa -N ''", "not ed25519")]
    public void Another_SSH_key_gets_a_clear_error(string options, string message)
    {
        if (!Peer.Has("ssh-keygen"))
            return;
        using var scratch = new Scratch();
        Peer.Run("ssh-keygen", ["-q", .. options.Split(' ').Select(option => option.Trim('\'')), "-f", scratch["id"]]);
        var error = Assert.Throws<SecretsError>(() => AgeIdentity.ReadKeyFile(scratch["id"]));
        Assert.StartsWith(scratch["id"], error.Message);
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData("age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlv", "mistyped")]
    [InlineData("age1pq1tqqqqqqqqqqqqqqqqqqqqqqq", "Post-quantum")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "Known are age1")]
    [InlineData("ssh-rsa AAAAB3NzaC1yc2E= me", "ed25519")]
    [InlineData("ssh-ed25519 AAAA me", ".pub file")]
    [InlineData(Secret, "keep the secret one to yourself")]
    [InlineData("", "Known are age1")]
    public void A_bad_recipient_is_refused_with_a_hint(string text, string hint)
    {
        var error = Assert.Throws<SecretsError>(() => AgeRecipient.Parse(text));
        Assert.Contains(hint, error.Hint);
        Assert.DoesNotContain(Secret[20..], error.ToString());
    }

    [Fact]
    public void An_SSH_key_off_the_curve_is_refused()
    {
        var point = new byte[32];
        point[0] = 2; // There is no x with y = 2.
        var line = $"ssh-ed25519 {Convert.ToBase64String(SshEd25519Recipient.WireOf(point))}";
        Assert.Contains("not a point", Assert.Throws<SecretsError>(() => AgeRecipient.Parse(line)).Message);
    }

    [Fact]
    public void Passphrases_stand_alone()
    {
        var error = Assert.Throws<SecretsError>(() => Age.Encrypt("x"u8, [AgeRecipient.FromPassphrase("a"), AgeRecipient.Parse(Public)]));
        Assert.Contains("only recipient", error.Message);
        Assert.Throws<SecretsError>(() => Age.Encrypt("x"u8, []));
        Assert.Equal(
            "x"u8, Age.Decrypt(Age.Encrypt("x"u8, [AgeRecipient.FromPassphrase("a", workFactor: 10)]), [AgeIdentity.FromPassphrase("a")]));
    }

    [Fact]
    public void The_wrong_key_is_named_and_so_are_the_recipients()
    {
        var mine = AgeIdentity.Generate();
        var error = Assert.Throws<SecretsError>(() => Age.Decrypt(Age.Encrypt("x"u8, [AgeRecipient.Parse(Public)]), [mine]));
        Assert.Equal(SecretsFault.NoMatch, error.Fault);
        Assert.Contains(mine.Recipient.ToString(), error.Message);
        Assert.Contains("1 X25519", error.Message);
        Assert.Equal(SecretsFault.NoMatch, Assert.Throws<SecretsError>(() => Age.Decrypt([], [])).Fault);
    }
}
