using System.Globalization;
using System.Text.RegularExpressions;

namespace Hale.Secrets;

/// <summary>
/// sops's own part of a file. Only the time is authenticated, with the code over the values; the rest is taken at its word.
/// </summary>
/// <param name="Recipients">The age recipients, each with the data key encrypted to it.</param>
/// <param name="OtherKinds">The other kinds of keys that open the file, such as pgp, by their names.</param>
/// <param name="Rule">Which leaves are encrypted.</param>
/// <param name="MacOnlyEncrypted">Whether the authentication code leaves out what is not.</param>
/// <param name="LastModified">The time of the last change, as the code is bound to it.</param>
/// <param name="Mac">The encrypted authentication code.</param>
/// <param name="LastModifiedAt">Where the time stands.</param>
/// <param name="MacAt">Where the code stands.</param>
internal sealed partial record SopsMetadata(
    IReadOnlyList<SopsRecipient> Recipients, IReadOnlyList<string> OtherKinds, SopsCryptRule Rule, bool MacOnlyEncrypted,
    string LastModified, string Mac, SopsLeaf LastModifiedAt, SopsLeaf MacAt)
{
    internal const string Version = "3.9.0";
    private const string Again = "Take the file from git again.";
    private static readonly string[] OtherKeys = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp"];
    private static readonly string[] Others = ["key_groups", "shamir_threshold", "mac_only_encrypted", "version", "age", "lastmodified", "mac"];

    internal static SopsMetadata Read(SopsDocument document)
    {
        if (document.Metadata is not { } map)
            throw new SecretsError(
                $"{document.File}: the file is not encrypted with sops: it has no part of sops's own.",
                "Encrypt it: hale secrets edit, or sops encrypt.");
        foreach (var entry in map.Entries)
            if (!SopsCryptRule.Kinds.Contains(Base(entry.Key)) && !OtherKeys.Contains(Base(entry.Key)) && !Others.Contains(Base(entry.Key)))
                throw document.Malformed(
                    $"sops's own part has the unknown key {entry.Key}",
                    entry.Range.Start,
                    "It was written by a newer sops, or changed by hand; take it from git again, or update Hale.");
        foreach (var entry in map.Entries)
            if (OtherKeys.Contains(entry.Key) && entry.Value is not (SopsList or SopsLeaf { Kind: SopsKind.Null }))
                throw document.Malformed($"{entry.Key} of sops's own part is not a list", entry.Range.Start, Again);
        if (map.Entries.Any(entry => Base(entry.Key) == "key_groups" && IsSet(entry.Value)))
            throw new SecretsError(
                $"{document.File}: the data key is split among key groups, which is not supported.",
                "Encrypt the file again with one group: sops updatekeys.");

        var modified = Leaf(document, map, "lastmodified");
        var mac = Leaf(document, map, "mac");
        return new SopsMetadata(
            RecipientsOf(document, map),
            [.. map.Entries.Where(
                entry => OtherKeys.Contains(Base(entry.Key)) && IsSet(entry.Value)).Select(entry => Base(entry.Key)).Distinct()],
            SopsCryptRule.Read(document, map),
            map["mac_only_encrypted"] is SopsLeaf { Text: "True" or "true" },
            Canonical(modified.Text) ?? throw document.Malformed("lastmodified is not a time", modified.Range.Start, Again),
            mac.Text, modified, mac);
    }

    internal static string Time(DateTimeOffset now) => now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The fields of a new file after its recipients, in sops's order.</summary>
    internal static IReadOnlyList<(string Name, string Value)> NewFields(SopsCryptRule rule, bool macOnlyEncrypted)
    {
        List<(string, string)> fields = [("lastmodified", "1970-01-01T00:00:00Z"), ("mac", "ENC[AES256_GCM,]"), (rule.Kind, rule.Pattern)];
        if (macOnlyEncrypted)
            fields.Add(("mac_only_encrypted", "true"));
        return [.. fields, ("version", Version)];
    }

    /// <summary>In flat formats the names of lists go on after two underscores.</summary>
    private static string Base(string key) => key.IndexOf("__", StringComparison.Ordinal) is var at && at > 0 ? key[..at] : key;

    private static bool IsSet(SopsNode node) => node switch
    {
        SopsLeaf leaf => leaf.Kind != SopsKind.Null && leaf.Text.Length > 0,
        SopsList list => list.Items.Count > 0,
        SopsMap map => map.Items.Count > 0,
        _ => false,
    };

    private static List<SopsRecipient> RecipientsOf(SopsDocument document, SopsMap map) => map["age"] switch
    {
        null or SopsLeaf { Kind: SopsKind.Null } => [],
        SopsList list => [.. list.Items.Where(item => item is not SopsComment).Select(item => item is SopsMap fields
            ? new SopsRecipient(Leaf(document, fields, "recipient").Text, Leaf(document, fields, "enc").Text)
            : throw document.Malformed("an age recipient of sops's own part is not a map", item.Range.Start, Again))],
        var other => throw document.Malformed("the age recipients of sops's own part are not a list", other.Range.Start, Again),
    };

    private static SopsLeaf Leaf(SopsDocument document, SopsMap map, string key) => map[key] is SopsLeaf { Text.Length: > 0 } leaf
        ? leaf
        : throw document.Malformed($"sops's own part has no {key}", map.Range.Start, Again);

    /// <summary>RFC 3339 without fractions, as sops writes it again; null where it is no such time.</summary>
    private static string? Canonical(string text)
    {
        var match = Rfc3339().Match(text);
        if (!match.Success || !DateTime.TryParseExact(
            match.Groups[1].Value, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            return null;
        var zone = match.Groups[2].Value;
        return match.Groups[1].Value + (zone == "+00:00" ? "Z" : zone);
    }

    [GeneratedRegex(@"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-][01]\d:[0-5]\d|[+-]2[0-3]:[0-5]\d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();
}
