using System.Text.Json.Nodes;
using Hale.Contribute;
using Hale.Declare;

namespace Hale.Catalogue;

/// <summary>One route of a site in Caddy's JSON: what it matches, and the handlers that answer.</summary>
internal static class CaddyRoute
{
    /// <summary>The headers of a conditional request (RFC 9110, section 13.1).</summary>
    private static readonly string[] Conditions = ["If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since"];

    /// <summary>The routes of a site. Before what browsers of other sites may read goes a route for their question whether they may.</summary>
    public static IEnumerable<JsonNode> Of(IReadOnlyList<SiteEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (IsForAll(entries[i]) && (i == 0 || !IsForAll(entries[i - 1])))
                yield return CaddyAnswer.Preflight(entries.Skip(i).TakeWhile(IsForAll).Select(Match));
            yield return Of(entries[i]);
        }
    }

    private static bool IsForAll(SiteEntry entry) =>
        entry.Route is Respond { AllowAnyOrigin: true } && (entry.Route.Methods.Count == 0 || entry.Route.Methods.Contains("OPTIONS"));

    private static JsonObject Of(SiteEntry entry)
    {
        var route = new JsonObject();
        if (Match(entry) is { Count: > 0 } match)
            route["match"] = new JsonArray(match);
        route["handle"] = new JsonArray([.. Always(entry.Route), .. Handlers(entry.Route)]);
        return route;
    }

    /// <summary>A route that answers whatever came this far.</summary>
    public static JsonObject Fallback(int status) => new() { ["handle"] = new JsonArray(CaddyAnswer.Of(status)) };

    /// <summary>Sends a request as it is to the same name over HTTPS.</summary>
    public static JsonObject ToHttps(Port port)
    {
        var authority = port == 443 ? "{http.request.host}" : $"{{http.request.host}}:{port}";
        return CaddyAnswer.Of(308, new JsonObject { ["Location"] = new JsonArray($"https://{authority}{{http.request.uri}}") });
    }

    /// <summary>Matches where a placeholder of Caddy's has a value like this (RE2).</summary>
    public static JsonObject Variable(string name, string pattern) =>
        new() { ["vars_regexp"] = new JsonObject { [name] = new JsonObject { ["pattern"] = pattern } } };

    private static JsonObject Match(SiteEntry entry)
    {
        var match = new JsonObject();
        if (entry.Paths.Count > 0)
            match["path"] = Strings(entry.Paths);
        if (entry.Route.PathPattern.Length > 0)
            match["path_regexp"] = new JsonObject { ["pattern"] = entry.Route.PathPattern };
        if (entry.Route.Methods.Count > 0)
            match["method"] = Strings(entry.Route.Methods);
        return match;
    }

    /// <summary>Sets the route's own headers last of all, over what an upstream answered.</summary>
    private static IEnumerable<JsonNode> Always(Route route)
    {
        if (route.Headers.Count == 0)
            yield break;
        var set = new JsonObject(new JsonNodeOptions { PropertyNameCaseInsensitive = true });
        foreach (var (name, value) in route.Headers)
            if (set[name] is JsonArray values)
                values.Add((JsonNode)CaddyAnswer.Literal(value));
            else
                set[name] = new JsonArray(CaddyAnswer.Literal(value));
        yield return new JsonObject { ["handler"] = "headers", ["response"] = new JsonObject { ["deferred"] = true, ["set"] = set } };
    }

    private static IEnumerable<JsonNode> Handlers(Route route) => route switch
    {
        ReverseProxy proxy => Proxy(proxy),
        StaticFiles files => Files(files),
        Respond respond => [CaddyAnswer.Of(respond)],
        Redirect redirect => [CaddyAnswer.Of(redirect.Status, new JsonObject { ["Location"] = new JsonArray(CaddyAnswer.Literal(redirect.To)) })],
        _ => throw new NotSupportedException($"Caddy has no handler for {route.GetType().Name}."),
    };

    private static IEnumerable<JsonNode> Proxy(ReverseProxy proxy) => proxy.Failures.Count == 0 ? HandOn(proxy) :
    [
        new JsonObject
        {
            ["handler"] = "subroute",
            ["routes"] = new JsonArray(new JsonObject { ["handle"] = new JsonArray([.. HandOn(proxy)]) }),
            ["errors"] = new JsonObject { ["routes"] = CaddyFailure.Of(proxy.Failures) },
        },
    ];

    private static IEnumerable<JsonNode> HandOn(ReverseProxy proxy)
    {
        // Caddy matches the path with its dots resolved, and hands on the one that came.
        yield return new JsonObject
        {
            ["handler"] = "subroute",
            ["routes"] = new JsonArray(new JsonObject
            {
                ["match"] = new JsonArray(Variable("{http.request.uri.path}", @"(^|[/\\])\.\.?([/\\]|$)")),
                ["handle"] = new JsonArray(CaddyAnswer.Of(400)),
            }),
        };
        if (Body(proxy) is { Count: > 0 } limits)
            yield return limits;
        if (proxy.StripPrefix.Length > 0)
            yield return Strip(proxy.StripPrefix);
        yield return new JsonObject
        {
            ["handler"] = "reverse_proxy",
            ["upstreams"] = new JsonArray(new JsonObject { ["dial"] = proxy.Upstream }),
            // A service that restarts refuses connections for a moment: hold the request instead of failing it.
            ["load_balancing"] = new JsonObject { ["try_duration"] = "5s", ["try_interval"] = "250ms" },
            // WebSockets outlive the configuration that they began under: a deployment is no reason to end them.
            ["stream_close_delay"] = "24h",
        };
    }

    // Not by enable_full_duplex: Caddy would take what is left of a body for the connection's next request.
    private static JsonObject Body(ReverseProxy proxy)
    {
        var limits = new JsonObject();
        if (proxy.MaxRequestBody > 0)
            limits["max_size"] = proxy.MaxRequestBody;
        if (proxy.RequestBodyTime > TimeSpan.Zero)
            limits["read_timeout"] = (long)proxy.RequestBodyTime.TotalNanoseconds;
        if (limits.Count > 0)
            limits.Insert(0, "handler", "request_body");
        return limits;
    }

    /// <summary>
    /// Every file in the store has the same time, so that a validator made of time and size would call a changed file unchanged.
    /// The folder's own store path is the validator instead: it changes when anything in it does.
    /// </summary>
    private static IEnumerable<JsonNode> Files(StaticFiles files)
    {
        var tag = $"\"{files.Root.Path}\"";
        if (files.StripPrefix.Length > 0)
            yield return Strip(files.StripPrefix);
        var unchanged = new JsonObject
        {
            ["match"] = new JsonArray(new JsonObject { ["header"] = new JsonObject { ["If-None-Match"] = new JsonArray($"*{tag}*") } }),
            ["handle"] = new JsonArray(CaddyAnswer.Of(304, new JsonObject { ["Etag"] = new JsonArray(tag) })),
        };
        var validators = new JsonObject
        {
            ["handler"] = "headers",
            ["request"] = new JsonObject { ["delete"] = Strings(Conditions) },
            ["response"] = new JsonObject
            {
                ["deferred"] = true,
                ["delete"] = new JsonArray("Last-Modified"),
                ["set"] = new JsonObject { ["Etag"] = new JsonArray(tag), ["Cache-Control"] = new JsonArray("no-cache") },
            },
        };
        var serve = new JsonObject { ["handler"] = "file_server", ["root"] = files.Root.Path, ["index_names"] = new JsonArray("index.html") };
        yield return new JsonObject
        {
            ["handler"] = "subroute",
            ["routes"] = new JsonArray(unchanged, new JsonObject { ["handle"] = new JsonArray(validators, serve) }),
        };
    }

    private static JsonObject Strip(string prefix) => new() { ["handler"] = "rewrite", ["strip_path_prefix"] = prefix };

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(value => (JsonNode)value)];
}
