using System.Text.Json.Nodes;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>Renders tuwunel.toml (tuwunel's documentation, "Example configuration"), as tuwunel 1.9 reads it.</summary>
internal static class TuwunelConfig
{
    private const string Credentials = $"/run/credentials/{TuwunelUnit.Name}";

    public static TextFile Of(Matrix matrix, HostView host)
    {
        var gateway = matrix.GatewayOn(host);
        var wellKnown = new JsonObject { ["client"] = $"https://{gateway}", ["server"] = MatrixSites.ServerAddress(matrix, gateway) };
        // The gateway answers for the documents themselves; clients are told of calls from here too, by the homeserver's own API.
        if (host.Find<CallTokens>() is not null)
            wellKnown["livekit_url"] = CallTokens.BaseUrl(matrix, host);
        var settings = new JsonObject
        {
            ["server_name"] = matrix.ServerNameOn(host),
            ["address"] = new JsonArray("127.0.0.1"),
            ["port"] = matrix.Port.Number,
            ["database_path"] = TuwunelUnit.State,
            ["max_request_size"] = matrix.MaxRequestSize,
            ["default_room_version"] = matrix.RoomVersion,
            ["allow_registration"] = true,
            ["registration_token_file"] = $"{Credentials}/registration_token",
            ["registration_shared_secret_file"] = $"{Credentials}/registration_shared_secret",
            // The first administrator is made with the shared secret, whoever registers first.
            ["grant_admin_to_first_user"] = false,
            ["allow_federation"] = matrix.Federation,
            ["federate_admin_room"] = false,
            ["trusted_servers"] = new JsonArray([.. matrix.TrustedServers.Select(server => (JsonNode)server)]),
            // Otherwise joining a room asks those first, and the servers themselves after.
            ["query_trusted_key_servers_first_on_join"] = false,
            ["ip_source"] = "rightmost_x_forwarded_for",
            ["new_user_displayname_suffix"] = "",
            // A key that it does not know ends it, instead of a line in its log.
            ["error_on_unknown_config_opts"] = true,
            ["log"] = "warn",
            ["log_colors"] = false,
            ["well_known"] = wellKnown,
        };
        return new TextFile("tuwunel.toml", TomlText.Render(new JsonObject { ["global"] = settings }));
    }
}
