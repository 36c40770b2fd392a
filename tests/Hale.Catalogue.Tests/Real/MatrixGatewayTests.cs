using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Hale.Catalogue.Tests;

/// <summary>Debian's Caddy in front of Debian's Synapse, both on what the modules render: what passes, and what must not.</summary>
public sealed class MatrixGatewayTests
{
    private const string Server = "example.org";
    private const string Gateway = "matrix.example.org";

    /// <summary>Ways to write the path of registration or administration, by hand and by rule.</summary>
    private static IEnumerable<string> Spellings()
    {
        string[] wholes =
        [
            "/_matrix/client/v3/register", "/_matrix/client/r0/register", "/_matrix/client/v1/register", "/_matrix/client/unstable/register",
            "/_matrix/client/api/v1/register", "/_matrix/client/v3/register/available", "/_matrix/client/v3/register/email/requestToken",
            "/_matrix/client/v1/register/m.login.registration_token/validity", "/_synapse/admin/v1/register", "/_synapse/admin/v1/registration_tokens",
            "/_synapse/admin/v1/server_version", "/_synapse/admin/v2/users", "/_synapse/mas/query_user", "/_matrix/client/v3/admin/whois/x",
            "/_matrix/client/r0/admin/whois/@a:example.org", "/_matrix/federation/v1/version", "/_matrix/federation/v1/openid/userinfo", "/_matrix/key/v2/server",
        ];
        Func<string, string>[] disguises =
        [
            path => path, path => path + "/", path => path + "//", path => path + "/.", path => path + "/x/..", path => path + ";x=1", path => path + "?kind=user",
            path => path + "%3F", path => path + "%2f", path => path + "%00", path => path + "%20", path => path + "%0a", path => path + "#f", path => path + "%23",
            path => path + "%3b", path => path + ".", path => path + "%2e", path => path + "%5c", path => path + "\\", path => path + "&a=b",
            path => path.ToUpperInvariant(), path => path.Replace("register", "Register"), path => path.Replace("regis", "re%67is"),
            path => path.Replace("regis", "re%2567is"), path => path.Replace("/", "//"), path => "/" + path, path => path.Replace("/v", "/./v"), path => path.Replace("/v", "/x/../v"),
            path => path.Replace("/v", "/%2e/v"), path => path.Replace("/v", "/x/%2e%2e/v"), path => path.Replace("/v", "%2fv"), path => path.Replace("/v", "\\v"),
            path => path.Replace("admin", "%61dmin"), path => path.Replace("_synapse", "_synapse/client/../../_synapse"), path => path.Replace("_synapse", "_synapse/client/%2e%2e"),
            path => "/_matrix" + path, path => "/_matrix/.." + path, path => "/_matrix/%2e%2e" + path, path => "/_synapse/client/../.." + path,
            path => "/_synapse/client/%2e%2e/%2e%2e" + path, path => "/_synapse/client/..%2f.." + path, path => "/_matrix/media/../.." + path,
            path => $"https://{Gateway}{path}", path => $"http://127.0.0.1:8008{path}", path => path.Replace("_matrix", "%5fmatrix"), path => path.Replace("_matrix", "%5Fmatri%78"),
            path => path.Replace("federation", "%66ederation"), path => path.Replace("federation", "client/../federation"), path => path.Replace("key", "%6bey"),
            // The last part of a path may hold anything: what leads out of it again by encoded dots is read in two ways.
            path => path + "/..%2f..%2f..%2f..%2f..%2f_matrix%2fclient%2fversions", path => path[..(path.LastIndexOf('/') + 1)] + "..%2f..%2f..%2f..%2f_matrix%2fclient%2fversions",
            path => path + "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/_matrix/client/versions", path => path + "/../../../../../_matrix/client/versions",
            path => path + "/..%5c..%5c..%5c..%5c..%5c_matrix%5cclient%5cversions",
        ];
        return wholes.SelectMany(whole => disguises.Select(disguise => disguise(whole))).Distinct();
    }

    [DebianFact]
    public async Task No_spelling_reaches_registration_or_administration_and_everything_else_passes()
    {
        var matrix = new Matrix { ServerName = Server, GatewayHost = Gateway, Port = RunningProgram.FreePort(), MaxRequestSize = 1_000_000 };
        using var synapse = await RunningSynapse.StartAsync(matrix);
        using var caddy = await RunningCaddy.StartAsync(new Host("one") { Modules = { new Caddy(), matrix } });

        // Without the gateway the same requests do reach them: the test would see it.
        Assert.True(Reached(await synapse.Http.SendAsync(Gateway, "POST", "/_matrix/client/v3/register", "{}")), synapse.Output);
        Assert.True(Reached(await synapse.Http.SendAsync(Gateway, "GET", "/_synapse/admin/v1/register")), synapse.Output);
        Assert.True(Reached(await synapse.Http.SendAsync(Gateway, "GET", "/_synapse/admin/v2/users")), synapse.Output);

        // And Synapse reads a path as it came, where the gateway, which resolves it, sees one that is open to all.
        Assert.True(Reached(await synapse.Http.SendAsync(Gateway, "GET", "/_synapse/admin/v2/users/..%2f..%2f..%2f..%2f_matrix%2fclient%2fversions")), synapse.Output);

        using (var open = await RunningCaddy.StartAsync(new Host("one")
        {
            Modules = { new Caddy() },
            Contributions = { new VirtualHost(Gateway) { Routes = [new ReverseProxy($"127.0.0.1:{synapse.Port}")] } },
        }))
            Assert.True(Reached(await open.Https.SendAsync(Gateway, "POST", "/_matrix/client/v3/register", "{}")), open.Output);

        var reached = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Spellings(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (spelling, _) =>
        {
            foreach (var (method, body) in spelling.Contains("regis", StringComparison.OrdinalIgnoreCase) ? new[] { ("POST", "{}"), ("GET", "") } : [("GET", "")])
                if (await caddy.Https.SendAsync(Gateway, method, spelling, body) is var answer && Reached(answer))
                    reached.Add($"{method} {spelling}: {answer.Status} {answer.Body}");
        });
        Assert.Empty(reached);

        var refused = await caddy.Https.SendAsync(Gateway, "POST", "/_matrix/client/v3/register", "{}");
        Assert.Equal((403, "M_FORBIDDEN"), (refused.Status, Errcode(refused)));
        Assert.Equal("M_FORBIDDEN", Errcode(await caddy.Https.GetAsync(Gateway, "/_synapse/admin/v1/server_version")));

        // Names that only look like it are none of the gateway's business.
        Assert.Contains("\"versions\"", (await caddy.Https.GetAsync(Gateway, "/_matrix/client/versions")).Body, StringComparison.Ordinal);
        Assert.Contains("m.login.password", (await caddy.Https.GetAsync(Gateway, "/_matrix/client/v3/login")).Body, StringComparison.Ordinal);
        Assert.Equal("M_NOT_FOUND", Errcode(await caddy.Https.GetAsync(Gateway, $"/_matrix/client/v3/directory/room/%23register:{Server}")));
        Assert.Equal("M_MISSING_TOKEN", Errcode(await caddy.Https.GetAsync(Gateway, "/_matrix/client/v3/devices/register")));
        Assert.Equal(413, (await caddy.Https.SendAsync(Gateway, "POST", "/_matrix/media/v3/upload", new string('x', 1_000_001))).Status);

        // The doors that are closed by default: the gateway says so, and the homeserver would not answer either.
        foreach (var door in new[] { "/_matrix/federation/v1/version", "/_matrix/key/v2/server" })
        {
            Assert.Equal("M_FORBIDDEN", Errcode(await caddy.Https.GetAsync(Gateway, door)));
            Assert.Equal("M_UNRECOGNIZED", Errcode(await synapse.Http.GetAsync(Gateway, door)));
        }
        Assert.Equal("M_FORBIDDEN", Errcode(await caddy.Https.GetAsync(Gateway, "/_matrix/federation/v1/openid/userinfo?access_token=x")));

        var client = await caddy.Https.GetAsync(Server, "/.well-known/matrix/client");
        Assert.Equal(("https://matrix.example.org", "*"), ((string?)JsonNode.Parse(client.Body)!["m.homeserver"]!["base_url"], client.Headers["Access-Control-Allow-Origin"]));
        // Who asks below .localhost is led on there, by the port that he came by.
        foreach (var behind in (string[])[".localhost:8443", ".localhost"])
            Assert.Equal($"https://matrix.example.org{behind}", (string?)JsonNode.Parse((await caddy.Https.GetAsync(Server + behind, "/.well-known/matrix/client")).Body)!["m.homeserver"]!["base_url"]);
        Assert.Equal("""{"m.server":"matrix.example.org:443"}""", (await caddy.Https.GetAsync(Server, "/.well-known/matrix/server")).Body);
        var support = await caddy.Https.GetAsync(Server, "/.well-known/matrix/support");
        Assert.Equal((404, "M_NOT_FOUND", "*"), (support.Status, Errcode(support), support.Headers["Access-Control-Allow-Origin"]));
        Assert.Equal(404, (await caddy.Https.GetAsync(Server, "/_matrix/client/versions")).Status);
        Assert.True(synapse.Has("signing.key"));
        Assert.DoesNotContain("-of-a-test-", synapse.Output, StringComparison.Ordinal);
    }

    [DebianFact]
    public async Task A_federating_server_answers_other_servers()
    {
        var matrix = new Matrix
        {
            ServerName = Server,
            GatewayHost = Gateway,
            Port = RunningProgram.FreePort(),
            Federation = true,
            FederationPort = RunningProgram.FreePort(),
            OpenFirewall = true,
            TrustedServers = ["keys.example.com"],
            MaxRequestSize = 1_000_000,
        };
        using var synapse = await RunningSynapse.StartAsync(matrix);
        using var caddy = await RunningCaddy.StartAsync(new Host("one") { Modules = { new Caddy(), matrix } });
        var federation = caddy.At(matrix.FederationPort.Number);

        foreach (var (port, name) in new[] { (caddy.Https, Gateway), (federation, Gateway), (federation, Server) })
        {
            Assert.Contains("Synapse", (await port.GetAsync(name, "/_matrix/federation/v1/version")).Body, StringComparison.Ordinal);
            Assert.Contains(Server, (await port.GetAsync(name, "/_matrix/key/v2/server")).Body, StringComparison.Ordinal);
        }
        Assert.Equal($$"""{"m.server":"{{Gateway}}:{{matrix.FederationPort}}"}""", (await caddy.Https.GetAsync(Server, "/.well-known/matrix/server")).Body);

        // A transaction may be larger than what people may upload: Synapse itself finds fault with this one.
        var transaction = new string('x', 2_000_000);
        foreach (var port in new[] { caddy.Https, federation })
            Assert.Equal("M_NOT_JSON", Errcode(await port.SendAsync(Gateway, "PUT", "/_matrix/federation/v1/send/1", transaction)));
        Assert.Equal(413, (await caddy.Https.SendAsync(Gateway, "PUT", "/_matrix/client/v3/presence/x/status", transaction)).Status);

        // Other servers have no business with what clients use, nor with the administration.
        foreach (var path in new[] { "/_matrix/client/versions", "/_matrix/client/v3/register", "/_synapse/admin/v1/server_version", "/_matrix/key/..%2fclient%2fversions" })
            Assert.Contains((await federation.GetAsync(Gateway, path)).Status, new[] { 400, 404 });
    }

    [DebianFact]
    public async Task A_browser_can_read_what_the_gateway_answers_in_the_homeservers_place()
    {
        var upstream = new Upstream();
        var matrix = new Matrix { ServerName = Server, GatewayHost = Gateway, Port = int.Parse(upstream.Address.Split(':')[1]), MaxRequestSize = 1_000_000 };
        using var caddy = await RunningCaddy.StartAsync(new Host("one") { Modules = { new Caddy(), matrix } });
        const string preflight = "Access-Control-Request-Method: POST";

        // A browser asks this first, and tells a page nothing of a refusal: it must hear that it may ask.
        foreach (var closed in new[] { "/_matrix/client/v3/register", "/_synapse/admin/v2/users", "/_matrix/federation/v1/version" })
        {
            var told = await caddy.Https.SendAsync(Gateway, "OPTIONS", closed, "", preflight, "Access-Control-Request-Headers: authorization,content-type");
            Assert.Equal((204, "*"), (told.Status, told.Headers["Access-Control-Allow-Origin"]));
            Assert.Contains("Authorization, Content-Type", told.Headers["Access-Control-Allow-Headers"], StringComparison.Ordinal);
            Assert.Contains("PUT", told.Headers["Access-Control-Allow-Methods"], StringComparison.Ordinal);
            foreach (var method in new[] { "POST", "OPTIONS" })
                Refused(403, "M_FORBIDDEN", await caddy.Https.SendAsync(Gateway, method, closed));
        }
        Assert.Equal(204, (await caddy.Https.SendAsync(Server, "OPTIONS", "/.well-known/matrix/client", "", "Access-Control-Request-Method: GET")).Status);
        // What is open is the homeserver's own to answer.
        Assert.StartsWith("OPTIONS /_matrix", (await caddy.Https.SendAsync(Gateway, "OPTIONS", "/_matrix/client/v3/login", "", preflight)).Body, StringComparison.Ordinal);

        const string upload = "/_matrix/media/v3/upload";
        Assert.Equal(200, (await caddy.Https.SendAsync(Gateway, "POST", upload, new string('x', 1_000_000))).Status);
        Refused(413, "M_TOO_LARGE", await caddy.Https.SendAsync(Gateway, "POST", upload, new string('x', 1_000_001)));

        upstream.Dispose();
        Refused(502, "M_UNKNOWN", await caddy.Https.SendAsync(Gateway, "POST", upload, "x"));

        static void Refused(int status, string code, RawAnswer answer) =>
            Assert.Equal((status, code, "*", "application/json"), (answer.Status, Errcode(answer), answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin"), answer.Headers.GetValueOrDefault("Content-Type")));
    }

    [DebianFact]
    public async Task Nobody_is_counted_by_an_address_that_they_claim()
    {
        var matrix = new Matrix { ServerName = Server, GatewayHost = Gateway, Port = RunningProgram.FreePort() };
        using var synapse = await RunningSynapse.StartAsync(matrix);
        using var caddy = await RunningCaddy.StartAsync(new Host("one") { Modules = { new Caddy(), matrix } });

        // Synapse believes whoever talks to it, and limits sign-ins by address: the gateway is who must not be lied to.
        Assert.DoesNotContain(429, await SignInsAsync(synapse.Http, "one"));
        var counted = await SignInsAsync(caddy.Https, "two");
        Assert.Contains(429, counted);
        // A family behind one address signs in on one evening.
        Assert.DoesNotContain(429, counted.Take(25));

        static async Task<List<int>> SignInsAsync(RawHttp http, string prefix)
        {
            var seen = new List<int>();
            for (var number = 1; number <= 40; number++)
            {
                var body = $$$"""{"type":"m.login.password","identifier":{"type":"m.id.user","user":"{{{prefix}}}{{{number}}}"},"password":"wrong"}""";
                var claimed = $"203.0.113.{number}";
                seen.Add((await http.SendAsync(Gateway, "POST", "/_matrix/client/v3/login", body, $"X-Forwarded-For: {claimed}", $"Forwarded: for={claimed}", $"X-Real-IP: {claimed}")).Status);
            }
            return seen;
        }
    }

    /// <summary>Whether an endpoint of registration or administration itself spoke, be it with an error.</summary>
    private static bool Reached(RawAnswer answer) =>
        answer.Status is not (400 or 403 or 404 or 405 or 421)
        || (Errcode(answer) is { } code && code is not ("M_UNRECOGNIZED" or "M_FORBIDDEN"));

    private static string? Errcode(RawAnswer answer)
    {
        try
        {
            return (string?)JsonNode.Parse(answer.Body)?["errcode"];
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
