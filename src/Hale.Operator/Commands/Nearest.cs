namespace Hale.Operator;

/// <summary>Finds what a person probably meant.</summary>
internal static class Nearest
{
    private const int MostListed = 12;

    /// <summary>"Did you mean …?" where something is near, and what there is otherwise.</summary>
    public static string Hint(string given, IReadOnlyCollection<string> known, string otherwise)
    {
        if (known.Count == 0)
            return "";
        if (known.FirstOrDefault(name => name.StartsWith(given, StringComparison.OrdinalIgnoreCase)) is { } begun)
            return $"Did you mean {begun}?";
        var (best, distance) = known.Select(name => (name, Distance: Distance(given, name))).MinBy(pair => pair.Distance);
        return distance <= Math.Max(1, Math.Min(given.Length, best.Length) / 3)
            ? $"Did you mean {best}?"
            : $"{otherwise}: {List(known)}";
    }

    /// <summary>Names, a dozen at most.</summary>
    public static string List(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(MostListed)) + (names.Count > MostListed ? $" and {names.Count - MostListed} more" : "");

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment), without regard to case.</summary>
    internal static int Distance(string a, string b)
    {
        var (x, y) = (a.ToLowerInvariant(), b.ToLowerInvariant());
        var cost = new int[x.Length + 1, y.Length + 1];
        for (var i = 0; i <= x.Length; i++)
            cost[i, 0] = i;
        for (var j = 0; j <= y.Length; j++)
            cost[0, j] = j;
        for (var i = 1; i <= x.Length; i++)
        {
            for (var j = 1; j <= y.Length; j++)
            {
                var best = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + (x[i - 1] == y[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                    best = Math.Min(best, cost[i - 2, j - 2] + 1);
                cost[i, j] = best;
            }
        }
        return cost[x.Length, y.Length];
    }
}
