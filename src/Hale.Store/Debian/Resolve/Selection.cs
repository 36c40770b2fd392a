using System.Collections.Immutable;

namespace Hale.Store.Debian;

/// <summary>A demand to be met: a dependency of a chosen package, or (without an owner) a package of the request.</summary>
/// <param name="Owner">The package that demands; null for the request.</param>
/// <param name="Wanted">What it demands.</param>
/// <param name="Candidates">The packages that would do, the preferred first.</param>
internal sealed record Demand(PackageRecord? Owner, Dependency Wanted, IReadOnlyList<PackageRecord> Candidates);

/// <summary>A package that is in, and the demand that brought it.</summary>
internal sealed record Chosen(PackageRecord Package, Demand For);

/// <summary>Why a candidate cannot be taken: the chosen package that stands against it.</summary>
internal sealed record Obstacle(PackageRecord Candidate, PackageRecord Against, string Why);

/// <summary>
/// A partial closure: what is chosen and what it still demands. It never changes; a step gives the next one, so that going
/// back to an earlier one costs nothing.
/// </summary>
internal sealed record Selection(
    ImmutableDictionary<string, Chosen> Packages,
    ImmutableDictionary<string, ImmutableList<Provided>> Provided,
    ImmutableDictionary<string, ImmutableList<(PackageRecord By, VersionBound? Bound)>> Forbidden,
    ImmutableQueue<Demand> Settled,
    ImmutableQueue<Demand> Open)
{
    /// <summary>Nothing chosen, nothing demanded.</summary>
    public static Selection Empty { get; } = new(
        ImmutableDictionary.Create<string, Chosen>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, ImmutableList<Provided>>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, ImmutableList<(PackageRecord, VersionBound?)>>(StringComparer.Ordinal),
        [],
        []);

    /// <summary>The same with one more demand. A demand that names its package goes before one that leaves a choice.</summary>
    public Selection Demanding(Demand demand) => demand.Candidates.Select(static candidate => candidate.Name).Distinct().Count() > 1
        ? this with { Open = Open.Enqueue(demand) }
        : this with { Settled = Settled.Enqueue(demand) };

    /// <summary>The next demand and the rest; null where all are met.</summary>
    public (Demand Demand, Selection Remaining)? Next()
    {
        if (!Settled.IsEmpty) return (Settled.Peek(), this with { Settled = Settled.Dequeue() });
        if (!Open.IsEmpty) return (Open.Peek(), this with { Open = Open.Dequeue() });
        return null;
    }

    /// <summary>Whether a chosen package meets a demand.</summary>
    public bool Meets(Demand demand) =>
        demand.Candidates.Any(candidate => Packages.TryGetValue(candidate.Name, out var chosen) && ReferenceEquals(chosen.Package, candidate));

    /// <summary>The same with a package in.</summary>
    public Selection With(PackageRecord package, Demand demand, Relations relations) => this with
    {
        Packages = Packages.Add(package.Name, new Chosen(package, demand)),
        Provided = relations.Provides.Aggregate(Provided, static (all, item) =>
            all.SetItem(item.Name, all.GetValueOrDefault(item.Name, []).Add(item))),
        Forbidden = relations.Conflicts.Aggregate(Forbidden, (all, bound) =>
            all.SetItem(bound.Name, all.GetValueOrDefault(bound.Name, []).Add((package, bound.Bound)))),
    };

    /// <summary>What stands against a candidate; null where nothing does.</summary>
    public Obstacle? ObstacleTo(PackageRecord candidate, Relations relations)
    {
        if (Packages.TryGetValue(candidate.Name, out var same))
            return new Obstacle(candidate, same.Package, $"version {same.Package.Version} is taken already");

        // A package may conflict with a name that it provides itself: it then means the others.
        foreach (var bound in relations.Conflicts)
            foreach (var item in Provided.GetValueOrDefault(bound.Name, []))
                if (item.By.Name != candidate.Name && PackageUniverse.Keeps(item.Version, bound.Bound))
                    return new Obstacle(candidate, item.By, $"it conflicts with {bound}, which is {item.By}");

        foreach (var item in relations.Provides)
            foreach (var (by, bound) in Forbidden.GetValueOrDefault(item.Name, []))
                if (by.Name != candidate.Name && PackageUniverse.Keeps(item.Version, bound))
                    return new Obstacle(candidate, by, $"{by} conflicts with {item.Name}{(bound is null ? "" : $" {bound}")}");

        return null;
    }

    /// <summary>The packages from the request down to one, each demanded by the one before it.</summary>
    public IReadOnlyList<Chosen> ChainTo(PackageRecord? package)
    {
        var chain = new List<Chosen>();
        for (var at = package; at is not null && Packages.TryGetValue(at.Name, out var chosen); at = chosen.For.Owner)
            chain.Insert(0, chosen);
        return chain;
    }
}
