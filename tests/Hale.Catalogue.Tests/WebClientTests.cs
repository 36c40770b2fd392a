using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hale.Catalogue.Tests;

/// <summary>The clients in the browser: their sites, and what they are told of the fleet.</summary>
public sealed class WebClientTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };
    private static readonly Matrix Server = new() { GatewayHost = "matrix.example.org" };

    [Fact]
    public void Hydrogen_has_a_site_of_its_own_and_begins_with_the_fleets_server()
    {
        var plan = Fleets.Evaluate(Gateway, Server, new Hydrogen()).Single();

        Assert.Contains("chat.example.org", plan.Sites());
        Assert.Contains(plan.Reachable, page => page.Url == "https://chat.example.org/");
        Assert.Equal("https://example.org", (string)JsonNode.Parse(Answer(plan.CaddyJson(), "defaultHomeServer"))!["defaultHomeServer"]!);
        Assert.Equal(6, plan.Derivations.OfType<NpmPackage>().Count());
    }

    [Fact]
    public void The_policy_of_Hydrogens_page_lets_run_its_own_import_map_and_nothing_else_inline()
    {
        var plan = Fleets.Evaluate(Gateway, Server, new Hydrogen()).Single();
        var inline = Regex.Matches(plan.Text("index.html"), "<script[^>]*>([^<]+)</script>");

        var map = Assert.Single(inline).Groups[1].Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(map)));
        Assert.Contains($"script-src 'self' 'wasm-unsafe-eval' 'sha256-{hash}';", plan.CaddyJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Element_is_told_of_the_server_and_offers_nothing_that_is_not_here()
    {
        var plan = Fleets.Evaluate(Gateway, Server, new ElementWeb { Brand = "Ours" }).Single();
        var json = plan.CaddyJson();
        Golden.Matches("element-config.json", Element(json));

        Assert.Contains("\"X-Frame-Options\"", json, StringComparison.Ordinal);
        Assert.Contains("/config.chat.example.org.json", json, StringComparison.Ordinal);
        var release = Assert.Single(plan.Derivations.OfType<Download>());
        Assert.Equal(64, release.On(Platform.X64).Sha256Hex.Length);
    }

    [Fact]
    public void A_client_at_the_homeservers_name_without_a_homeserver_or_of_a_strange_release_is_refused()
    {
        Assert.Contains("where the homeserver is too", Problem(Gateway, Server, new Hydrogen { Host = "matrix.example.org" }), StringComparison.Ordinal);
        Assert.Contains("where the homeserver is too", Problem(Gateway, Server, new ElementWeb { Host = "example.org" }), StringComparison.Ordinal);
        Assert.Contains("has no Matrix", Problem(Gateway, new Hydrogen()), StringComparison.Ordinal);
        Assert.Contains("is not a host name", Problem(Gateway, Server, new Hydrogen { Host = "Chat" }), StringComparison.Ordinal);
        Assert.Contains("has the SHA-256 of another release", Problem(Gateway, Server, new ElementWeb { Version = "1.12.26" }), StringComparison.Ordinal);
        Assert.Contains("each in another way", Problem(Gateway, Server, new Hydrogen(), new ElementWeb()), StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_that_is_proposed_is_not_the_one_that_is_taken() =>
        Assert.Contains("Host = \"client.example.org\"", Fleets.Evaluate(Gateway, new Matrix { GatewayHost = "chat.example.org" }, new Hydrogen()).Problems[0].Hint, StringComparison.Ordinal);

    [Fact]
    public void Clients_of_two_hosts_have_names_of_their_own()
    {
        Host Named(string name, Hydrogen client) => new(name) { Modules = { Gateway, new Matrix { ServerName = $"{name}.example.org" }, client } };

        var problem = Assert.Single(Evaluator.Evaluate(new Fleet("example.org") { Hosts = { Named("one", new Hydrogen()), Named("two", new Hydrogen()) } }).Problems);
        Assert.Equal("one serves chat.example.org already, and the name leads people to one of the two.", problem.Message);
        Assert.Contains("Host = \"chat.two.example.org\"", problem.Hint, StringComparison.Ordinal);
        Assert.Empty(Evaluator.Evaluate(new Fleet("example.org") { Hosts = { Named("one", new Hydrogen()), Named("two", new Hydrogen { Host = "chat.two.example.org" }) } }).Problems);
    }

    private static string Problem(params Module[] modules) => Fleets.Evaluate(modules).Problems[0].Message;

    /// <summary>The body of the answer that is Element's configuration, as Caddy gives it out.</summary>
    private static string Element(string json) => Answer(json, "default_server_config");

    /// <summary>The one answer of the gateway's own that says this.</summary>
    private static string Answer(string json, string word)
    {
        var answers = new List<string>();
        Collect(JsonNode.Parse(json)!, answers);
        return Assert.Single(answers, body => body.Contains(word, StringComparison.Ordinal)).Replace("\\{", "{", StringComparison.Ordinal);
    }

    private static void Collect(JsonNode node, List<string> answers)
    {
        if (node is JsonObject members)
        {
            if ((string?)members["handler"] == "static_response" && members["body"] is { } body)
                answers.Add((string)body!);
            foreach (var (_, member) in members)
                if (member is not null)
                    Collect(member, answers);
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
                if (item is not null)
                    Collect(item, answers);
        }
    }
}
