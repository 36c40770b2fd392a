using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hale.Catalogue;

/// <summary>
/// What the gateway answers by itself to a browser that asks at a name below <c>.localhost</c>: addresses of its sites in it have that ending too, and the port
/// that the browser came by. A web client would look for its homeserver elsewhere otherwise.
/// </summary>
internal static class CaddyLocalNames
{
    private const string Name = "here";

    /// <summary>Notes for each request what its name has behind the site's: <c>.localhost:8443</c>, or nothing.</summary>
    public static JsonObject Note()
    {
        var match = CaddyRoute.Variable("{http.request.hostport}", @"\.localhost(:[0-9]+)?$");
        match["vars_regexp"]!["{http.request.hostport}"]!["name"] = Name;
        return new JsonObject
        {
            ["match"] = new JsonArray(match),
            ["handle"] = new JsonArray(new JsonObject { ["handler"] = "vars", [Name] = $"{{http.regexp.{Name}.0}}" }),
        };
    }

    /// <summary>Has every answer name sites as they were asked for.</summary>
    /// <param name="node">Routes in Caddy's JSON, which are changed.</param>
    /// <param name="names">The sites' names.</param>
    public static void Apply(JsonNode? node, IReadOnlyCollection<string> names)
    {
        if (node is JsonArray several)
            foreach (var one in several)
                Apply(one, names);
        if (node is not JsonObject part)
            return;
        if ((string?)part["handler"] == "static_response" && part["body"] is JsonValue body)
            part["body"] = Named((string)body!, names);
        else
            foreach (var (_, inner) in part)
                Apply(inner, names);
    }

    private static string Named(string text, IEnumerable<string> names) => Regex.Replace(
        text, $@"https://(?:{string.Join('|', names.Select(Regex.Escape))})(?![a-z0-9.:-])", $"$0{{http.vars.{Name}}}", RegexOptions.CultureInvariant);
}
