using System.Text.RegularExpressions;

namespace Hale.Secrets;

/// <summary>How new files are encrypted: the first rule of <c>.sops.yaml</c> that matches.</summary>
/// <param name="Recipients">Who can decrypt them.</param>
public sealed record SopsRule(IReadOnlyList<AgeRecipient> Recipients)
{
    /// <summary>Whether the authentication code leaves out values that are not encrypted.</summary>
    public bool MacOnlyEncrypted { get; init; }

    internal SopsCryptRule Crypt { get; init; } = SopsCryptRule.Default;
}

/// <summary>The creation rules of a <c>.sops.yaml</c>.</summary>
public sealed class SopsRules
{
    /// <summary>The file's name.</summary>
    public const string FileName = ".sops.yaml";

    private static readonly string[] OtherKinds = ["kms", "pgp", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri", "hc_vault"];
    private readonly YamlDocument document;
    private readonly string folder;

    private SopsRules(YamlDocument document, string folder)
    {
        this.document = document;
        this.folder = folder;
    }

    /// <summary>Reads the rules.</summary>
    /// <param name="path">The file; paths in it are relative to its folder.</param>
    /// <exception cref="SecretsError">The file is missing or malformed.</exception>
    public static SopsRules Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new SecretsError($"{path}: there is no such file.", "hale secrets init makes it.");
        return new SopsRules(new YamlDocument(path, File.ReadAllText(path), aliases: true), Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>The rules that hold for a file: of the nearest <c>.sops.yaml</c> in its folder or above.</summary>
    /// <param name="file">The file, which need not exist.</param>
    /// <exception cref="SecretsError">There is none, or it is malformed.</exception>
    public static SopsRules Find(string file)
    {
        for (var folder = Path.GetDirectoryName(Path.GetFullPath(file)); folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, FileName)))
                return Read(Path.Combine(folder, FileName));
        throw new SecretsError($"There is no {FileName} in the folder of {file} or above it.", "hale secrets init makes it.");
    }

    /// <summary>The rule for a new file: the first whose <c>path_regex</c> matches somewhere in its path, or that has none.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="SecretsError">No rule matches, or the one that does is not one Hale can follow.</exception>
    public SopsRule For(string file)
    {
        var relative = Path.GetRelativePath(folder, Path.GetFullPath(file));
        if (document.Root["creation_rules"] is not SopsList rules)
            throw document.Malformed("there are no creation_rules", 0, "creation_rules: a list of path_regex and age.");
        foreach (var item in rules.Items.Where(item => item is not SopsComment))
        {
            if (item is not SopsMap rule)
                throw document.Malformed("a creation rule is not a map", item.Range.Start, "- path_regex: …, age: …");
            if (rule["path_regex"] is not SopsLeaf { Text.Length: > 0 } pattern || Matches(pattern, relative))
                return RuleOf(rule);
        }

        throw new SecretsError(
            $"{document.File}: no creation rule matches {relative}.", "Add one whose path_regex matches it, or one without.");
    }

    private bool Matches(SopsLeaf pattern, string path)
    {
        try
        {
            return new Regex(pattern.Text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant).IsMatch(path);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw document.Malformed(
                $"path_regex \"{pattern.Text}\" is not a regular expression", pattern.Range.Start, "Write it in Go's syntax (RE2).");
        }
    }

    private SopsRule RuleOf(SopsMap rule)
    {
        var keys = rule;
        var groups = (rule["key_groups"] as SopsList)?.Items.Where(item => item is not SopsComment).ToList();
        if (groups is { Count: > 0 })
            keys = groups is [SopsMap group]
                ? group
                : throw document.Malformed(
                    "a data key split among several key_groups is not supported", groups[0].Range.Start, "Keep one group.");
        if (keys.Entries.FirstOrDefault(entry => OtherKinds.Contains(entry.Key) && SetIn(entry.Value)) is { } other)
            throw document.Malformed(
                $"the rule asks for {other.Key}, and Hale encrypts to age keys alone",
                other.Range.Start,
                "Leave it out, or make the file with sops.");
        var recipients = keys["age"] switch
        {
            SopsLeaf { Kind: SopsKind.Str } leaf => leaf.Text.Split(',').Select(text => (text, leaf)),
            SopsList list => list.Items.OfType<SopsLeaf>().SelectMany(leaf => leaf.Text.Split(',').Select(text => (text, leaf))),
            _ => [],
        };
        var parsed = recipients.Where(recipient => recipient.text.Trim().Length > 0).Select(Parsed).Distinct().ToList();
        if (parsed.Count == 0)
            throw document.Malformed("the rule names no age recipient", rule.Range.Start, "age: age1…");
        return new SopsRule(parsed)
        {
            MacOnlyEncrypted = rule["mac_only_encrypted"] is SopsLeaf { Kind: SopsKind.Bool, Text: "True" },
            Crypt = SopsCryptRule.Read(document, rule),
        };
    }

    private AgeRecipient Parsed((string Text, SopsLeaf At) recipient)
    {
        try
        {
            return AgeRecipient.Parse(recipient.Text);
        }
        catch (SecretsError error)
        {
            throw document.Malformed(error.Message.TrimEnd('.'), recipient.At.Range.Start, error.Hint);
        }
    }

    private static bool SetIn(SopsNode node) => node is SopsLeaf { Text.Length: > 0 } or SopsList { Items.Count: > 0 };
}
