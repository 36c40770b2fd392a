using System.Text.RegularExpressions;
using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Paths;
using Hale.Store.Text;

namespace Hale.Operator.Deploy;

/// <summary>What the units and files of a new system say otherwise than those on the machine.</summary>
internal static partial class TextDifferences
{
    private const long LongestText = 64 << 10;

    /// <summary>Compares the texts of the machine with those of a system in this computer's store.</summary>
    /// <param name="manifest">The new system.</param>
    /// <param name="plan">What comes, changes and goes.</param>
    /// <param name="before">Texts on the machine, by their absolute path.</param>
    /// <param name="store">The store of this computer.</param>
    public static IReadOnlyList<PlannedDifference> Of(
        SystemManifest manifest, ActivationPlan plan, IReadOnlyDictionary<string, string> before, LocalStore store)
    {
        var added = plan.Files.Where(file => file.Change == Change.Added).Select(file => file.Path)
            .Concat(plan.Links.Where(link => link.Change == Change.Added).Select(link => link.Path)).ToHashSet(StringComparer.Ordinal);
        var (texts, unread) = (new SortedDictionary<string, string>(StringComparer.Ordinal), new List<string>());
        foreach (var (place, path) in manifest.Contents().Where(one => added.Contains(one.Place) || before.Keys.Any(old => IsAt(old, one.Place))))
            if (TextTree.Of(path, LongestText, real => At(real, store)) is { } parts)
                foreach (var (part, text) in parts)
                    texts[place + part] = text;
            else
                unread.Add(place);
        return [.. Between(before.Where(one => !unread.Any(place => IsAt(one.Key, place))).ToDictionary(), texts)];
    }

    /// <summary>Compares texts by their paths. Pure.</summary>
    internal static IEnumerable<PlannedDifference> Between(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        foreach (var path in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var (old, @new) = (before.GetValueOrDefault(path), after.GetValueOrDefault(path));
            var change = old is null ? Change.Added : @new is null ? Change.Removed : Change.Changed;
            var lines = UnifiedDiff.Lines(Shortened(old ?? ""), Shortened(@new ?? ""));
            var rebuilt = change == Change.Changed ? Rebuilt(old!, @new!) : [];
            if (lines.Count > 0 || rebuilt.Count > 0)
                yield return new PlannedDifference(path, change, lines, rebuilt);
        }
    }

    /// <summary>Names of store paths that both texts have, with other hashes.</summary>
    private static List<string> Rebuilt(string old, string @new)
    {
        var (before, after) = (Hashes(old), Hashes(@new));
        return [.. before.Where(one => after.Contains(one.Key) && !one.ToHashSet().SetEquals(after[one.Key])).Select(one => one.Key).Order(StringComparer.Ordinal)];

        static ILookup<string, string> Hashes(string text) => InStore().Matches(text).ToLookup(path => path.Groups[2].Value, path => path.Groups[1].Value);
    }

    private static string Shortened(string text) => InStore().Replace(text, "/nix/store/…-$2");

    private static bool IsAt(string path, string place) => path == place || path.StartsWith(place + "/", StringComparison.Ordinal);

    private static string At(string path, LocalStore store)
    {
        if (!path.StartsWith("/nix/store/", StringComparison.Ordinal))
            return path;
        var parts = path.Split('/', 5);
        var real = store.Real(StorePath.Parse(string.Join('/', parts[..4])));
        return parts.Length == 4 ? real : Path.Combine(real, parts[4]);
    }

    [GeneratedRegex("/nix/store/([0-9a-z]{32})-([A-Za-z0-9+._?=-]+)")]
    private static partial Regex InStore();
}
