using System.Collections.Immutable;
using System.Text.Json;
using ServiceHost;

namespace Companion.Settings;

/// <summary>Reads the settings from where they are: the environment first, then the credentials, then the file.</summary>
internal static class SettingsReading
{
    public const string DefaultModel = "claude-sonnet-5-5";

    public const string DefaultSystemPrompt =
        "You are an assistant in a Matrix chat room. Each message that reaches you starts with the time and the person who wrote it. "
        + "Answer briefly and in the language of the question. Markdown is shown as such.";

    /// <exception cref="SettingsException">Something is missing or cannot be meant; all problems at once.</exception>
    public static CompanionSettings Read(Func<string, string?> environment)
    {
        var source = new SettingsSource(environment);
        var userId = source.Required("matrix.user_id", "the assistant's own user id, such as @claude:example.org");
        if (userId.Length > 0 && (userId[0] != '@' || !userId.Contains(':') || userId.Any(char.IsWhiteSpace)))
            source.Problems.Add($"matrix.user_id is \"{userId}\", not a user id such as @claude:example.org.");
        var itsServer = $"*:{userId[(userId.IndexOf(':') + 1)..]}";
        var settings = new CompanionSettings
        {
            Matrix = new MatrixSettings
            {
                HomeserverUrl = source.Url("matrix.homeserver_url") ?? Missing(source),
                UserId = userId,
                AccessToken = source.RequiredSecret("matrix.access_token", "the access token of the assistant's account"),
            },
            Claude = new ClaudeSettings
            {
                ApiKey = source.RequiredSecret("anthropic.api_key", "the key for Anthropic's API"),
                BaseUrl = source.Url("anthropic.base_url"),
                Model = source.Text("claude.model") ?? DefaultModel,
                MaxTokens = source.Number("claude.max_tokens", 8192, 256, 128_000),
                SystemPrompt = source.Text("claude.system_prompt") ?? DefaultSystemPrompt,
            },
            Tools = new ToolSettings
            {
                WebSearchEnabled = source.Flag("tools.web_search_enabled", false),
                SandboxDir = source.Text("tools.sandbox_dir"),
                MaxIterations = source.Number("tools.max_iterations", 10, 1, 100),
                Timeout = TimeSpan.FromSeconds(source.Number("tools.timeout_seconds", 30, 1, 600)),
                McpServers = source.Json("tools.mcp_servers") is { } servers
                    ? McpServerSettings.Read(servers, "tools.mcp_servers", source.Problems)
                    : [],
            },
            Access = new AccessSettings
            {
                MayInvite = Patterns(source, "access.may_invite", itsServer),
                MayTalk = Patterns(source, "access.may_talk", itsServer),
            },
            Spending = new SpendingSettings
            {
                MonthlyLimit = source.Money("spending.monthly_limit"),
                Prices = source.Json("spending.prices")?.GetRawText(),
            },
            PickleKey = source.Secret("crypto.pickle_key"),
            DatabasePath = source.Text("crypto.database_path") ?? DefaultDatabase(environment("STATE_DIRECTORY")),
        };
        if (settings.Tools.SandboxDir is { } sandbox && !Path.IsPathRooted(sandbox))
            source.Problems.Add($"tools.sandbox_dir is \"{sandbox}\", not an absolute path.");
        if (settings.PickleKey is { } key && key.Reveal().Length is > 0 and < 32)
            source.Problems.Add("crypto.pickle_key has fewer than 32 characters: a key that can be guessed protects nothing.");
        source.RefuseUnknown();
        return source.Problems.Count == 0 ? settings : throw new SettingsException(source.Problems);
    }

    private static Uri Missing(SettingsSource source)
    {
        if (source.Text("matrix.homeserver_url") is null)
            source.Required("matrix.homeserver_url", "where the homeserver is, such as http://127.0.0.1:8008");
        return new Uri("http://missing.invalid");
    }

    private static ImmutableArray<UserPattern> Patterns(SettingsSource source, string name, string fallback)
    {
        var texts = source.Json(name) switch
        {
            null => [fallback],
            { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                list.EnumerateArray().Select(item => item.GetString()!).ToArray(),
            _ => null,
        };
        if (texts is null)
            source.Problems.Add($"{name} is not a list of user ids, such as [\"@nana:example.org\", \"*:example.org\"].");
        foreach (var text in (texts ?? []).Where(text => !UserPattern.IsValid(text)))
            source.Problems.Add($"{name} holds \"{text}\", which is neither a user id nor a pattern such as *:example.org.");
        return [.. (texts ?? []).Select(text => new UserPattern(text))];
    }

    private static string DefaultDatabase(string? state) => Path.Combine(state is { Length: > 0 } ? state.Split(':')[0] : ".", "companion.db");
}
