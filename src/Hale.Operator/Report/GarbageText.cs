using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Operator.Report;

/// <summary>What a collection deletes, as lines that a person reads.</summary>
internal static class GarbageText
{
    private const int HashLength = 33;
    private static readonly int Prefix = "/nix/store/".Length;

    public static IEnumerable<string> Lines(string host, GarbageEvent garbage, Detail detail)
    {
        var goes = garbage.DryRun ? "would go" : "goes";
        foreach (var kept in garbage.Snapshots)
            yield return $"{host}: with generation {kept.Generation} {goes} its snapshot of the data of {kept.Name}, of {kept.At:yyyy-MM-dd HH:mm}Z, {ByteSize.Text(kept.Bytes)}";
        if (garbage.Aside.Count > 0)
            yield return $"{host}: what was kept aside more than 90 days ago {goes} too: {string.Join(", ", garbage.Aside)}";
        yield return garbage.Paths.Count + garbage.Generations.Count == 0
            ? $"{host}: nothing to delete; {Count(garbage.KeptPaths, "store path")}, {ByteSize.Text(garbage.KeptBytes)}, are needed"
            : $"{host}: {Generations(garbage.Generations)}{Count(garbage.Paths.Count, "store path")} of {garbage.Paths.Count + garbage.KeptPaths} {goes}, {ByteSize.Text(garbage.Bytes)}";
        if (detail == Detail.All)
            foreach (var path in garbage.Paths.OrderByDescending(path => path.NarSize))
                yield return $"  - {ByteSize.Text(path.NarSize),8}  {path.Path[(Prefix + HashLength)..]}";
    }

    private static string Generations(IReadOnlyList<int> numbers) =>
        numbers.Count == 0 ? "" : $"generation{(numbers.Count > 1 ? "s" : "")} {string.Join(", ", numbers)} and ";

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
