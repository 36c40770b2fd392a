using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Text;

namespace Hale.Activator.Verify;

/// <summary>What a person changed, as a unified diff, where both sides are text and not too long to read.</summary>
internal static class Difference
{
    private const long LongestText = 256 * 1024;
    private const int MostLines = 400;
    private const int MostFiles = 50;
    private static readonly UTF8Encoding Strict = new(false, true);

    /// <param name="files">The machine.</param>
    /// <param name="declared">What was declared; null for nothing.</param>
    /// <param name="actual">What is there; null for nothing.</param>
    /// <param name="name">What to call it in the diff: its path on the machine.</param>
    internal static IReadOnlyList<string> Between(MachineFiles files, string? declared, string? actual, string name)
    {
        var (before, after) = (Texts(files, declared), Texts(files, actual));
        if (before is null || after is null)
            return [];
        var lines = before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
            .SelectMany(part => One($"{name}{part}", before.GetValueOrDefault(part), after.GetValueOrDefault(part))).ToList();
        return lines.Count <= MostLines ? lines : [.. lines.Take(MostLines), $"… and {lines.Count - MostLines} lines more"];
    }

    private static IEnumerable<string> One(string name, string? before, string? after)
    {
        var hunks = UnifiedDiff.Lines(before ?? "", after ?? "");
        return hunks.Count == 0 ? [] : [$"--- {(before is null ? "nothing" : $"{name} as declared")}", $"+++ {(after is null ? "nothing" : name)}", .. hunks];
    }

    /// <summary>The texts of a file or a folder, by their places in it; null where one is none.</summary>
    private static Dictionary<string, string>? Texts(MachineFiles files, string? path)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        return path is null || Add(files, path, "", texts) ? texts : null;
    }

    private static bool Add(MachineFiles files, string path, string place, Dictionary<string, string> texts)
    {
        // Absolute links lead from the machine's root, which may be a folder here.
        for (var hops = 0; files.Target(path) is { } target; hops++)
            if (hops == 16 || !target.StartsWith('/'))
                return false;
            else
                path = target;
        if (files.IsFolder(path))
            return files.Names(path).Order(StringComparer.Ordinal).ToList() is { Count: <= MostFiles } names
                && names.All(name => Add(files, $"{path}/{name}", $"{place}/{name}", texts)) && texts.Count <= MostFiles;
        if (PathStat.Of(files.At(path)) is not { IsFile: true, Size: <= LongestText })
            return false;
        try
        {
            var text = Strict.GetString(files.Read(path) ?? []);
            texts[place] = text;
            return !text.Contains('\0', StringComparison.Ordinal);
        }
        catch (Exception e) when (e is DecoderFallbackException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
