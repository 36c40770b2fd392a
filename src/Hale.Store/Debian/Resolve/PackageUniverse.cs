using System.Runtime.InteropServices;

namespace Hale.Store.Debian;

/// <summary>A package that stands for a name: its own, at its version, or one that it provides, perhaps at a version.</summary>
internal readonly record struct Provided(string Name, DebianVersion? Version, PackageRecord By);

/// <summary>The parsed relations of one package.</summary>
internal sealed record Relations(
    IReadOnlyList<Dependency> Depends, IReadOnlyList<PackageBound> Conflicts, IReadOnlyList<Provided> Provides);

/// <summary>
/// Every package of the request's suites, found by name or by what it provides, in order of preference: the release named
/// first, then the higher version.
/// </summary>
internal sealed class PackageUniverse
{
    private static readonly string[] PartsOfARelease = ["-proposed-updates", "-updates", "-security"];

    private readonly Dictionary<string, List<PackageRecord>> named = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Provided>> provided = new(StringComparer.Ordinal);
    private readonly Dictionary<PackageRecord, Relations> relations = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> ranks;

    /// <summary>Gathers the packages of some suites.</summary>
    /// <param name="architecture">The architecture the closure is for.</param>
    /// <param name="suites">The suites' names, the preferred first.</param>
    /// <param name="packages">All their packages.</param>
    /// <exception cref="UserError">A package's Provides is malformed.</exception>
    public PackageUniverse(string architecture, IReadOnlyList<string> suites, IEnumerable<PackageRecord> packages)
    {
        Architecture = architecture;
        Suites = suites;
        var releases = suites.Select(ReleaseOf).Distinct().ToList();
        ranks = suites.Distinct().ToDictionary(static suite => suite, suite => releases.IndexOf(ReleaseOf(suite)));
        foreach (var package in packages)
        {
            if (package.Architecture != "all" && package.Architecture != architecture) continue;
            ref var sameName = ref CollectionsMarshal.GetValueRefOrAddDefault(named, package.Name, out _);
            sameName ??= new List<PackageRecord>(1);
            // One .deb may be listed by a release and by its updates.
            if (sameName.Exists(other => other.Sha256 == package.Sha256)) continue;
            sameName.Add(package);
            if (package.Provides.Length > 0) AddProvided(package);
        }

        foreach (var list in named.Values)
            if (list.Count > 1) list.Sort(ComparePreference);
        foreach (var list in provided.Values)
            list.Sort((a, b) => CompareProviders(a.By, b.By));
    }

    /// <summary>The architecture the closure is for.</summary>
    public string Architecture { get; }

    /// <summary>The suites' names, the preferred first.</summary>
    public IReadOnlyList<string> Suites { get; }

    /// <summary>The names of all packages and of all that they provide.</summary>
    public IEnumerable<string> Names => named.Keys.Concat(provided.Keys);

    /// <summary>The versions of a package, the preferred first.</summary>
    public IReadOnlyList<PackageRecord> Named(string name) => named.TryGetValue(name, out var list) ? list : [];

    /// <summary>What provides a name, the preferred first.</summary>
    public IReadOnlyList<Provided> Providing(string name) => provided.TryGetValue(name, out var list) ? list : [];

    /// <summary>The packages that meet a bound: those of the name, then those that provide it.</summary>
    public IEnumerable<PackageRecord> Candidates(PackageBound wanted) =>
        Named(wanted.Name).Where(package => Meets(package, package.Version, wanted))
            .Concat(Providing(wanted.Name)
                .Where(provided => Meets(provided.By, provided.Version, wanted))
                .Select(static provided => provided.By));

    /// <summary>A package's relations, read when first asked for.</summary>
    /// <exception cref="UserError">One of them is malformed.</exception>
    public Relations RelationsOf(PackageRecord package)
    {
        if (relations.TryGetValue(package, out var known)) return known;
        var provides = ParseProvides(package);
        var own = new Provided(package.Name, package.Version, package);
        var parsed = new Relations(
            Parse(package, package.Depends),
            [.. Parse(package, package.Conflicts).SelectMany(static d => d.Alternatives).Where(bound => Concerns(bound.Qualifier))],
            [own, .. provides]);
        return relations[package] = parsed;
    }

    /// <summary>Whether something at a version (null: provided at none) keeps a bound.</summary>
    public static bool Keeps(DebianVersion? version, VersionBound? bound) => bound is null || (version is { } v && bound.Value.Allows(v));

    private bool Meets(PackageRecord package, DebianVersion? version, PackageBound wanted) =>
        Keeps(version, wanted.Bound) && (wanted.Qualifier == "any" ? package.AllowsAny : Concerns(wanted.Qualifier));

    private bool Concerns(string? qualifier) => qualifier is null or "any" || qualifier == Architecture;

    private void AddProvided(PackageRecord package)
    {
        foreach (var item in ParseProvides(package))
        {
            if (item.Name == package.Name) continue;
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(provided, item.Name, out _);
            (list ??= []).Add(item);
        }
    }

    private IEnumerable<Provided> ParseProvides(PackageRecord package) =>
        from dependency in Parse(package, package.Provides)
        from name in dependency.Alternatives
        where Concerns(name.Qualifier)
        select new Provided(name.Name, name.Bound is { Relation: Relation.Exactly } bound ? bound.Version : null, package);

    private IReadOnlyList<Dependency> Parse(PackageRecord package, string field)
    {
        if (field.Length == 0) return [];
        try
        {
            return Dependency.ParseList(field, Architecture);
        }
        catch (FormatException e)
        {
            throw new UserError(
                $"The index of {package.Suite} is malformed at the package {package}: {e.Message}.",
                "That is the archive's fault; exclude the package, or use another suite.",
                e);
        }
    }

    private int ComparePreference(PackageRecord a, PackageRecord b)
    {
        var order = Rank(a).CompareTo(Rank(b));
        if (order == 0) order = b.Version.CompareTo(a.Version);
        return order != 0 ? order : string.CompareOrdinal(a.Sha256, b.Sha256);
    }

    private int CompareProviders(PackageRecord a, PackageRecord b)
    {
        var order = Rank(a).CompareTo(Rank(b));
        if (order == 0) order = a.Priority.CompareTo(b.Priority);
        if (order == 0) order = string.CompareOrdinal(a.Name, b.Name);
        return order != 0 ? order : ComparePreference(a, b);
    }

    private int Rank(PackageRecord package) => ranks.GetValueOrDefault(package.Suite, int.MaxValue);

    private static string ReleaseOf(string suite)
    {
        var part = Array.Find(PartsOfARelease, part => suite.EndsWith(part, StringComparison.Ordinal));
        return part is null ? suite : suite[..^part.Length];
    }
}
