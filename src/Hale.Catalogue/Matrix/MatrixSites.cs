using System.Text.Json.Nodes;
using Hale.Contribute;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>What Matrix asks of the gateway: the way to Synapse, what must not pass on it, and where clients learn of it.</summary>
internal static class MatrixSites
{
    /// <summary>Before every route of other modules, which have 0 or more unless somebody means it.</summary>
    private const int First = -1000;

    // Synapse compares the path as it came, Caddy the decoded and cleaned one: whatever Synapse takes for registration is matched
    // here too, in any version of the API, and more than that.
    private const string RegistrationPaths = "(?i)^/_matrix/client/(api/)?[^/]+/register([^a-z0-9].*)?$";

    public static IEnumerable<VirtualHost> Of(Matrix matrix, HostView host)
    {
        var (serverName, gateway) = (matrix.ServerNameOn(host), matrix.GatewayOn(host));
        yield return new VirtualHost(gateway)
        {
            Routes =
            [
                Forbidden("Accounts are made on this server's registration page.") with { PathPattern = RegistrationPaths },
                Forbidden("The administration is not reachable from outside.") with { Paths = ["/_synapse/admin", "/_synapse/admin/*"] },
                new ReverseProxy($"127.0.0.1:{matrix.Port}")
                {
                    Paths = ["/_matrix/*", "/_synapse/client/*"],
                    MaxRequestBody = matrix.MaxRequestSize,
                },
            ],
        };
        yield return new VirtualHost(serverName)
        {
            Routes =
            [
                WellKnown("client", Client(matrix, host, gateway)),
                WellKnown("server", new JsonObject { ["m.server"] = $"{gateway}:443" }),
            ],
        };
    }

    private static JsonObject Client(Matrix matrix, HostView host, string gateway)
    {
        var client = new JsonObject { ["m.homeserver"] = new JsonObject { ["base_url"] = $"https://{gateway}" } };
        if (CallSites.Foci(matrix, host) is { } foci)
            client["org.matrix.msc4143.rtc_foci"] = foci;
        return client;
    }

    private static Respond Forbidden(string why) =>
        Respond.Json(new JsonObject { ["errcode"] = "M_FORBIDDEN", ["error"] = why }.ToJsonString(JsonText.Compact), 403)
            with
        { Order = First, AllowAnyOrigin = true };

    private static Respond WellKnown(string name, JsonObject content) =>
        Respond.Json(content.ToJsonString(JsonText.Compact)) with { Paths = [$"/.well-known/matrix/{name}"], AllowAnyOrigin = true };
}
