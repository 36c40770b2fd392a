using System.Text.Json.Nodes;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// The units of the assistant: a oneshot that makes its account and leaves the access token in the state directory, and the assistant, which
/// sees neither the registration token nor the password. Both are the same dynamic user.
/// </summary>
internal static class CompanionUnits
{
    public const string Name = "companion.service";
    public const string AccountName = "companion-account.service";

    private const string State = "/var/lib/companion";
    private const string AccessToken = $"{State}/access_token";

    private static DotnetProgram Program => new("companion", "services/Companion");

    // The same root for both, and one in hale.lock.
    private static readonly string[] Native = ["libolm3", "libsqlite3-0"];

    public static IEnumerable<Artifact> Of(Companion companion, Matrix matrix, HostView host)
    {
        yield return new StateDirectory("companion")
        {
            Paths = [State],
            Units = [Name, AccountName],
            Identity = companion.UserIdOn(host, matrix),
            IdentityName = "user id",
        };
        yield return Account(companion, matrix, host);
        yield return Assistant(companion, matrix, host);
        foreach (var artifact in McpUnits.Of(companion))
            yield return artifact;
    }

    private static Unit Account(Companion companion, Matrix matrix, HostView host) => new(AccountName)
    {
        WantedBy = ["multi-user.target"],
        Credentials = [("registration_token", matrix.RegistrationToken), ("matrix_password", Secret.Generated("companion/matrix_password"))],
        Body =
        {
            { "Unit", "Description", "Make the assistant's Matrix account" },
            { "Unit", "Wants", ProvisionUnit.Name },
            { "Unit", "After", ProvisionUnit.Name },
            { "Service", "Type", "oneshot" },
            { "Service", "RemainAfterExit", "yes" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "5" },
            DotnetService.Run(Program, Native),
            Hardening.LoopbackOnly,
            Common(companion, matrix, host),
            { "Service", "ExecStart", "" },
            { "Service", "ExecStart", $"{Program}/bin/{Program.ProgramName} account" },
        },
    };

    private static Unit Assistant(Companion companion, Matrix matrix, HostView host)
    {
        var config = new TextFile("companion.json", Config(companion).ToJsonString(JsonText.Readable) + "\n");
        return new Unit(Name)
        {
            WantedBy = ["multi-user.target"],
            Credentials = [.. Credentials(companion)],
            RestartOn = [.. McpUnits.Changes(companion)],
            Body =
            {
                { "Unit", "Description", "The assistant in Matrix rooms" },
                // Not required: where the account is made at the second try only, nobody would start this one again.
                { "Unit", "Wants", AccountName },
                { "Unit", "After", AccountName },
                { "Service", "Type", "notify" },
                { "Service", "WatchdogSec", "60" },
                { "Service", "Restart", "on-failure" },
                { "Service", "RestartSec", "5" },
                { "Service", "TimeoutStartSec", "180" },
                // Answers under way are given some of it.
                { "Service", "TimeoutStopSec", "45" },
                DotnetService.Run(Program, Native),
                Common(companion, matrix, host),
                McpUnits.Lines(companion),
                companion.Files ? [new UnitLine("Service", "StateDirectory", "companion/files")] : [],
                { "Service", "Environment", $"COMPANION_CONFIG={config}" },
            },
        };
    }

    private static IEnumerable<Credential> Credentials(Companion companion)
    {
        yield return ("anthropic_api_key", companion.ApiKey);
        if (companion.Encryption)
            yield return ("crypto_pickle_key", Secret.Generated("companion/pickle_key"));
        // Tokens may be among it.
        if (McpUnits.Config(companion) is { } servers)
            yield return ("tools_mcp_servers", new SecretTemplate("companion/mcp-servers.json", SecretFormat.Json, servers));
    }

    private static IEnumerable<UnitLine> Common(Companion companion, Matrix matrix, HostView host) =>
    [
        new("Service", "User", "companion"),
        new("Service", "StateDirectory", "companion"),
        new("Service", "StateDirectoryMode", "0700"),
        new("Service", "Environment", $"MATRIX_HOMESERVER_URL={matrix.LocalUrl}"),
        new("Service", "Environment", $"MATRIX_USER_ID={companion.UserIdOn(host, matrix)}"),
        new("Service", "Environment", $"MATRIX_ACCESS_TOKEN_FILE={AccessToken}"),
    ];

    private static JsonObject Config(Companion companion)
    {
        var claude = new JsonObject { ["model"] = companion.Model, ["max_tokens"] = companion.MaxTokens };
        if (companion.SystemPrompt.Length > 0)
            claude["system_prompt"] = companion.SystemPrompt;
        var tools = new JsonObject { ["web_search_enabled"] = companion.WebSearch };
        if (companion.Files)
            tools["sandbox_dir"] = $"{State}/files";
        var access = new JsonObject();
        if (companion.MayInvite.Count > 0)
            access["may_invite"] = Texts(companion.MayInvite);
        if (companion.MayTalk.Count > 0)
            access["may_talk"] = Texts(companion.MayTalk);
        var spending = new JsonObject { ["monthly_limit"] = companion.MonthlyLimit };
        if (companion.Prices.Length > 0)
            spending["prices"] = JsonNode.Parse(companion.Prices);
        var config = new JsonObject
        {
            ["claude"] = claude,
            ["tools"] = tools,
            ["access"] = access,
            ["spending"] = spending,
        };
        if (companion.ApiUrl.Length > 0)
            config["anthropic"] = new JsonObject { ["base_url"] = companion.ApiUrl };
        return config;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
}
