using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>A site of the gateway: everything that was contributed to one name at one port, in the order in which it is tried.</summary>
/// <param name="Name">The DNS name.</param>
/// <param name="Port">The port that it answers at.</param>
/// <param name="Entries">The routes; the first that matches answers.</param>
internal sealed record Site(string Name, Port Port, IReadOnlyList<SiteEntry> Entries);

/// <summary>A route for some of its paths. A route with a short and a long path stands in two places of the order.</summary>
/// <param name="Route">The route.</param>
/// <param name="Paths">The paths of it that are tried here; none for a route without paths.</param>
internal sealed record SiteEntry(Route Route, IReadOnlyList<string> Paths);

/// <summary>Joins what several modules contribute to the same names.</summary>
internal static class Sites
{
    private sealed record Rule(Route Route, string Path)
    {
        /// <summary>The same for two rules exactly when they match the same requests at the same turn.</summary>
        public string Key { get; } = string.Join(
            '\n', Route.Order, Path.ToLowerInvariant(), Route.PathPattern, string.Join(' ', Route.Methods.Order(StringComparer.Ordinal)));

        public string Matches => (Path.Length > 0 ? Path : Route.PathPattern.Length > 0 ? $"paths like {Route.PathPattern}" : "every path")
            + (Route.Methods.Count > 0 ? $" ({string.Join(", ", Route.Methods)})" : "");
    }

    private sealed record Taken(Rule Rule, Gathered<VirtualHost> By);

    /// <summary>
    /// The sites by name and port; in each the lowest order first, then the longest path, exact before prefix, a route without paths last.
    /// </summary>
    /// <param name="hosts">What was contributed.</param>
    /// <param name="own">The port of those that ask for none.</param>
    public static IReadOnlyList<Site> Join(IEnumerable<VirtualHost> hosts, Port own) =>
        [.. hosts.GroupBy(host => $"{host.Name}:{host.Port ?? own}", StringComparer.Ordinal)
            .Select(group => new Site(group.First().Name, group.First().Port ?? own, Join(group)))
            .OrderBy(site => site.Name, StringComparer.Ordinal).ThenBy(site => site.Port.Number)];

    /// <summary>Routes that match the very same requests and do different things: only one of them would ever answer.</summary>
    public static IEnumerable<Problem> Check(IEnumerable<Gathered<VirtualHost>> hosts, Port own)
    {
        var taken = new Dictionary<string, Taken>(StringComparer.Ordinal);
        foreach (var host in hosts)
            foreach (var rule in host.Value.Routes.SelectMany(Rules))
            {
                if (rule.Route is not (ReverseProxy or Respond or StaticFiles or Redirect))
                    yield return Unknown(rule.Route, host);
                var key = $"{host.Value.Name}:{host.Value.Port ?? own}\n{rule.Key}";
                if (!taken.TryAdd(key, new Taken(rule, host)) && taken[key].Rule.Route != rule.Route)
                    yield return Conflict(rule, taken[key].By, host);
            }
    }

    private static Problem Unknown(Route route, Gathered<VirtualHost> host) => new(
        $"Caddy does not know what to do with a {route.GetType().Name}, a route of the site {host.Value.Name} from {host.From}.",
        "Use ReverseProxy, Respond, StaticFiles or Redirect.")
    { Where = host.Where };

    private static Problem Conflict(Rule rule, Gathered<VirtualHost> first, Gathered<VirtualHost> second) => new(
        $"{first.From} and {second.From} both answer {rule.Matches} of the site {first.Value.Name}, each in another way.",
        "Give one of them another path, or an Order that says which goes first.")
    { Where = first.Where, Also = [second.Where] };

    private static List<SiteEntry> Join(IEnumerable<VirtualHost> hosts)
    {
        var entries = new List<SiteEntry>();
        var rules = hosts.SelectMany(host => host.Routes).SelectMany(Rules)
            .DistinctBy(rule => rule.Key, StringComparer.Ordinal)
            .OrderBy(rule => rule.Route.Order)
            .ThenByDescending(rule => rule.Path.TrimEnd('*').Length)
            .ThenBy(rule => rule.Path.EndsWith('*') ? 1 : 0)
            .ThenBy(rule => rule.Path, StringComparer.Ordinal)
            .ThenBy(rule => rule.Route.PathPattern.Length == 0 ? 1 : 0)
            .ThenBy(rule => rule.Route.Methods.Count == 0 ? 1 : 0)
            .ThenBy(rule => rule.Key, StringComparer.Ordinal);
        foreach (var rule in rules)
            if (rule.Path.Length == 0)
                entries.Add(new SiteEntry(rule.Route, []));
            else if (entries.Count > 0 && ReferenceEquals(entries[^1].Route, rule.Route))
                entries[^1] = new SiteEntry(rule.Route, [.. entries[^1].Paths, rule.Path]);
            else
                entries.Add(new SiteEntry(rule.Route, [rule.Path]));
        return entries;
    }

    private static IEnumerable<Rule> Rules(Route route) =>
        route.Paths.Count == 0 ? [new Rule(route, "")] : route.Paths.Select(path => new Rule(route, path));
}
