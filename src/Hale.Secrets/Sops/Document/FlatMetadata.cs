using System.Globalization;

namespace Hale.Secrets;

/// <summary>
/// sops's part in a format that has only names and values: <c>age__list_0__map_enc</c>, and \n for a line end.
/// </summary>
internal static class FlatMetadata
{
    private const string AgePrefix = "age__list_";

    /// <summary>Whether a name belongs to the list of age recipients.</summary>
    internal static bool IsAge(string name) => name.StartsWith(AgePrefix, StringComparison.Ordinal);

    /// <summary>The same as a map, with the recipients as a list of maps; names of other lists stay as they are.</summary>
    internal static SopsMap Unflatten(SopsDocument document, IReadOnlyList<SopsEntry> flat)
    {
        var age = new SortedDictionary<int, List<SopsNode>>();
        var items = new List<SopsNode>();
        foreach (var entry in flat)
        {
            if (!IsAge(entry.Key))
            {
                items.Add(entry);
                continue;
            }

            var parts = entry.Key[AgePrefix.Length..].Split("__map_");
            if (parts.Length != 2
                || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > 10_000)
                throw document.Malformed(
                    $"the name {entry.Key} of sops's own part is malformed", entry.Range.Start, "Take the file from git again.");
            age.TryAdd(index, []);
            age[index].Add(entry with { Key = parts[1] });
        }

        var range = new TextRange(0, 0);
        if (age.Count > 0)
            items.Add(new SopsEntry(range, "age", new SopsList(range, [.. age.Values.Select(fields => new SopsMap(range, fields))])));
        return new SopsMap(range, items);
    }

    /// <summary>Names and values of recipients.</summary>
    internal static IEnumerable<(string Name, string Value)> Flatten(IReadOnlyList<SopsRecipient> recipients) =>
        recipients.SelectMany((recipient, index) => new[]
        {
            ($"{AgePrefix}{index}__map_enc", Encode(recipient.Encrypted)),
            ($"{AgePrefix}{index}__map_recipient", recipient.Recipient),
        });

    internal static string Encode(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal);

    internal static string Decode(string text) => text.Replace("\\n", "\n", StringComparison.Ordinal);
}
