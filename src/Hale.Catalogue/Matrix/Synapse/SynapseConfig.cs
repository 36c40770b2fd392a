using System.Text.Json.Nodes;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// Renders homeserver.yaml and its log configuration (Synapse's documentation, "Configuring Synapse"). Both are written as JSON,
/// which is YAML without its traps.
/// </summary>
internal static class SynapseConfig
{
    private const string Credentials = $"/run/credentials/{SynapseUnit.Name}";

    public static TextFile Homeserver(Matrix matrix, HostView host)
    {
        var log = new TextFile("log.yaml", Log.ToJsonString(JsonText.Readable) + "\n");
        var names = matrix.Federation ? new JsonArray("client", "federation") : new JsonArray("client");
        var config = new JsonObject
        {
            ["server_name"] = matrix.ServerNameOn(host),
            ["public_baseurl"] = $"https://{matrix.GatewayOn(host)}/",
            ["report_stats"] = false,
            ["listeners"] = new JsonArray(new JsonObject
            {
                ["type"] = "http",
                ["port"] = matrix.Port.Number,
                ["bind_addresses"] = new JsonArray("127.0.0.1"),
                ["x_forwarded"] = true,
                ["resources"] = new JsonArray(new JsonObject { ["names"] = names }),
            }),
            ["database"] = matrix.Database == HomeserverDatabase.PostgreSql ? PostgreSqlDatabase : Sqlite,
            ["media_store_path"] = $"{SynapseUnit.State}/media",
            ["max_upload_size"] = matrix.MaxRequestSize,
            ["default_room_version"] = matrix.RoomVersion,
            ["log_config"] = log.Path,
            // Synapse makes this file at its first start; it is the server's identity and stays with its data.
            ["signing_key_path"] = $"{SynapseUnit.State}/signing.key",
            ["enable_registration"] = true,
            ["registration_requires_token"] = true,
            ["registration_shared_secret_path"] = $"{Credentials}/registration_shared_secret",
            ["macaroon_secret_key_path"] = $"{Credentials}/macaroon_secret_key",
            ["form_secret_path"] = $"{Credentials}/form_secret",
            ["trusted_key_servers"] = new JsonArray([.. matrix.TrustedServers.Select(server => new JsonObject { ["server_name"] = server })]),
            ["suppress_key_server_warning"] = true,
            // A family sits behind one address: after five sign-ins, Synapse's own would let one more in every five minutes. What stops guessing counts by account.
            ["rc_login"] = new JsonObject { ["address"] = new JsonObject { ["per_second"] = 0.1, ["burst_count"] = 30 } },
        };
        CallSites.AddToSynapse(config, names, host);
        if (!matrix.Federation)
            config["federation_domain_whitelist"] = new JsonArray();
        if (host.Find<Hive>() is { } hive)
            foreach (var (key, value) in HiveLimits.Of(hive))
                config[key] = value;
        if (matrix.FederationAuthorities.Count > 0)
            config["federation_custom_ca_list"] = new JsonArray([.. matrix.FederationAuthorities.Select(authority => authority.Path)]);
        if (matrix.FederationNetworks.Count > 0)
            config["ip_range_whitelist"] = new JsonArray([.. matrix.FederationNetworks.Select(network => network)]);
        return new TextFile("homeserver.yaml", Text.Naming(config.ToJsonString(JsonText.Readable) + "\n", [log, .. matrix.FederationAuthorities]));
    }

    private static JsonObject Sqlite => new()
    {
        ["name"] = "sqlite3",
        ["args"] = new JsonObject { ["database"] = $"{SynapseUnit.State}/homeserver.db" },
    };

    // No password: PostgreSQL asks the system who it is that connects.
    private static JsonObject PostgreSqlDatabase => new()
    {
        ["name"] = "psycopg2",
        ["args"] = new JsonObject
        {
            ["user"] = SynapseUnit.User,
            ["dbname"] = "synapse",
            ["host"] = PostgreSqlUnit.SocketFolder,
            ["cp_min"] = 2,
            ["cp_max"] = 10,
        },
    };

    // The journal adds the time and the unit.
    private static JsonObject Log => new()
    {
        ["version"] = 1,
        ["formatters"] = new JsonObject { ["short"] = new JsonObject { ["format"] = "%(levelname)s %(name)s %(request)s %(message)s" } },
        ["filters"] = new JsonObject
        {
            ["context"] = new JsonObject { ["()"] = "synapse.logging.context.LoggingContextFilter", ["request"] = "" },
        },
        ["handlers"] = new JsonObject
        {
            ["console"] = new JsonObject
            {
                ["class"] = "logging.StreamHandler",
                ["formatter"] = "short",
                ["filters"] = new JsonArray("context"),
                ["stream"] = "ext://sys.stdout",
            },
        },
        ["loggers"] = new JsonObject
        {
            // At the level below, it writes every query with its values, access tokens among them.
            ["synapse.storage.SQL"] = new JsonObject { ["level"] = "INFO" },
        },
        ["root"] = new JsonObject { ["level"] = "WARNING", ["handlers"] = new JsonArray("console") },
        ["disable_existing_loggers"] = false,
    };
}
