using System.Text.Json.Nodes;
using Hale.Contribute;
using Hale.Declare;
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

    private const string WellKnownFolder = "/.well-known/matrix/";

    private const string FederationPaths = "(?is)^/_matrix/(federation|key)([^a-z0-9].*)?$";

    /// <summary>
    /// What another server may send at once, in bytes: Synapse takes 200 events of 64 KiB from it, however small the people's files must be. A
    /// transaction has 50 at most, and 100 messages of no stated size (Matrix server-server API, "Transactions").
    /// </summary>
    internal const int LargestTransaction = 200 * 65_536;

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
                .. matrix.Federation && matrix.MaxRequestSize < LargestTransaction ? (Route[])[ForServers(matrix, "/_matrix/federation/*")] : [],
                ToHomeserver(matrix, "/_matrix/*", "/_synapse/client/*"),
            ],
        };
        if (matrix.HasFederationPort)
            foreach (var name in new[] { gateway, serverName }.Distinct(StringComparer.Ordinal))
                yield return new VirtualHost(name) { Port = matrix.FederationPort, Routes = [ForServers(matrix, "/_matrix/federation/*", "/_matrix/key/*")] };
        yield return new VirtualHost(serverName) { Routes = [.. WellKnown(matrix, host, gateway)] };
    }

    private static IEnumerable<Route> WellKnown(Matrix matrix, HostView host, string gateway)
    {
        yield return Document("client", Client(matrix, host, gateway));
        yield return Document("server", new JsonObject { ["m.server"] = ServerAddress(matrix, gateway) });
        yield return Support(matrix) is { Count: > 0 } support
            ? Document("support", support)
            // A browser of another site may read that there is none; whoever answers the path otherwise goes first.
            : Error(404, "M_NOT_FOUND", "This server names nobody.") with { Paths = [$"{WellKnownFolder}support"], Order = -First };
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
        new($"127.0.0.1:{matrix.Port}") { Paths = [.. paths], MaxRequestBody = matrix.MaxRequestSize, Failures = Failures };

    private static ReverseProxy ForServers(Matrix matrix, params string[] paths) =>
        ToHomeserver(matrix, paths) with { MaxRequestBody = Math.Max(matrix.MaxRequestSize, LargestTransaction) };

    /// <summary>What the gateway says in the place of the homeserver, in its words and readable for clients in a browser.</summary>
    private static EquatableArray<Respond> Failures { get; } =
    [
        Error(413, "M_TOO_LARGE", "This is larger than the server takes."),
        Error(502, "M_UNKNOWN", "The server does not answer. Try again in a moment."),
    ];

    private static Respond Forbidden(string why, string paths) => Error(403, "M_FORBIDDEN", why) with { PathPattern = paths, Order = First };

    private static Respond Error(int status, string code, string why) =>
        Respond.Json(new JsonObject { ["errcode"] = code, ["error"] = why }.ToJsonString(JsonText.Compact), status) with { AllowAnyOrigin = true };

    private static Respond Document(string name, JsonObject content) =>
        Respond.Json(content.ToJsonString(JsonText.Compact)) with { Paths = [$"{WellKnownFolder}{name}"], AllowAnyOrigin = true };
}
