using System.Text.Json.Nodes;

namespace Hale.Catalogue.Tests;

/// <summary>Fleets of one host, and what tests ask of their evaluation.</summary>
internal static class Fleets
{
    public static Fleet Of(Host host) => new("example.org") { Hosts = { host } };

    public static Fleet Of(params Module[] modules) => Of(new Host("one") { Modules = { modules } });

    public static Evaluation Evaluate(params Module[] modules) => Evaluator.Evaluate(Of(modules));

    /// <summary>The host's plan; fails with the problems where there is none.</summary>
    public static HostPlan Single(this Evaluation evaluation)
    {
        Assert.True(evaluation.Problems.Count == 0, string.Join('\n', evaluation.Problems));
        return Assert.Single(evaluation.Plans);
    }

    public static string CaddyJson(this HostPlan plan) =>
        ((TextFile)Assert.Single(plan.Files, file => file.Path == "/etc/caddy/caddy.json").Content).Content.ToString();

    public static string Text(this HostPlan plan, string file) =>
        Assert.Single(plan.Derivations.OfType<TextFile>(), text => text.Name == file).Content.ToString();

    public static Unit Unit(this HostPlan plan, string name) => Assert.Single(plan.Units, unit => unit.Name == name);

    /// <summary>The names that Caddy's configuration serves.</summary>
    public static IEnumerable<string> Sites(this HostPlan plan) =>
        JsonNode.Parse(plan.CaddyJson())!["apps"]!["http"]!["servers"]!["sites"]!["routes"]!.AsArray()
            .SelectMany(route => route!["match"]?[0]!["host"]?.AsArray() ?? [])
            .Select(name => (string)name!);
}
