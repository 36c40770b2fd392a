namespace Hale.Secrets.Tests.Sops;

/// <summary>.sops.yaml, and where keys are looked for.</summary>
public sealed class RulesTests
{
    private const string One = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw";
    private const string Two = "age1a8pk4akrdamj7nvqy3zywgtny8dxz7t5xzu7u8v9mhrayp9freqsqatyrs";

    private const string Text = $"""
        keys:
          - &me {One}
          - &server {Two}
        creation_rules:
          # the first that matches
          - path_regex: secrets/[^/]+\.(yaml|env)$
            key_groups:
              - age:
                  - *me
                  - *server
          - path_regex: open
            age: "{One}, {Two},"
            encrypted_regex: ^(password|token)$
            mac_only_encrypted: true
          - path_regex: pgp
            pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
          - path_regex: wrong
            age: [age1mistyped]
          - path_regex: shamir
            key_groups: [{"{age: [a]}"}, {"{age: [b]}"}]
          - age: {One}
            path_regex: last
        """;

    [Theory]
    [InlineData("secrets/a.yaml", 2)]
    [InlineData("deep/secrets/a.env", 2)]
    [InlineData("open.json", 2)]
    [InlineData("x/last.ini", 1)]
    public void The_first_rule_that_matches_holds(string file, int recipients)
    {
        using var scratch = new Scratch();
        scratch.Write(".sops.yaml", Text);
        Assert.Equal(recipients, SopsRules.Find(scratch[file]).For(scratch[file]).Recipients.Count);
    }

    [Theory]
    [InlineData("secrets/a.json", "no creation rule matches secrets/a.json")]
    [InlineData("pgp.yaml", "the rule asks for pgp")]
    [InlineData("wrong.yaml", "\"age1mistyped\" is not a recipient")]
    [InlineData("shamir.yaml", "split among several key_groups")]
    public void What_cannot_be_followed_is_an_error(string file, string message)
    {
        using var scratch = new Scratch();
        var error = Assert.Throws<SecretsError>(() => SopsRules.Read(scratch.Write(".sops.yaml", Text)).For(scratch[file]));
        Assert.Contains(message, error.Message);
        Assert.StartsWith(scratch[".sops.yaml"], error.Message);
        Assert.NotEmpty(error.Hint);
    }

    [Fact]
    public void A_rule_decides_what_is_encrypted()
    {
        using var scratch = new Scratch();
        var rule = SopsRules.Read(scratch.Write(".sops.yaml", Text)).For(scratch["open.yaml"]);
        Assert.True(rule.MacOnlyEncrypted);
        var file = SopsFile.Encrypt("user: me\npassword: secret\n"u8, SopsFormat.Yaml, "open.yaml", rule, Times.Noon);
        Assert.Contains("user: me\npassword: ENC[", file.Text);
        Assert.Contains("mac_only_encrypted: true", file.Text);
    }

    [Fact]
    public void No_rules_at_all_is_an_error()
    {
        using var scratch = new Scratch();
        Assert.Contains(".sops.yaml", Assert.Throws<SecretsError>(() => SopsRules.Find(scratch["x.yaml"])).Message);
        Assert.Contains(
            "creation_rules",
            Assert.Throws<SecretsError>(() => SopsRules.Read(scratch.Write(".sops.yaml", "stores: {}\n")).For(scratch["x"])).Message);
    }

    [Fact]
    public void Keys_are_found_where_sops_finds_them()
    {
        using var scratch = new Scratch();
        var (a, b, c) = (AgeIdentity.Generate(), AgeIdentity.Generate(), AgeIdentity.Generate());
        b.WriteKeyFile(scratch["b.txt"], Times.Noon);
        c.WriteKeyFile(scratch["home/.config/sops/age/keys.txt"], Times.Noon);
        var environment = new Dictionary<string, string>
        {
            ["SOPS_AGE_KEY"] = a.ToKeyFile(Times.Noon),
            ["SOPS_AGE_KEY_FILE"] = scratch["b.txt"],
            ["HOME"] = scratch["home"],
        };
        Assert.Equal(
            [a.Recipient, b.Recipient, c.Recipient], SopsKeys.Find(environment.GetValueOrDefault).Select(identity => identity.Recipient));
        Assert.Empty(SopsKeys.Find(_ => null));
        Assert.StartsWith(
            "SOPS_AGE_KEY:", Assert.Throws<SecretsError>(() => SopsKeys.Find(name => name == "SOPS_AGE_KEY" ? "nonsense" : null)).Message);
    }
}
