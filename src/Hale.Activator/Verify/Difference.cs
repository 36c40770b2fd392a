using Hale.Activator.Machine;
using Hale.Store.Text;

namespace Hale.Activator.Verify;

/// <summary>What a person changed, as a unified diff, where both sides are text and not too long to read.</summary>
internal static class Difference
{
    private const long LongestText = 256 * 1024;
    private const int MostLines = 400;

    /// <param name="files">The machine.</param>
    /// <param name="declared">What was declared; null for nothing.</param>
    /// <param name="actual">What is there; null for nothing.</param>
    /// <param name="name">What to call it in the diff: its path on the machine.</param>
    internal static IReadOnlyList<string> Between(MachineFiles files, string? declared, string? actual, string name)
    {
        var (before, after) = (Texts(declared), Texts(actual));
        if (before is null || after is null)
            return [];
        var lines = before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
            .SelectMany(part => One($"{name}{part}", before.GetValueOrDefault(part), after.GetValueOrDefault(part))).ToList();
        return lines.Count <= MostLines ? lines : [.. lines.Take(MostLines), $"… and {lines.Count - MostLines} lines more"];

        IReadOnlyDictionary<string, string>? Texts(string? path) => path is null ? new Dictionary<string, string>() : TextTree.Of(path, LongestText, files.At, real => PathStat.Of(real) is { IsFile: true });
    }

    private static IEnumerable<string> One(string name, string? before, string? after)
    {
        var hunks = UnifiedDiff.Lines(before ?? "", after ?? "");
        return hunks.Count == 0 ? [] : [$"--- {(before is null ? "nothing" : $"{name} as declared")}", $"+++ {(after is null ? "nothing" : name)}", .. hunks];
    }
}
