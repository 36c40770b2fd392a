using System.Text.Json.Nodes;
using Hale.Contribute;

namespace Hale.Catalogue;

/// <summary>What the gateway answers by itself, in Caddy's JSON.</summary>
internal static class CaddyAnswer
{
    /// <summary>A contributed answer.</summary>
    public static JsonObject Of(Respond respond)
    {
        var headers = new JsonObject { ["Content-Type"] = new JsonArray(Literal(respond.ContentType)) };
        if (respond.AllowAnyOrigin)
            headers["Access-Control-Allow-Origin"] = new JsonArray("*");
        return Of(respond.Status, headers, respond.Body);
    }

    /// <summary>An answer.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="headers">Its headers, which Caddy may replace placeholders in.</param>
    /// <param name="body">Its body, as it is.</param>
    public static JsonObject Of(int status, JsonObject? headers = null, string body = "")
    {
        var answer = new JsonObject { ["handler"] = "static_response", ["status_code"] = status };
        if (headers is not null)
            answer["headers"] = headers;
        if (body.Length > 0)
            answer["body"] = Literal(body);
        return answer;
    }

    /// <summary>A text that means what it says: Caddy replaces {placeholders} in what it answers.</summary>
    public static string Literal(string text) => text.Replace("{", "\\{", StringComparison.Ordinal);

    /// <summary>A route for what a browser asks before it lets a page of another site ask: it may.</summary>
    /// <param name="matches">The requests that it may ask so, each as a matcher; one without conditions is every request.</param>
    public static JsonObject Preflight(IEnumerable<JsonObject> matches)
    {
        var asked = matches.ToArray();
        foreach (var match in asked)
        {
            match["method"] = new JsonArray("OPTIONS");
            match["header"] = new JsonObject { ["Access-Control-Request-Method"] = new JsonArray("*") };
        }
        var headers = new JsonObject
        {
            // By name: a "*" would not stand for Authorization (Fetch Standard, "CORS non-wildcard request-header name").
            ["Access-Control-Allow-Headers"] = new JsonArray("Authorization, Content-Type, X-Requested-With"),
            ["Access-Control-Allow-Methods"] = new JsonArray("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
            ["Access-Control-Allow-Origin"] = new JsonArray("*"),
        };
        return new JsonObject { ["match"] = new JsonArray(asked), ["handle"] = new JsonArray(Of(204, headers)) };
    }
}
