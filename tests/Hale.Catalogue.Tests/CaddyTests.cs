using System.Text.Json.Nodes;

namespace Hale.Catalogue.Tests;

/// <summary>What the gateway makes of contributions, and what it says is wrong with them.</summary>
public sealed class CaddyTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };

    [Fact]
    public void Every_kind_of_route_has_its_place_in_the_configuration()
    {
        var host = new Host("one")
        {
            Modules = { Gateway with { Http3 = true } },
            Contributions =
            {
                new VirtualHost("www.example.org")
                {
                    Routes =
                    [
                        new StaticFiles(new LocalPath("page", "./page")) { Headers = [("X-Content-Type-Options", "nosniff"), ("X-Literal", "{http.request.host}")] },
                        new ReverseProxy("127.0.0.1:3000") { Paths = ["/api/*"], StripPrefix = "/api", MaxRequestBody = 1_000_000, Methods = ["GET", "POST"] },
                        new ReverseProxy("unix//run/app/socket") { Paths = ["/app/*", "/a/long/path"] },
                        Respond.Json("""{"m.server":"{literally}"}""") with { Paths = ["/.well-known/thing"], AllowAnyOrigin = true },
                        new Respond(403, "no") { PathPattern = "^/private(/|$)", Order = -1 },
                        new Redirect("/app/") { Paths = ["/old"] },
                    ],
                },
                new VirtualHost("example.org") { Routes = [new Redirect("https://www.example.org/", 301)] },
            },
        };

        var plan = Evaluator.Evaluate(Fleets.Of(host)).Single();

        var page = plan.Derivations.Single(derivation => derivation.Name == "page");
        Golden.Matches("caddy.json", plan.CaddyJson().Replace(page.Path, "«page»", StringComparison.Ordinal));
        Assert.Equal(["80/Tcp", "443/Tcp", "443/Udp"], plan.Ports.Select(port => $"{port.Port}/{port.Protocol}"));
    }

    [Fact]
    public void In_the_lab_certificates_are_its_own_and_sites_answer_at_localhost_too()
    {
        var fleet = Fleets.Of(new Host("one") { Modules = { Gateway }, Contributions = { new VirtualHost("www.example.org") } });

        var lab = Evaluator.Evaluate(fleet, inLab: true).Single();
        var real = Evaluator.Evaluate(fleet).Single();

        Assert.Equal(["www.example.org", "www.example.org.localhost"], lab.Sites());
        Assert.Equal(["www.example.org"], real.Sites());
        Assert.Equal("internal", Issuer(lab));
        Assert.Equal("acme", Issuer(real));
        Assert.False((bool)JsonNode.Parse(lab.CaddyJson())!["apps"]!["pki"]!["certificate_authorities"]!["local"]!["install_trust"]!);

        static string Issuer(HostPlan plan) =>
            (string)JsonNode.Parse(plan.CaddyJson())!["apps"]!["tls"]!["automation"]!["policies"]![0]!["issuers"]![0]!["module"]!;
    }

    [Fact]
    public void A_changed_site_reloads_caddy_and_leaves_its_unit_file_alone()
    {
        var (before, after) = (Plan("one"), Plan("two"));

        Assert.NotEqual(before.CaddyJson(), after.CaddyJson());
        Assert.Equal(before.Unit("caddy.service").Body, after.Unit("caddy.service").Body);
        Assert.NotEqual(before.Unit("caddy.service").ReloadOn, after.Unit("caddy.service").ReloadOn);

        static HostPlan Plan(string body) => Evaluator.Evaluate(Fleets.Of(new Host("one")
        {
            Modules = { Gateway },
            Contributions = { new VirtualHost("www.example.org") { Routes = [new Respond(200, body)] } },
        })).Single();
    }

    [Fact]
    public void The_same_route_said_twice_is_one()
    {
        var site = new VirtualHost("www.example.org") { Routes = [new Respond(200, "hello") { Paths = ["/hello"] }] };

        var plan = Evaluator.Evaluate(Fleets.Of(new Host("one") { Modules = { Gateway }, Contributions = { site, site with { } } })).Single();

        Assert.Single(plan.CaddyJson().Split("\"hello\"")[1..]);
    }

    [Fact]
    public void Two_answers_to_the_same_requests_are_a_problem_that_names_both_lines()
    {
        var host = new Host("one")
        {
            Modules = { Gateway },
            Contributions =
            {
                new VirtualHost("www.example.org") { Routes = [new Respond(200, "one") { Paths = ["/a", "/B"] }] },
                new VirtualHost("www.example.org") { Routes = [new Respond(200, "two") { Paths = ["/b"] }, new Respond(200, "else") { Paths = ["/b"], Methods = ["PUT"] }] },
            },
        };

        var problem = Assert.Single(Evaluator.Evaluate(Fleets.Of(host)).Problems);

        Assert.Equal("the host one and the host one both answer /b of the site www.example.org, each in another way.", problem.Message);
        Assert.Equal(problem.Where!.Line + 1, Assert.Single(problem.Also).Line);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var host = new Host("one")
        {
            Modules = { new Caddy { Email = "nobody", HttpPort = 443, GraceSeconds = 0 } },
            Contributions =
            {
                new VirtualHost("Not A Name") { Routes = [new Respond(200) { Paths = ["x", "/a*b", "/c?d", "/e/**"] }, new Strange()] },
            },
        };

        var problems = Evaluator.Evaluate(Fleets.Of(host)).Problems;

        Golden.Matches("caddy-problems.txt", Said(problems));
    }

    [Fact]
    public void A_gateway_with_a_local_authority_needs_no_address() =>
        Assert.Empty(Fleets.Evaluate(new Caddy { LocalAuthority = true }).Problems);

    [Theory]
    [InlineData("chat")]
    [InlineData("chat.localhost")]
    [InlineData("chat.house.local")]
    [InlineData("chat.internal")]
    [InlineData("chat.home.arpa")]
    public void A_name_that_no_public_authority_certifies_needs_an_authority_of_ones_own(string name)
    {
        IReadOnlyList<Problem> Of(Caddy caddy) => Evaluator.Evaluate(Fleets.Of(new Host("one")
        {
            Modules = { caddy },
            Contributions = { new VirtualHost(name) { Routes = [new Respond(200)] }, new VirtualHost("chat.local.example.org") { Routes = [new Respond(200)] } },
        })).Problems;

        var problem = Assert.Single(Of(new Caddy { Email = "admin@example.org" }));
        Assert.StartsWith($"No public authority gives a certificate for {name},", problem.Message, StringComparison.Ordinal);
        Assert.Contains("\"chat.example.org\"", problem.Hint, StringComparison.Ordinal);
        Assert.Empty(Of(new Caddy { LocalAuthority = true }));
    }

    internal static string Said(IEnumerable<Problem> problems) =>
        string.Concat(problems.Select(problem => $"{problem.Setting}{(problem.Setting.Length > 0 ? ": " : "")}{problem.Message}\n    {problem.Hint}\n"));

    private sealed record Strange : Route;
}
