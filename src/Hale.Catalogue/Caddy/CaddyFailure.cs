using System.Text.Json.Nodes;
using Hale.Contribute;
using Hale.Declare;

namespace Hale.Catalogue;

/// <summary>Caddy's routes for errors: what is answered where the server behind the gateway does not.</summary>
internal static class CaddyFailure
{
    /// <summary>A body over its limit while it was handed on, which Caddy takes for a failure of the upstream.</summary>
    public static JsonObject TooLarge() => TooLarge(CaddyAnswer.Of(413));

    /// <summary>
    /// A route's own answers, and for what they do not name the status alone: an error that nothing answers would go on to the site's next route.
    /// </summary>
    public static JsonArray Of(EquatableArray<Respond> failures)
    {
        var routes = new JsonArray();
        if (failures.Any(failure => failure.AllowAnyOrigin))
            routes.Add((JsonNode)CaddyAnswer.Preflight([[]]));
        var large = failures.FirstOrDefault(failure => failure.Status == 413);
        routes.Add((JsonNode)(large is null ? TooLarge() : TooLarge(CaddyAnswer.Of(large))));
        foreach (var failure in failures)
            routes.Add((JsonNode)Where(CaddyRoute.Variable("{http.error.status_code}", $"^{failure.Status}$"), CaddyAnswer.Of(failure)));
        var status = new JsonObject { ["handler"] = "static_response", ["status_code"] = "{http.error.status_code}" };
        routes.Add((JsonNode)new JsonObject { ["handle"] = new JsonArray(status) });
        return routes;
    }

    private static JsonObject TooLarge(JsonObject answer) => Where(CaddyRoute.Variable("{http.error.message}", "request body too large"), answer);

    private static JsonObject Where(JsonObject match, JsonObject answer) =>
        new() { ["match"] = new JsonArray(match), ["handle"] = new JsonArray(answer) };
}
