using System.Text.Json.Nodes;
using Hale.Contribute;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>
/// What Matrix asks of the gateway: the way to the homeserver, what must not pass on it, and where clients and other servers learn of it.
/// </summary>
internal static class MatrixSites
{
    /// <summary>Before every route of other modules, which have 0 or more unless somebody means it.</summary>
    internal const int First = -1000;

    // A homeserver compares the path as it came, Caddy the decoded and cleaned one: whatever the homeserver takes for registration is matched
    // here too, in any version of the API, and more than that.
    private const string RegistrationPaths = "(?is)^/_matrix/client/(api/)?[^/]+/register([^a-z0-9].*)?$";

    // In stable and in unstable versions of the API, and beside the API of clients.
    private const string AdministrationPaths = "(?is)^/(_matrix/client/((api|unstable)/)?[^/]+/admin|_synapse/(admin|mas))([^a-z0-9].*)?$";

    private const string FederationPaths = "(?is)^/_matrix/(federation|key)([^a-z0-9].*)?$";

    public static IEnumerable<VirtualHost> Of(Matrix matrix, HostView host)
    {
        var (serverName, gateway) = (matrix.ServerNameOn(host), matrix.GatewayOn(host));
        yield return new VirtualHost(gateway)
        {
            Routes =
            [
                Forbidden("Accounts are made on this server's registration page.", RegistrationPaths),
                Forbidden("The administration is not reachable from outside.", AdministrationPaths),
                .. matrix.Federation ? [] : (Route[])[Forbidden("This server does not talk to other servers.", FederationPaths)],
                ToHomeserver(matrix, "/_matrix/*", "/_synapse/client/*"),
            ],
        };
        if (matrix.HasFederationPort)
            foreach (var name in new[] { gateway, serverName }.Distinct(StringComparer.Ordinal))
                yield return new VirtualHost(name) { Port = matrix.FederationPort, Routes = [ToHomeserver(matrix, "/_matrix/federation/*", "/_matrix/key/*")] };
        yield return new VirtualHost(serverName) { Routes = [.. WellKnown(matrix, host, gateway)] };
    }

    private static IEnumerable<Route> WellKnown(Matrix matrix, HostView host, string gateway)
    {
        yield return Document("client", Client(matrix, host, gateway));
        yield return Document("server", new JsonObject { ["m.server"] = ServerAddress(matrix, gateway) });
        yield return Support(matrix) is { Count: > 0 } support
            ? Document("support", support)
            // A browser of another site may read that there is none; whoever answers the path otherwise goes first.
            : Document("support", new JsonObject { ["errcode"] = "M_NOT_FOUND", ["error"] = "This server names nobody." }) with { Status = 404, Order = -First };
    }

    private static JsonObject Client(Matrix matrix, HostView host, string gateway)
    {
        var client = new JsonObject { ["m.homeserver"] = new JsonObject { ["base_url"] = $"https://{gateway}" } };
        if (CallSites.Foci(matrix, host) is { } foci)
            client["org.matrix.msc4143.rtc_foci"] = foci;
        return client;
    }

    /// <summary>Where other servers come to.</summary>
    internal static string ServerAddress(Matrix matrix, string gateway) => $"{gateway}:{(matrix.HasFederationPort ? matrix.FederationPort : 443)}";

    /// <summary>Matrix specification, "Server Support": a contact, a page, or both. Nothing where nobody is named.</summary>
    private static JsonObject Support(Matrix matrix)
    {
        var contact = new JsonObject();
        if (matrix.SupportUser.Length > 0)
            contact["matrix_id"] = matrix.SupportUser;
        if (matrix.SupportEmail.Length > 0)
            contact["email_address"] = matrix.SupportEmail;
        var support = new JsonObject();
        if (contact.Count > 0)
        {
            contact["role"] = "m.role.admin";
            support["contacts"] = new JsonArray(contact);
        }
        if (matrix.SupportPage.Length > 0)
            support["support_page"] = matrix.SupportPage;
        return support;
    }

    private static ReverseProxy ToHomeserver(Matrix matrix, params string[] paths) =>
        new($"127.0.0.1:{matrix.Port}") { Paths = [.. paths], MaxRequestBody = matrix.MaxRequestSize };

    private static Respond Forbidden(string why, string paths) =>
        Respond.Json(new JsonObject { ["errcode"] = "M_FORBIDDEN", ["error"] = why }.ToJsonString(JsonText.Compact), 403)
            with
        { PathPattern = paths, Order = First, AllowAnyOrigin = true };

    private static Respond Document(string name, JsonObject content) =>
        Respond.Json(content.ToJsonString(JsonText.Compact)) with { Paths = [$"/.well-known/matrix/{name}"], AllowAnyOrigin = true };
}
