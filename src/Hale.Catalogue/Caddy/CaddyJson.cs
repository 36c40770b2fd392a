using System.Text.Json.Nodes;
using Hale.Contribute;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>Renders Caddy's native configuration (its documentation, "JSON Config Structure"), as the Caddy 2.6 of Debian 13 reads it.</summary>
internal static class CaddyJson
{
    public static Text Render(Caddy caddy, IReadOnlyList<Site> sites)
    {
        var root = new JsonObject
        {
            ["admin"] = new JsonObject
            {
                ["listen"] = CaddyUnit.AdminSocket,
                ["config"] = new JsonObject { ["persist"] = false },
            },
            ["logging"] = new JsonObject
            {
                ["logs"] = new JsonObject { ["default"] = new JsonObject { ["encoder"] = new JsonObject { ["format"] = "console" } } },
            },
            ["apps"] = Apps(caddy, sites),
        };
        var folders = sites.SelectMany(site => site.Entries).Select(entry => entry.Route).OfType<StaticFiles>().Select(files => files.Root);
        return Text.Naming(root.ToJsonString(JsonText.Readable) + "\n", folders);
    }

    private static JsonObject Apps(Caddy caddy, IReadOnlyList<Site> sites)
    {
        var apps = new JsonObject
        {
            ["http"] = new JsonObject
            {
                ["http_port"] = caddy.HttpPort.Number,
                ["https_port"] = caddy.HttpsPort.Number,
                ["grace_period"] = $"{caddy.GraceSeconds}s",
                ["servers"] = new JsonObject { ["sites"] = Server(caddy, sites) },
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
        : [Public("acme", caddy), Public("zerossl", caddy)];

    private static JsonObject Public(string module, Caddy caddy) => new() { ["module"] = module, ["email"] = caddy.Email };

    private static JsonObject Server(Caddy caddy, IReadOnlyList<Site> sites)
    {
        var routes = new JsonArray();
        foreach (var site in sites)
        {
            var names = new JsonArray(site.Name);
            if (caddy.LocalNames)
                names.Add($"{site.Name}.localhost");
            var inner = new JsonArray([.. site.Entries.Select(CaddyRoute.Of), CaddyRoute.Fallback(404)]);
            routes.Add((JsonNode)new JsonObject
            {
                ["match"] = new JsonArray(new JsonObject { ["host"] = names }),
                ["handle"] = new JsonArray(new JsonObject { ["handler"] = "subroute", ["routes"] = inner }),
                ["terminal"] = true,
            });
        }
        // Without this, a request for a name that is not served here would get an empty success.
        routes.Add((JsonNode)CaddyRoute.Fallback(421));
        return new JsonObject
        {
            ["listen"] = new JsonArray($":{caddy.HttpsPort}"),
            ["protocols"] = caddy.Http3 ? ["h1", "h2", "h3"] : new JsonArray("h1", "h2"),
            ["read_header_timeout"] = "30s",
            ["idle_timeout"] = "5m",
            ["routes"] = routes,
        };
    }
}
