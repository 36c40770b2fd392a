using Hale.Store.Unpack;

namespace Hale.Store.Debian;

/// <summary>Settles what several packages put at one path.</summary>
internal static class PathConflicts
{
    /// <summary>
    /// Leaves at each contested path what belongs there: identical things are one; otherwise the package that Replaces the
    /// others wins (policy 7.6). The outcome does not depend on who came first.
    /// </summary>
    /// <param name="tree">The root, all packages unpacked.</param>
    /// <param name="replaces">Whether the first package replaces files of the second.</param>
    /// <exception cref="UserError">Two packages dispute a path; all such paths are named.</exception>
    public static void Settle(RootTree tree, Func<string, string, bool> replaces)
    {
        var problems = new List<string>();
        var contested = tree.Contested.GroupBy(static item => item.Path, static item => item.Claim);
        foreach (var group in contested.OrderBy(static group => group.Key, StringComparer.Ordinal))
        {
            var all = group.Append(tree.Claims[group.Key]).DistinctBy(static c => (c.Package, c.Kind))
                .OrderBy(static c => c.Package, StringComparer.Ordinal).ThenBy(static c => c.Kind)
                .ToList();
            if (all.Skip(1).All(other => AreSame(all[0], other))) continue;
            var winner = all.Exists(static c => c.Kind == EntryKind.Directory)
                ? null
                : all.Find(claim => all.TrueForAll(other => other == claim || replaces(claim.Package, other.Package)));
            if (winner is null)
                problems.Add($"{string.Join(" and ", all.Select(static c => $"{c.Package} ({Word(c)})"))} both have {group.Key}");
            else if (winner != tree.Claims[group.Key])
                tree.Replace(group.Key, winner);
        }

        if (problems.Count > 0)
        {
            throw new UserError(
                $"Packages of one root dispute a path, and none Replaces the other:\n  {string.Join("\n  ", problems)}",
                "Exclude one of the packages, or put them in roots of their own.");
        }
    }

    /// <summary>Refuses links that lead in a circle: whoever follows one would never arrive.</summary>
    /// <exception cref="UserError">There are such links; all are named.</exception>
    public static void RefuseLoops(IReadOnlyDictionary<string, Claim> claims)
    {
        var loops = claims.Where(static c => c.Value.Kind == EntryKind.SymbolicLink).Where(c => Loops(claims, c.Key))
            .OrderBy(static c => c.Key, StringComparer.Ordinal)
            .Select(static c => $"{c.Key} of {c.Value.Package} leads to {c.Value.Target}").ToList();
        if (loops.Count > 0)
            throw new UserError(
                $"Links lead in a circle:\n  {string.Join("\n  ", loops)}",
                "No package of Debian is like that. Is the archive trustworthy?");
    }

    private static bool AreSame(Claim a, Claim b) =>
        a.Kind == b.Kind && a.Target == b.Target && a.Executable == b.Executable && (a.Kind != EntryKind.File || SameContent(a.Place!, b.Place!));

    private static bool SameContent(string a, string b) =>
        new FileInfo(a).Length == new FileInfo(b).Length && File.ReadAllBytes(a).AsSpan().SequenceEqual(File.ReadAllBytes(b));

    private static string Word(Claim claim) => claim.Kind switch
    {
        EntryKind.Directory => "a folder",
        EntryKind.SymbolicLink => $"a link to {claim.Target}",
        _ => "a file",
    };

    // Follows a link through the root as the kernel would, forty links far (path_resolution(7)).
    private static bool Loops(IReadOnlyDictionary<string, Claim> claims, string link)
    {
        var followed = 0;
        var pending = new Stack<string>(link.Split('/').Reverse());
        var at = new List<string>();
        while (pending.TryPop(out var part))
        {
            if (part is "" or ".") continue;
            if (part == "..")
            {
                if (at.Count > 0) at.RemoveAt(at.Count - 1);
                continue;
            }

            at.Add(part);
            if (!claims.TryGetValue(string.Join('/', at), out var claim) || claim.Kind != EntryKind.SymbolicLink) continue;
            if (++followed > 40) return true;
            if (claim.Target.StartsWith('/')) at.Clear(); else at.RemoveAt(at.Count - 1);
            foreach (var next in claim.Target.Split('/').Reverse()) pending.Push(next);
        }

        return false;
    }
}
