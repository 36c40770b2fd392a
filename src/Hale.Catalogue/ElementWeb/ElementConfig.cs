using System.Text.Json.Nodes;
using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>
/// Element Web's config.json (element-web, docs/config.md), for a private server: accounts, servers and helpers of others are not offered.
/// </summary>
internal static class ElementConfig
{
    /// <summary>What upstream asks a site to send (element-web, README, "Configuration best practices").</summary>
    public static EquatableArray<(string Name, string Value)> Headers { get; } =
    [
        ("X-Frame-Options", "SAMEORIGIN"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-XSS-Protection", "1; mode=block"),
        ("Content-Security-Policy", "frame-ancestors 'self'"),
    ];

    public static string Render(ElementWeb element, Matrix matrix, HostView host) => new JsonObject
    {
        ["default_server_config"] = new JsonObject
        {
            ["m.homeserver"] = new JsonObject
            {
                ["base_url"] = $"https://{matrix.GatewayOn(host)}",
                ["server_name"] = matrix.ServerNameOn(host),
            },
        },
        ["brand"] = element.Brand.Length > 0 ? element.Brand : host.Fleet.Organization,
        ["disable_custom_urls"] = true,
        ["disable_guests"] = true,
        ["disable_3pid_login"] = true,
        ["integrations_ui_url"] = null,
        ["integrations_rest_url"] = null,
        ["integrations_widgets_urls"] = null,
        ["mobile_guide_toast"] = false,
        ["room_directory"] = new JsonObject { ["servers"] = new JsonArray(matrix.ServerNameOn(host)) },
        // Where the host has no calls of its own, Element Call would have nowhere to go.
        ["element_call"] = host.Find<CallTokens>() is null
            ? new JsonObject { ["disable"] = true }
            : new JsonObject { ["use_exclusively"] = element.OwnCalls },
        ["setting_defaults"] = new JsonObject
        {
            // Accounts are made on the registration page, with an invite.
            ["UIFeature.registration"] = false,
            ["UIFeature.passwordReset"] = false,
            ["UIFeature.identityServer"] = false,
            ["UIFeature.thirdPartyId"] = false,
            ["UIFeature.feedback"] = false,
        },
    }.ToJsonString(JsonText.Readable) + "\n";
}
