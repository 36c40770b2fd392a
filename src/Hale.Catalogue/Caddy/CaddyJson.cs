using System.Text.Json.Nodes;
using Hale.Contribute;
using Hale.Declare;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>Renders Caddy's native configuration (its documentation, "JSON Config Structure"), as Caddy 2.11 reads it.</summary>
internal static class CaddyJson
{
    // "Misdirected Request" (RFC 9110, section 15.5.20). Without an answer of ours, a request for another name would get an empty success.
    private const int NotServedHere = 421;

    // Where Let's Encrypt has trouble. For this directory Caddy gets the account's credentials by the e-mail address alone; the issuer that is named "zerossl" wants a key of an account.
    private const string ZeroSsl = "https://acme.zerossl.com/v2/DV90";

    public static Text Render(Caddy caddy, IReadOnlyList<Site> sites)
    {
        var root = new JsonObject
        {
            ["admin"] = new JsonObject
            {
                ["listen"] = CaddyUnit.AdminSocket,
                ["config"] = new JsonObject { ["persist"] = false },
            },
            ["logging"] = new JsonObject { ["logs"] = new JsonObject { ["default"] = new JsonObject { ["encoder"] = ForTheJournal() } } },
            ["apps"] = Apps(caddy, sites),
        };
        var folders = sites.SelectMany(site => site.Entries).Select(entry => entry.Route).OfType<StaticFiles>().Select(files => files.Root);
        return Text.Naming(root.ToJsonString(JsonText.Readable) + "\n", folders);
    }

    private static JsonObject ForTheJournal() => new() { ["format"] = "console", ["level_format"] = "upper" };

    private static JsonObject Apps(Caddy caddy, IReadOnlyList<Site> sites)
    {
        var apps = new JsonObject
        {
            ["http"] = new JsonObject
            {
                ["http_port"] = caddy.HttpPort.Number,
                ["https_port"] = caddy.HttpsPort.Number,
                ["grace_period"] = $"{caddy.GraceSeconds}s",
                ["servers"] = Servers(caddy, sites),
            },
            ["tls"] = new JsonObject
            {
                ["automation"] = new JsonObject { ["policies"] = new JsonArray(new JsonObject { ["issuers"] = Issuers(caddy) }) },
            },
        };
        if (caddy.LocalAuthority || caddy.LocalNames)
            apps["pki"] = new JsonObject
            {
                ["certificate_authorities"] = new JsonObject { ["local"] = new JsonObject { ["install_trust"] = false } },
            };
        return apps;
    }

    private static JsonArray Issuers(Caddy caddy) => caddy.LocalAuthority
        ? [new JsonObject { ["module"] = "internal" }]
        : [Public(caddy), Public(caddy, ZeroSsl)];

    private static JsonObject Public(Caddy caddy, string? directory = null)
    {
        var issuer = new JsonObject { ["module"] = "acme", ["email"] = caddy.Email };
        if (directory is not null)
            issuer["ca"] = directory;
        return issuer;
    }

    private static JsonObject Servers(Caddy caddy, IReadOnlyList<Site> sites)
    {
        var own = sites.Where(site => site.Port == caddy.HttpsPort).ToList();
        var names = own.ConvertAll(site => site.Name);
        var servers = new JsonObject { ["plain"] = PlainServer(caddy, own), ["sites"] = Server(caddy, caddy.HttpsPort, own, names) };
        foreach (var others in sites.Where(site => site.Port != caddy.HttpsPort).GroupBy(site => site.Port.Number).OrderBy(group => group.Key))
            servers[$"sites-{others.Key}"] = Server(caddy, others.Key, [.. others], names);
        return servers;
    }

    private static JsonObject Server(Caddy caddy, Port port, List<Site> sites, List<string> names)
    {
        var routes = new List<JsonNode>();
        if (caddy.LocalNames)
            routes.Add(CaddyLocalNames.Note());
        foreach (var site in sites)
        {
            var inner = new JsonArray([.. CaddyRoute.Of(site.Entries), CaddyRoute.Fallback(404)]);
            routes.Add(new JsonObject
            {
                ["match"] = new JsonArray(Hosts(caddy, [site])),
                ["handle"] = new JsonArray(new JsonObject { ["handler"] = "subroute", ["routes"] = inner }),
                ["terminal"] = true,
            });
        }
        if (caddy.LocalNames)
            foreach (var route in routes)
                CaddyLocalNames.Apply(route, names);
        return new JsonObject
        {
            ["listen"] = new JsonArray($":{port}"),
            ["protocols"] = caddy.Http3 && port == caddy.HttpsPort ? new JsonArray("h1", "h2", "h3") : new JsonArray("h1", "h2"),
            ["automatic_https"] = new JsonObject { ["disable_redirects"] = true },
            ["read_header_timeout"] = "30s",
            ["idle_timeout"] = "5m",
            ["routes"] = new JsonArray([.. routes, CaddyRoute.Fallback(NotServedHere)]),
            ["errors"] = new JsonObject { ["routes"] = new JsonArray(CaddyFailure.TooLarge()) },
        };
    }

    /// <summary>Sends to HTTPS. Caddy would do so by itself, but always to port 443. It answers certificate challenges before these routes.</summary>
    private static JsonObject PlainServer(Caddy caddy, List<Site> sites)
    {
        var routes = new JsonArray(CaddyRoute.Fallback(NotServedHere));
        if (sites.Count > 0)
            routes.Insert(0, new JsonObject
            {
                ["match"] = new JsonArray(Hosts(caddy, sites)),
                ["handle"] = new JsonArray(CaddyRoute.ToHttps(caddy.HttpsPort)),
            });
        return new JsonObject
        {
            ["listen"] = new JsonArray($":{caddy.HttpPort}"),
            ["protocols"] = new JsonArray("h1"),
            ["read_header_timeout"] = "30s",
            ["idle_timeout"] = "1m",
            ["routes"] = routes,
        };
    }

    private static JsonObject Hosts(Caddy caddy, IEnumerable<Site> sites)
    {
        var names = sites.SelectMany<Site, string>(site => caddy.LocalNames ? [site.Name, $"{site.Name}.localhost"] : [site.Name]);
        return new JsonObject { ["host"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) };
    }
}
