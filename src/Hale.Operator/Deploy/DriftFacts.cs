using System.Globalization;

namespace Hale.Operator.Deploy;

/// <summary>What <c>drift.sh</c> says of a machine.</summary>
/// <param name="Links">How many links of units and wants stand as the system made them.</param>
/// <param name="Files">How many links of files do.</param>
/// <param name="Beside">What else stands where systemd looks: path, and where it leads.</param>
/// <param name="Written">What of the units and files was written to.</param>
/// <param name="Units">ActiveState of units and targets by name.</param>
internal sealed record DriftFacts(
    int Links, int Files, IReadOnlyList<(string Path, string Target)> Beside, IReadOnlyList<string> Written, IReadOnlyDictionary<string, string> Units)
{
    /// <summary>Null where nothing was said.</summary>
    public static DriftFacts? Read(ILookup<string, string> said) => !said.Contains("links") ? null : new DriftFacts(
        Number(said["links"].First()),
        Number(said["files"].FirstOrDefault("")),
        [.. said["beside"].Select(line => line.Split('\t', 2)).Select(parts => (parts[0], parts.ElementAtOrDefault(1) ?? ""))],
        [.. said["written"]],
        said["unit"].Select(line => line.Split(' ', 2)).Where(parts => parts.Length == 2).DistinctBy(parts => parts[0])
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal));

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
