using System.Text;

namespace Hale.Secrets.Tests.Sops;

/// <summary>A file that sops itself made, with its key.</summary>
public sealed class RealFileTests
{
    private static readonly string? Folder = Shared.Vectors("sops");

    [Fact]
    public void It_decrypts_and_verifies()
    {
        if (Folder is null)
            return;
        using var content = Read();
        Assert.Equal(["test_key", "a_list/0", "a_list/1", "nested/test/file"], content.File.Names);
        Assert.Equal(["test_value", "e1", "e3", "another value"], content.File.Names.Select(content.GetString));
        Assert.Equal(2, content.File.Recipients.Count);
        Assert.Equal(
            "test_key: test_value\na_list:\n    - e1\n    - e3\nnested:\n    test:\n        file: \"another value\"\n",
            Encoding.UTF8.GetString(content.ToPlaintext()));
    }

    /// <summary>
    /// What holds of changing one byte: it is refused, or every name and value is the same as before. And where the second is so, the byte
    /// is one that sops does not authenticate: white space and quotes, the entries of other keys (pgp, and the age recipient whose key we do not have),
    /// the rule's text where no key ends in it, and the version.
    /// </summary>
    [Fact]
    public void A_change_of_any_byte_is_refused_or_changes_nothing()
    {
        if (Folder is null)
            return;
        var text = File.ReadAllText(Path.Combine(Folder, "secrets.yaml"));
        var key = AgeIdentity.ReadKeyFile(OwnersOnly());
        using var before = SopsFile.Parse(text, SopsFormat.Yaml, "secrets.yaml").Decrypt(key);
        var expected = before.File.Names.Select(name => (name, before.GetString(name))).ToList();
        var harmless = new Dictionary<string, int>();
        var refused = 0;
        for (var at = 0; at < text.Length; at++)
            foreach (var mask in (int[])[0x01, 0x02, 0x20])
            {
                var changed = text[..at] + (char)(text[at] ^ mask) + text[(at + 1)..];
                try
                {
                    using var content = SopsFile.Parse(changed, SopsFormat.Yaml, "secrets.yaml").Decrypt(key);
                    Assert.Equal(expected, content.File.Names.Select(name => (name, content.GetString(name))));
                    var part = PartOf(text, at);
                    harmless[part] = harmless.GetValueOrDefault(part) + 1;
                }
                catch (SecretsError error)
                {
                    Assert.DoesNotContain("test_value", error.ToString(), StringComparison.Ordinal);
                    refused++;
                }
            }

        Assert.Equal(
            ["another recipient", "pgp", "unencrypted_suffix", "version", "white space"],
            harmless.Keys.Order(StringComparer.Ordinal));
        Assert.True(refused > 6000, $"{refused} refused, {string.Join(", ", harmless)}");
    }

    [Fact]
    public void An_edit_leaves_every_other_line_as_it_is()
    {
        if (Folder is null)
            return;
        using var content = Read();
        var edited = content.Set("nested/test/file", "new: value\nof two lines"u8, Times.Noon);
        var (before, after) = (content.File.Text.Split('\n'), edited.Text.Split('\n'));
        Assert.Equal(before.Length, after.Length);
        Assert.Equal(
            ["file", "lastmodified", "mac"],
            before.Zip(after).Where(pair => pair.First != pair.Second).Select(pair => pair.First.Trim().Split(':')[0]));
        using var again = edited.Decrypt(AgeIdentity.ReadKeyFile(OwnersOnly()));
        Assert.Equal("new: value\nof two lines", again.GetString("nested/test/file"));
        Assert.Equal("e1", again.GetString("a_list/0"));
        Assert.Same(content.File, content.Set("test_key", "test_value"u8, Times.Noon));
    }

    [Fact]
    public void Rotation_is_refused_while_pgp_could_not_follow()
    {
        if (Folder is null)
            return;
        using var content = Read();
        Assert.Contains("pgp", Assert.Throws<SecretsError>(() => content.Rotate(Times.Noon)).Message);
    }

    private static SopsContent Read() => SopsFile.Read(Path.Combine(Folder!, "secrets.yaml")).Decrypt(AgeIdentity.ReadKeyFile(OwnersOnly()));

    /// <summary>The vectors' key file is world-readable, which Hale refuses; a copy that is not.</summary>
    private static string OwnersOnly()
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"keys-{Environment.CurrentManagedThreadId}.txt");
        File.WriteAllText(path, File.ReadAllText(Path.Combine(Folder!, "age-keys.txt")));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static string PartOf(string text, int at)
    {
        var line = text[(text.LastIndexOf('\n', Math.Max(0, at - 1)) + 1)..].Split('\n')[0];
        if (at >= text.IndexOf("    pgp:", StringComparison.Ordinal) && at < text.IndexOf("    unencrypted_suffix", StringComparison.Ordinal))
            return "pgp";
        if (at >= text.IndexOf("        - recipient: age1a8pk", StringComparison.Ordinal) && at < text.IndexOf("    lastmodified", StringComparison.Ordinal))
            return "another recipient";
        if (char.IsWhiteSpace(text[at]))
            return "white space";
        if (line.Contains("age1yt3", StringComparison.Ordinal))
            return "our recipient's name";
        foreach (var field in (string[])["version", "unencrypted_suffix"])
            if (line.Trim().StartsWith(field, StringComparison.Ordinal))
                return field;
        return $"{line.Trim()} at {at}";
    }
}

/// <summary>Times of tests.</summary>
internal static class Times
{
    internal static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    internal static readonly DateTimeOffset Later = Noon.AddHours(1);
}
