using System.Text;

namespace Hale.Store.Debian;

/// <summary>Says why a request has no closure, in the terms of who asked for what.</summary>
internal static class ResolverProblems
{
    /// <summary>Checks that a request asks for what can exist; all that it gets wrong is one error.</summary>
    /// <exception cref="UserError">A package, a suite or an exclusion is unknown.</exception>
    public static void CheckRequest(DebianRequest request, PackageUniverse universe)
    {
        var problems = new List<string>();
        if (request.Packages.Count == 0) problems.Add("The request names no package.");
        foreach (var package in request.Packages)
        {
            if (package.Suite is not null && !universe.Suites.Contains(package.Suite))
                problems.Add($"The package {package.Name} is to come from {package.Suite}, which is none of the request's "
                    + $"suites ({string.Join(", ", universe.Suites)}).");
            else if (!Exists(package.Name, universe))
                problems.Add($"{Where(universe)} has no package {package.Name}.{Nearest(package.Name, universe)}");
            else if (package.Suite is not null && !InSuite(package.Name, package.Suite, universe))
                problems.Add($"{package.Suite} has no package {package.Name}; there is {Offered(package.Name, universe)}.");
            if (request.Exclude.Contains(package.Name))
                problems.Add($"The package {package.Name} is both asked for and excluded.");
        }

        foreach (var name in request.Exclude.Where(name => !Exists(name, universe)))
            problems.Add($"The excluded package {name} does not exist in {Where(universe)}.{Nearest(name, universe)}");
        if (problems.Count > 0)
            throw new UserError(string.Join('\n', problems), "Names are those of Debian packages: `apt-cache search WORD` finds them.");
    }

    /// <summary>The error for a demand that nothing can meet.</summary>
    public static UserError Unsatisfiable(Selection selection, Demand demand, PackageUniverse universe)
    {
        var text = new StringBuilder();
        var chain = selection.ChainTo(demand.Owner).Select(static chosen => chosen.Package.Name).Append(demand.Wanted.ToString());
        text.Append("These packages cannot be had together: ").AppendJoin(" → ", chain);
        foreach (var alternative in demand.Wanted.Alternatives)
            text.Append("\n  ").Append(alternative).Append(": ").Append(Explain(selection, demand, alternative, universe));
        return new UserError(
            text.ToString(),
            "Add a suite that has what is missing, take a package from another suite, or exclude a package that only maintainer "
                + "scripts need.");
    }

    private static string Explain(Selection selection, Demand demand, PackageBound wanted, PackageUniverse universe)
    {
        if (!Exists(wanted.Name, universe)) return $"{Where(universe)} has no such package.{Nearest(wanted.Name, universe)}";
        var candidates = universe.Candidates(wanted).ToList();
        if (candidates.Count == 0) return $"there is {Offered(wanted.Name, universe)}";
        var reasons = candidates.Where(demand.Candidates.Contains)
            .Select(candidate => (candidate, selection.ObstacleTo(candidate, universe.RelationsOf(candidate))))
            .Where(static pair => pair.Item2 is not null)
            .Select(pair => $"{pair.candidate} cannot be taken, as {pair.Item2!.Why}{Through(selection, pair.Item2.Against)}");
        return string.Join("; ", reasons.DefaultIfEmpty("what it needs in turn cannot be had"));
    }

    private static string Through(Selection selection, PackageRecord package)
    {
        var chain = selection.ChainTo(package);
        return chain.Count < 2 ? " (asked for)" : $" (through {string.Join(" → ", chain.Select(static chosen => chosen.Package.Name))})";
    }

    private static string Offered(string name, PackageUniverse universe)
    {
        var own = universe.Named(name).Select(static package => $"{package} in {package.Suite}");
        var provided = universe.Providing(name)
            .Select(static item => $"{item.By} in {item.By.Suite}, which provides "
                + $"{(item.Version is { } version ? $"version {version}" : "no version")} of it");
        return string.Join("; ", own.Concat(provided).Take(5));
    }

    private static bool InSuite(string name, string suite, PackageUniverse universe) =>
        universe.Candidates(new PackageBound(name, null, null)).Any(package => package.Suite == suite);

    private static bool Exists(string name, PackageUniverse universe) => universe.Named(name).Count > 0 || universe.Providing(name).Count > 0;

    private static string Where(PackageUniverse universe) => $"{string.Join(", ", universe.Suites)} ({universe.Architecture})";

    private static string Nearest(string name, PackageUniverse universe)
    {
        var near = universe.Names.Distinct()
            .Select(other => (other, Distance: Distance(name, other)))
            .Where(pair => pair.Distance <= Math.Max(2, name.Length / 4))
            .OrderBy(static pair => pair.Distance).ThenBy(static pair => pair.other, StringComparer.Ordinal)
            .Take(3).Select(static pair => pair.other).ToList();
        return near.Count == 0 ? "" : $" Did you mean {string.Join(", ", near)}?";
    }

    // Levenshtein's distance; names far apart in length are not worth the count.
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 4) return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
