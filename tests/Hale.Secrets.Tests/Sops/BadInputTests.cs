using System.Text;

namespace Hale.Secrets.Tests.Sops;

/// <summary>Bad input: an error with the file, the key or line, and a hint; never a value.</summary>
public sealed class BadInputTests
{
    private const string Value = "v4lue-that-must-not-show";

    public static TheoryData<string, SopsFormat, string, string> Malformed => new()
    {
        { "conflict", SopsFormat.Yaml, $"a: 1\n<<<<<<< HEAD\nb: {Value}\n=======\nb: 2\n>>>>>>> other\n", "f.yaml:2: the file holds the markers of a merge conflict" },
        { "conflict in JSON", SopsFormat.Json, "{\n<<<<<<< HEAD\n}\n", ":2: the file holds the markers" },
        { "twice", SopsFormat.Yaml, $"a: {Value}\nb: 2\na: 3\n", "f.yaml:3: the key \"a\" stands twice" },
        { "twice in JSON", SopsFormat.Json, $"{{\"a\": \"{Value}\",\n\"a\": 1}}", ":2: the key \"a\" stands twice" },
        { "twice in dotenv", SopsFormat.Dotenv, $"A=1\nA={Value}\n", ":2: the key \"A\" stands twice" },
        { "twice in ini", SopsFormat.Ini, $"[s]\na=1\na={Value}\n", ":3: the key \"a\" stands twice" },
        { "plain", SopsFormat.Yaml, $"a: {Value}\n", "not encrypted with sops" },
        { "plain JSON", SopsFormat.Json, $"{{\"a\": \"{Value}\"}}", "not encrypted with sops" },
        { "plain dotenv", SopsFormat.Dotenv, $"A={Value}\n", "not encrypted with sops" },
        { "no YAML", SopsFormat.Yaml, $"a: \"{Value}\nb: ]\n", "is not YAML" },
        { "tabs", SopsFormat.Yaml, $"a:\n\tb: {Value}\n", "is not YAML" },
        { "no JSON", SopsFormat.Json, $"{{\"a\": \"{Value}\",}}", "is not JSON" },
        { "no dotenv", SopsFormat.Dotenv, $"A=1\n{Value}\n", ":2: the line is neither" },
        { "no ini", SopsFormat.Ini, $"[s]\n{Value}\n", ":2: the line is neither" },
        { "alias", SopsFormat.Yaml, $"a: &x {Value}\nb: *x\n", ":1: anchors and aliases" },
        { "tag", SopsFormat.Yaml, $"a: !!binary {Value}\n", ":1: tags" },
        { "list", SopsFormat.Yaml, $"- {Value}\n", ":1: the document is not a map" },
        { "two documents", SopsFormat.Yaml, $"a: 1\n---\nb: {Value}\n", "second document" },
        { "number as key", SopsFormat.Yaml, $"1: {Value}\n", "key 1 is not text" },
        { "deep", SopsFormat.Yaml, string.Concat(Enumerable.Repeat("{a: ", 100)) + Value + new string('}', 100), "nested deeper" },
        { "array", SopsFormat.Json, $"[\"{Value}\"]", "not a JSON object" },
        { "mark", SopsFormat.Yaml, $"\ufeffa: {Value}\n", "byte order mark" },
        { "own key", SopsFormat.Yaml, $"sops: {Value}\n", "the key sops holds no map" },
    };

    [Theory, MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused(string what, SopsFormat format, string text, string message)
    {
        var error = Assert.Throws<SecretsError>(() => SopsFile.Parse(text, format, "f.yaml"));
        Assert.Contains(message, error.Message);
        Assert.StartsWith("f.yaml", error.Message);
        Assert.NotEmpty(error.Hint);
        Assert.False(error.ToString().Contains(Value, StringComparison.Ordinal), $"{what}: {error}");
    }

    [Theory]
    [InlineData("    mac: ", "    mac: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]\n    mic: ", "unknown key mic")]
    [InlineData("    version: ", "    key_groups:\n        - age: []\n    version: ", "split among key groups")]
    [InlineData("    version: ", "    encrypted_regex: ^a\n    version: ", "are both set")]
    [InlineData("2026-01-02T12:00:00Z", "yesterday", "lastmodified is not a time")]
    [InlineData("unencrypted_suffix: _unencrypted", "encrypted_regex: \"(\"", "not a regular expression")]
    [InlineData("    age:\n", "    age: nobody\n    hckms:\n", "not a list")]
    public void A_malformed_part_of_sops_is_refused(string old, string changed, string message)
    {
        var text = FormatTests.Encrypt($"a: {Value}\n", SopsFormat.Yaml).Text;
        Assert.Contains(old, text);
        var error = Assert.Throws<SecretsError>(
            () => SopsFile.Parse(text.Replace(old, changed, StringComparison.Ordinal), SopsFormat.Yaml, "f.yaml"));
        Assert.Contains(message, error.Message);
        Assert.NotEmpty(error.Hint);
    }

    [Fact]
    public void A_wrong_key_and_no_key_are_told_apart()
    {
        var file = FormatTests.Encrypt($"a: {Value}\n", SopsFormat.Yaml);
        var stranger = AgeIdentity.Generate();
        var wrong = Assert.Throws<SecretsError>(() => file.Decrypt([stranger]));
        Assert.Contains(stranger.Recipient.ToString(), wrong.Message);
        Assert.Contains(FormatTests.Key.Recipient.ToString(), wrong.Message);
        Assert.Contains("recipients add", wrong.Hint);
        Assert.Contains("no key to decrypt with", Assert.Throws<SecretsError>(() => file.Decrypt([])).Message);
    }

    [Fact]
    public void A_recipient_of_an_unknown_type_is_in_nobodys_way()
    {
        var text = FormatTests.Encrypt("a: 1\n", SopsFormat.Yaml).Text.Replace(
            "    age:\n", "    age:\n        - recipient: age1yubikey1qwerty\n          enc: |\n            nothing\n", StringComparison.Ordinal);
        using var content = SopsFile.Parse(text, SopsFormat.Yaml, "f.yaml").Decrypt([FormatTests.Key]);
        Assert.Equal("1", content.GetString("a"));
        Assert.Contains("is not a recipient", Assert.Throws<SecretsError>(() => content.Rotate(Times.Later)).Message);
    }

    [Theory]
    [InlineData("a: ENC[", "a: XNC[", "a is not encrypted")]
    [InlineData("b:", "c:", "c does not decrypt")]
    [InlineData("open_unencrypted: 1", "open_unencrypted: 2", "authentication code")]
    [InlineData("open_unencrypted: 1\n", "", "authentication code")]
    [InlineData("b:", "added: new\nb:", "added is not encrypted")]
    [InlineData("2026-01-02T12:00:00Z", "2026-01-02T12:00:01Z", "authentication code")]
    [InlineData(",type:str]\nb", ",type:stt]\nb", "a does not decrypt")]
    [InlineData(",type:str]\nb", ",type:int]\nb", "a does not decrypt")]
    public void A_changed_file_is_refused_by_the_name_of_what_was_changed(string old, string changed, string message)
    {
        var text = FormatTests.Encrypt($"a: {Value}\nb: 2\nopen_unencrypted: 1\n", SopsFormat.Yaml).Text;
        Assert.Contains(old, text);
        var error = Assert.Throws<SecretsError>(() =>
            SopsFile.Parse(text.Replace(old, changed, StringComparison.Ordinal), SopsFormat.Yaml, "f.yaml").Decrypt([FormatTests.Key]));
        Assert.Equal(SecretsFault.Tampered, error.Fault);
        Assert.Contains(message, error.Message);
        Assert.StartsWith("f.yaml", error.Message);
        Assert.DoesNotContain(Value, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Items_of_a_list_cannot_change_places()
    {
        var text = FormatTests.Encrypt("l:\n    - one\n    - two\n", SopsFormat.Yaml).Text.Split('\n');
        (text[1], text[2]) = (text[2], text[1]);
        Assert.Throws<SecretsError>(() => SopsFile.Parse(string.Join('\n', text), SopsFormat.Yaml, "f.yaml").Decrypt([FormatTests.Key]));
    }

    [Fact]
    public void A_map_where_a_value_is_needed_says_what_there_is()
    {
        using var content = FormatTests.Encrypt("bot:\n    token: x\n    name: y\nl: [1]\n", SopsFormat.Yaml).Decrypt([FormatTests.Key]);
        var map = Assert.Throws<SecretsError>(() => content.GetString("bot"));
        Assert.Contains("bot is a map", map.Message);
        Assert.Contains("bot/token, bot/name", map.Hint);
        Assert.Contains("l/0", Assert.Throws<SecretsError>(() => content.GetBytes("l")).Hint);
        Assert.Contains("bot/token", Assert.Throws<SecretsError>(() => content.GetString("bot/tokn")).Hint);
        Assert.Contains("is a map", Assert.Throws<SecretsError>(() => content.Set("bot", "x"u8, Times.Later)).Message);
        Assert.Contains("not a map", Assert.Throws<SecretsError>(() => content.Set("bot/token/deeper", "x"u8, Times.Later)).Message);
        Assert.Contains("sops's own", Assert.Throws<SecretsError>(() => content.Set("sops", "x"u8, Times.Later)).Message);
        Assert.Contains("item of a list", Assert.Throws<SecretsError>(() => content.Remove("l/0", Times.Later)).Message);
    }

    [Fact]
    public void Nothing_prints_a_value()
    {
        using var content = FormatTests.Encrypt($"a: {Value}\n", SopsFormat.Yaml).Decrypt([FormatTests.Key]);
        Assert.Equal("the content of secrets.yaml", content.ToString());
        Assert.Equal("secrets.yaml (Yaml)", content.File.ToString());
        Assert.Equal("(Str)", SopsValue.Of(SopsKind.Str, Value).ToString());
        Assert.DoesNotContain(
            Value, SopsDocument.Parse("x", $"a: {Value}\n", SopsFormat.Yaml).Root.Entries.First().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Disposing_wipes_the_values()
    {
        var content = FormatTests.Encrypt($"a: {Value}\n", SopsFormat.Yaml).Decrypt([FormatTests.Key]);
        Assert.Equal(Value, Encoding.UTF8.GetString(content.GetBytes("a")));
        content.Dispose();
        Assert.Empty(content.GetBytes("a"));
    }
}
