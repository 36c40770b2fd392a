namespace Hale.Store.Debian;

/// <summary>
/// Finds the closure of a request: every package's Pre-Depends and Depends met by a package of the closure, no two of which
/// conflict. The first alternative that can be had is taken, unless one that is in already does; a choice that leads nowhere
/// is taken back. The same indexes and request always give the same closure.
/// </summary>
internal static class Resolver
{
    // Far above what real suites need (a closure of 200 packages takes some 2,000 steps): a limit for indexes made to waste time.
    private const int MaxSteps = 1_000_000;

    /// <summary>The closure of a request, sorted by name.</summary>
    /// <exception cref="UserError">There is none: the message shows the chain of demands that cannot be met.</exception>
    public static IReadOnlyList<PackageRecord> Resolve(DebianRequest request, PackageUniverse universe)
    {
        ResolverProblems.CheckRequest(request, universe);
        var excluded = request.Exclude.ToHashSet(StringComparer.Ordinal);
        var selection = request.Packages.Aggregate(Selection.Empty, (all, package) => all.Demanding(ForRequest(package, universe)));
        var decisions = new Stack<Decision>();
        (Selection At, Demand Demand)? firstFailure = null;
        for (var step = 0; step < MaxSteps; step++)
        {
            if (selection.Next() is not var (demand, rest)) return Sorted(selection);

            selection = rest;
            if (selection.Meets(demand)) continue;
            var decision = Weigh(selection, demand, universe);
            if (!decision.TakeNext())
            {
                firstFailure ??= (selection, demand);
                if (!GoBack(decisions, decision.Involved)) break;
                decision = decisions.Pop();
            }

            decisions.Push(decision);
            selection = Take(decision, universe, excluded);
        }

        throw firstFailure is var (at, unmet)
            ? ResolverProblems.Unsatisfiable(at, unmet, universe)
            : new UserError($"The closure was not found in {MaxSteps} steps.", "Ask for fewer packages in one request.");
    }

    private static List<PackageRecord> Sorted(Selection selection) =>
        [.. selection.Packages.Values.Select(static chosen => chosen.Package).OrderBy(static p => p.Name, StringComparer.Ordinal)];

    private static Demand ForRequest(DebianPackage package, PackageUniverse universe)
    {
        var wanted = new PackageBound(package.Name, null, null);
        var candidates = universe.Candidates(wanted).Where(candidate => package.Suite is null || candidate.Suite == package.Suite);
        return new Demand(null, new Dependency([wanted]), [.. candidates]);
    }

    // What can be taken for a demand, and which chosen packages stand against the rest.
    private static Decision Weigh(Selection selection, Demand demand, PackageUniverse universe)
    {
        var decision = new Decision(selection, demand);
        decision.Involve(demand.Owner);
        foreach (var candidate in demand.Candidates)
        {
            if (selection.ObstacleTo(candidate, universe.RelationsOf(candidate)) is { } obstacle)
                decision.Involve(obstacle.Against);
            else
                decision.Options.Enqueue(candidate);
        }

        return decision;
    }

    // Drops decisions until one is found that bears on the failure and has another option, which is then taken.
    // Those that do not bear on it would fail the same way with any option.
    private static bool GoBack(Stack<Decision> decisions, HashSet<string> involved)
    {
        while (decisions.TryPeek(out var decision))
        {
            if (involved.Contains(decision.Taken!.Name))
            {
                decision.Involved.UnionWith(involved);
                if (decision.TakeNext()) return true;
                involved = decision.Involved;
            }

            decisions.Pop();
        }

        return false;
    }

    private static Selection Take(Decision decision, PackageUniverse universe, HashSet<string> excluded)
    {
        var package = decision.Taken!;
        var relations = universe.RelationsOf(package);
        var selection = decision.Before.With(package, decision.Demand, relations);
        foreach (var wanted in relations.Depends)
        {
            var candidates = wanted.Alternatives.SelectMany(universe.Candidates).Distinct().ToList();
            // Left out on purpose: the preferred way to meet the demand, or the only one.
            if (candidates is [var preferred, ..] && excluded.Contains(preferred.Name)) continue;
            candidates.RemoveAll(candidate => excluded.Contains(candidate.Name));
            if (candidates.Count == 0 && wanted.Alternatives.Any(alternative => excluded.Contains(alternative.Name))) continue;
            selection = selection.Demanding(new Demand(package, wanted, candidates));
        }

        return selection;
    }

    /// <summary>One choice made on the way, with what else could have been chosen.</summary>
    private sealed class Decision(Selection before, Demand demand)
    {
        public Selection Before => before;

        public Demand Demand => demand;

        public Queue<PackageRecord> Options { get; } = new();

        public PackageRecord? Taken { get; private set; }

        /// <summary>Names of chosen packages that bear on whether the demand can be met.</summary>
        public HashSet<string> Involved { get; } = new(StringComparer.Ordinal);

        public bool TakeNext()
        {
            if (!Options.TryDequeue(out var next)) return false;
            Taken = next;
            return true;
        }

        public void Involve(PackageRecord? package) =>
            Involved.UnionWith(before.ChainTo(package).Select(static chosen => chosen.Package.Name));
    }
}
