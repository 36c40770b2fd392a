using System.Text;

namespace Hale.Secrets.Tests.Sops;

/// <summary>Every format: encrypt, read, edit; what is not touched stays as it is.</summary>
public sealed class FormatTests
{
    internal static readonly AgeIdentity Key = AgeIdentity.Parse(
        "AGE-SECRET-KEY-1NJT5YCS2LWU4V4QAJQ6R4JNU7LXPDX602DZ9NUFANVU5GDTGUWCQ5T59M6");

    internal const string Yaml = """
        # Who we are
        bot:
            # for the matrix server
            access_token: "s3cret: \"quoted\""   # rotate in May
            password: 'it''s'
            port: 8448
            ratio: 1.50
            big: 1e20
            enabled: yes
            really: True
            nothing: null
            empty: ""
            since: 2024-02-03
            key: |
                -----BEGIN KEY-----
                abc

                def
                -----END KEY-----
            folded: >-
                one
                two

        list:
            - a
            - 2
            # between
            - {x: 1, "y z": [true, ~]}
            - - nested
              - deeper
        ünï: ☃🎉
        open_unencrypted: 0755
        more_unencrypted:
            when: 2001-12-14 21:59:43.10
            under: 1_000
            inf: -.inf
            word: on
            text: plain text, with commas

        """;

    internal const string Json = "{\n\t\"a\": \"x\",\n\t\"n\": 1.50,\n\t\"big\": 1e21,\n\t\"t\": true,\n\t\"nothing\": null,\n\t\"empty\": \"\",\n\t\"list\": [\n\t\t\"é\\u0041\\n\",\n\t\t{\"k\": [1, []]}\n\t],\n\t\"m\": {},\n\t\"plain_unencrypted\": {\"n\": 100000000000000000000}\n}\n";

    internal const string Dotenv = "# a comment\nA=1\nB=two words # not a comment\nEMPTY=\n#second\nMULTI=one\\ntwo\nX_unencrypted=open\n";

    internal const string Ini = "; of the file\ntop = 1\n\n[server]\n# about the port\nport = 8080\nname: \"quoted; value\"\nplain_unencrypted = `a # b`\nempty =\n\n[empty]\n[last]\nk = v\n";

    public static TheoryData<SopsFormat, string> All => new()
    {
        { SopsFormat.Yaml, Yaml }, { SopsFormat.Json, Json }, { SopsFormat.Dotenv, Dotenv }, { SopsFormat.Ini, Ini },
    };

    [Theory, MemberData(nameof(All))]
    public void What_goes_in_comes_out_again(SopsFormat format, string plain)
    {
        var file = Encrypt(plain, format);
        Assert.DoesNotContain("s3cret", file.Text, StringComparison.Ordinal);
        using var content = file.Decrypt([Key]);
        // Quotes and number forms may differ; names, values, comments and order may not: a second pass changes nothing.
        var shown = content.ToPlaintext();
        using var second = Encrypt(Encoding.UTF8.GetString(shown), format).Decrypt([Key]);
        Assert.Equal(shown, second.ToPlaintext());
        Assert.Equal(
            content.File.Names.Select(name => (name, content.GetString(name))),
            second.File.Names.Select(name => (name, second.GetString(name))));
        Assert.Same(file, content.Replace(shown, Times.Later));
    }

    [Fact]
    public void Every_type_of_leaf_is_read_as_sops_reads_it()
    {
        using var content = Encrypt(Yaml, SopsFormat.Yaml).Decrypt([Key]);
        var values = content.File.Names.ToDictionary(name => name, content.GetString);
        Assert.Equal("s3cret: \"quoted\"", values["bot/access_token"]);
        Assert.Equal("it's", values["bot/password"]);
        Assert.Equal("8448", values["bot/port"]);
        Assert.Equal("1.5", values["bot/ratio"]);
        Assert.Equal("100000000000000000000", values["bot/big"]);
        Assert.Equal("yes", values["bot/enabled"]);
        Assert.Equal("True", values["bot/really"]);
        Assert.Equal("", values["bot/nothing"]);
        Assert.Equal("2024-02-03T00:00:00Z", values["bot/since"]);
        Assert.Equal("-----BEGIN KEY-----\nabc\n\ndef\n-----END KEY-----\n", values["bot/key"]);
        Assert.Equal("one two", values["bot/folded"]);
        Assert.Equal("True", values["list/2/y z/0"]);
        Assert.Equal("deeper", values["list/3/1"]);
        Assert.Equal("☃🎉", values["ünï"]);
        Assert.Equal("493", values["open_unencrypted"]);
        Assert.Equal("2001-12-14T21:59:43.1Z", values["more_unencrypted/when"]);
        Assert.Equal("1000", values["more_unencrypted/under"]);
        Assert.Equal("-Inf", values["more_unencrypted/inf"]);
        Assert.Equal("on", values["more_unencrypted/word"]);
    }

    [Fact]
    public void The_encrypted_file_reads_like_the_plain_one()
    {
        var lines = Encrypt(Yaml, SopsFormat.Yaml).Text.Split('\n');
        Assert.Matches(@"^#ENC\[AES256_GCM,data:.*,type:comment\]$", lines[0]);
        Assert.Equal("bot:", lines[1]);
        Assert.Matches(@"^    #ENC\[.*type:comment\]$", lines[2]);
        Assert.Matches(@"^    access_token: ENC\[.*,type:str\]   #ENC\[.*type:comment\]$", lines[3]);
        Assert.Contains(lines, line => line == "    nothing: null");
        Assert.Contains(lines, line => line == "    empty: \"\"");
        Assert.Contains(lines, line => line == "open_unencrypted: 0755");
        Assert.Contains(lines, line => line.StartsWith("    - {x: \"ENC[", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(All))]
    public void One_value_set_leaves_every_other_line(SopsFormat format, string plain)
    {
        var name = format switch { SopsFormat.Yaml => "bot/key", SopsFormat.Json => "list/0", SopsFormat.Dotenv => "MULTI", _ => "server/port" };
        using var content = Encrypt(plain, format).Decrypt([Key]);
        var edited = content.Set(name, "brand\nnew"u8, Times.Later);
        var (before, after) = (content.File.Text.Split('\n'), edited.Text.Split('\n'));
        Assert.Equal(before.Length, after.Length);
        Assert.Equal(3, before.Zip(after).Count(pair => pair.First != pair.Second));
        using var again = edited.Decrypt([Key]);
        Assert.Equal("brand\nnew", again.GetString(name));
    }

    [Theory, MemberData(nameof(All))]
    public void Values_are_added_and_removed(SopsFormat format, string plain)
    {
        string[] names = format switch
        {
            SopsFormat.Dotenv => ["NEW"],
            SopsFormat.Ini => ["server/new", "empty/new", "fresh/new", "DEFAULT/new"],
            SopsFormat.Yaml => ["new", "bot/new", "fresh/deep/new", "list/2/new"],
            _ => ["new", "m/new", "fresh/deep/new", "list/1/new"],
        };
        foreach (var name in names)
        {
            using var content = Encrypt(plain, format).Decrypt([Key]);
            var wanted = format != SopsFormat.Ini && name.StartsWith("list", StringComparison.Ordinal) ? null : name;
            if (wanted is null)
                continue; // Maps inside lists are reached by edit.
            var added = content.Set(name, "n\"e'w"u8, Times.Later);
            using var with = added.Decrypt([Key]);
            Assert.Equal("n\"e'w", with.GetString(name));
            Assert.Equal(content.File.Names.Append(name).Order(), with.File.Names.Order());
            using var without = with.Remove(name, Times.Later).Decrypt([Key]);
            Assert.Equal(content.File.Names, without.File.Names.Where(left => left != "fresh/deep"));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void An_edited_text_keeps_the_ciphertext_of_what_stayed(SopsFormat format, string plain)
    {
        using var content = Encrypt(plain, format).Decrypt([Key]);
        var shown = Encoding.UTF8.GetString(content.ToPlaintext());
        var changed = format switch
        {
            SopsFormat.Yaml => shown.Replace("port: 8448", "# moved\n    port: 8449\n    extra: 1", StringComparison.Ordinal),
            SopsFormat.Json => shown.Replace("\"a\": \"x\"", "\"a\": \"y\"", StringComparison.Ordinal),
            SopsFormat.Dotenv => shown.Replace("A=1", "A=2", StringComparison.Ordinal),
            _ => shown.Replace("8080", "8081", StringComparison.Ordinal),
        };
        Assert.NotEqual(shown, changed);
        var edited = content.Replace(Encoding.UTF8.GetBytes(changed), Times.Later);
        using var again = edited.Decrypt([Key]);
        Assert.Equal(changed, Encoding.UTF8.GetString(again.ToPlaintext()));
        var lost = content.File.Text.Split('\n').Except(edited.Text.Split('\n')).ToList();
        Assert.Equal(3, lost.Count); // the value, the time and the code
    }

    [Fact]
    public void Bytes_that_are_no_text_are_encrypted_as_a_whole()
    {
        byte[] bytes = [0, 255, 1, 254, 10, 13];
        var file = SopsFile.Encrypt(bytes, SopsFormat.Binary, "key.bin", new SopsRule([Key.Recipient]), Times.Noon);
        using var content = file.Decrypt([Key]);
        Assert.Equal(bytes, content.ToPlaintext());
        Assert.Same(file, content.Replace(bytes, Times.Later));
        using var other = content.Replace([7], Times.Later).Decrypt([Key]);
        Assert.Equal([7], other.ToPlaintext());
    }

    [Theory, MemberData(nameof(All))]
    public void Recipients_come_and_go_and_the_data_key_rotates(SopsFormat format, string plain)
    {
        var other = AgeIdentity.Generate();
        using var content = Encrypt(plain, format).Decrypt([Key]);
        var both = content.WithRecipients([Key.Recipient, other.Recipient]);
        Assert.Equal([Key.Recipient.ToString(), other.Recipient.ToString()], both.Recipients);
        using var theirs = both.Decrypt([other]);
        Assert.Equal(content.ToPlaintext(), theirs.ToPlaintext());

        var alone = theirs.WithRecipients([other.Recipient]);
        Assert.Equal(SecretsFault.NoMatch, Assert.Throws<SecretsError>(() => alone.Decrypt([Key])).Fault);
        using var left = alone.Decrypt([other]);
        using var rotated = left.Rotate(Times.Later).Decrypt([other]);
        Assert.Equal(content.ToPlaintext(), rotated.ToPlaintext());
        Assert.Empty(Ciphertexts(rotated.File.Text).Intersect(Ciphertexts(alone.Text)));
        Assert.Same(content.File, content.WithRecipients([Key.Recipient]));
    }

    internal static SopsFile Encrypt(string plain, SopsFormat format) =>
        SopsFile.Encrypt(
            Encoding.UTF8.GetBytes(plain),
            format,
            $"secrets.{format.ToString().ToLowerInvariant()}",
            new SopsRule([Key.Recipient]),
            Times.Noon);

    private static IEnumerable<string> Ciphertexts(string text) => System.Text.RegularExpressions.Regex.Matches(text, @"ENC\[[^]]*\]").Select(match => match.Value);
}
