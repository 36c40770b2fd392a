using System.Text.RegularExpressions;

namespace Hale.Secrets;

/// <summary>How new files are encrypted: the first rule of <c>.sops.yaml</c> that matches.</summary>
/// <param name="Recipients">Who can decrypt them.</param>
public sealed record SopsRule(IReadOnlyList<AgeRecipient> Recipients)
{
    /// <summary>Its place among the creation rules, from 0.</summary>
    public int Index { get; init; }

    /// <summary>Whether the authentication code leaves out values that are not encrypted.</summary>
    public bool MacOnlyEncrypted { get; init; }

    internal SopsCryptRule Crypt { get; init; } = SopsCryptRule.Default;
}

/// <summary>
/// The creation rules of a <c>.sops.yaml</c>. Immutable; an edit of its recipients gives another, in which all else is as it was.
/// </summary>
public sealed class SopsRules
{
    /// <summary>The file's name.</summary>
    public const string FileName = ".sops.yaml";

    private static readonly string[] OtherKinds = ["kms", "pgp", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri", "hc_vault"];
    private readonly YamlDocument document;
    private readonly string folder;

    private SopsRules(string path, string text)
    {
        document = new YamlDocument(path, text, aliases: true);
        folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    }

    /// <summary>The file; the paths of its rules are relative to its folder.</summary>
    public string Name => document.File;

    /// <summary>The file's text.</summary>
    public string Text => document.Text;

    /// <summary>All rules, in order.</summary>
    /// <exception cref="SecretsError">There is none, or one that Hale cannot follow.</exception>
    public IReadOnlyList<SopsRule> All => [.. Maps().Select(RuleOf)];

    /// <summary>Reads the rules.</summary>
    /// <param name="path">The file; paths in it are relative to its folder.</param>
    /// <exception cref="SecretsError">The file is missing or malformed.</exception>
    public static SopsRules Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new SecretsError($"{path}: there is no such file.", "hale secrets init makes it.");
        return Parse(path, File.ReadAllText(path));
    }

    /// <summary>Reads the text of such a file.</summary>
    /// <param name="path">Where it stands, or will.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="SecretsError">It is malformed.</exception>
    public static SopsRules Parse(string path, string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(text);
        return new SopsRules(path, text);
    }

    /// <summary>The rules that hold for a file: of the nearest <c>.sops.yaml</c> in its folder or above.</summary>
    /// <param name="file">The file, which need not exist.</param>
    /// <exception cref="SecretsError">There is none, or it is malformed.</exception>
    public static SopsRules Find(string file)
    {
        for (var folder = Path.GetDirectoryName(Path.GetFullPath(file)); folder is not null; folder = Path.GetDirectoryName(folder))
            if (Path.Combine(folder, FileName) is var path && File.Exists(path))
                return Read(path);
        throw new SecretsError($"There is no {FileName} in the folder of {file} or above it.", "hale secrets init makes it.");
    }

    /// <summary>The rule for a new file: the first whose <c>path_regex</c> matches somewhere in its path, or that has none.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="SecretsError">No rule matches, or the one that does is not one Hale can follow.</exception>
    public SopsRule For(string file)
    {
        var relative = Path.GetRelativePath(folder, Path.GetFullPath(file));
        foreach (var (rule, index) in Maps().Select((rule, index) => (rule, index)))
            if (rule["path_regex"] is not SopsLeaf { Text.Length: > 0 } pattern || Matches(pattern, relative))
                return RuleOf(rule, index);
        throw new SecretsError(
            $"{document.File}: no creation rule matches {relative}.", "Add one whose path_regex matches it, or one without.");
    }

    /// <summary>The rules with one more recipient in one of them: in the form in which the others are written there.</summary>
    /// <param name="rule">One of these rules.</param>
    /// <param name="recipient">Who is added.</param>
    /// <param name="name">What a comment or anchor shall call the recipient; null for nothing.</param>
    /// <returns>The new rules; these where the recipient is in the rule already.</returns>
    /// <exception cref="SecretsError">The rule is written in a way that cannot be changed safely.</exception>
    public SopsRules With(SopsRule rule, AgeRecipient recipient, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(recipient);
        return rule.Recipients.Contains(recipient)
            ? this
            : Edited(rule, RecipientsText.Add(document, AgeOf(rule), recipient, name), [.. rule.Recipients, recipient]);
    }

    /// <summary>The rules with one recipient less in one of them, and what named nobody else.</summary>
    /// <param name="rule">One of these rules.</param>
    /// <param name="recipient">Who is taken out.</param>
    /// <returns>The new rules; these where the recipient is not in the rule.</returns>
    /// <exception cref="SecretsError">It is the rule's last one, or the rule is written in a way that cannot be changed safely.</exception>
    public SopsRules Without(SopsRule rule, AgeRecipient recipient)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(recipient);
        if (!rule.Recipients.Contains(recipient))
            return this;
        var left = rule.Recipients.Where(one => !one.Equals(recipient)).ToList();
        return left.Count > 0
            ? Edited(rule, RecipientsText.Remove(document, AgeOf(rule), recipient), left)
            : throw new SecretsError(
                $"{document.File}: {recipient} is the last recipient of a rule; without it nobody could decrypt its files.",
                "Add another one first: hale secrets recipients add.");
    }

    /// <summary>What the file calls a recipient: its anchor, or the comment beside it; null where it says nothing.</summary>
    /// <param name="recipient">The recipient.</param>
    public string? NameOf(AgeRecipient recipient) => RecipientsText.NameOf(document.Text, recipient);

    /// <summary>Checks that an edit did what it should, and nothing else.</summary>
    private SopsRules Edited(SopsRule rule, string text, IReadOnlyCollection<AgeRecipient> wanted)
    {
        try
        {
            var edited = Parse(Name, text);
            var (before, after) = (Maps(), edited.Maps());
            if (before.Count == after.Count && after.Select((map, index) => index == rule.Index
                ? edited.RuleOf(map, index).Recipients.ToHashSet().SetEquals(wanted)
                : Same(map, before[index])).All(same => same))
                return edited;
        }
        catch (SecretsError)
        {
            // Said below: it is the edit that was wrong, not the file.
        }
        throw new SecretsError(
            $"{document.File}: the recipients of rule {rule.Index + 1} are written in a way that Hale cannot change without touching others.",
            $"Change them by hand, to: {string.Join(", ", wanted)}.");
    }

    private static bool Same(SopsMap one, SopsMap other) => SopsPath.Names(one).SequenceEqual(SopsPath.Names(other)) && Leaves(one).SequenceEqual(Leaves(other));

    private static IEnumerable<string> Leaves(SopsNode node) => node switch
    {
        SopsMap map => map.Entries.SelectMany(entry => Leaves(entry.Value)),
        SopsList list => list.Items.SelectMany(Leaves),
        SopsLeaf leaf => [leaf.Text],
        _ => [],
    };

    private SopsEntry AgeOf(SopsRule rule) => KeysOf(Maps()[rule.Index]).Entries.First(entry => entry.Key == "age");

    private List<SopsMap> Maps() => document.Root["creation_rules"] is SopsList { Items: var items }
        ? [.. items.Where(item => item is not SopsComment).Select(item => item as SopsMap
            ?? throw document.Malformed("a creation rule is not a map", item.Range.Start, "- path_regex: …, age: …"))]
        : throw document.Malformed("there are no creation_rules", 0, "creation_rules: a list of path_regex and age.");

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

    /// <summary>The map that names the keys: the rule itself, or its one group.</summary>
    private SopsMap KeysOf(SopsMap rule) => (rule["key_groups"] as SopsList)?.Items.Where(item => item is not SopsComment).ToList() switch
    {
        null or [] => rule,
        [SopsMap group] => group,
        var groups => throw document.Malformed(
            "a data key split among several key_groups is not supported", groups[0].Range.Start, "Keep one group."),
    };

    private SopsRule RuleOf(SopsMap rule, int index)
    {
        var keys = KeysOf(rule);
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
            Index = index,
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
