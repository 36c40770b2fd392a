using Companion.Settings;

namespace Companion.Tests;

/// <summary>Settings from the environment, credentials and a file.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string> environment = new()
    {
        ["MATRIX_HOMESERVER_URL"] = "http://127.0.0.1:8008",
        ["MATRIX_USER_ID"] = "@claude:example.org",
        ["MATRIX_ACCESS_TOKEN"] = "token",
        ["ANTHROPIC_API_KEY"] = "key",
    };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_not_said_has_a_default()
    {
        var settings = Read();

        Assert.Equal("claude-sonnet-5-5", settings.Claude.Model);
        Assert.Equal(10, settings.Tools.MaxIterations);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.Tools.Timeout);
        Assert.Equal("*:example.org", Assert.Single(settings.Access.MayTalk).Text);
        Assert.Null(settings.Spending.MonthlyLimit);
        Assert.Null(settings.PickleKey);
    }

    [Fact]
    public void The_default_model_is_one_that_the_SDK_knows_and_that_has_a_price()
    {
        Assert.Equal(SettingsReading.DefaultModel, new Anthropic.Core.ApiEnum<string, Anthropic.Models.Messages.Model>(
            System.Text.Json.JsonSerializer.SerializeToElement(SettingsReading.DefaultModel)).Value() is Anthropic.Models.Messages.Model.ClaudeSonnet5_5
            ? SettingsReading.DefaultModel
            : "unknown to the SDK");
        Assert.NotNull(Companion.Spending.PriceList.Read(null, []).Find(SettingsReading.DefaultModel));
    }

    [Fact]
    public void The_environment_wins_over_credentials_and_those_over_the_file()
    {
        environment.Remove("ANTHROPIC_API_KEY");
        environment["COMPANION_CONFIG"] = folder.Write("config.json", """
            {
              "anthropic": { "api_key": "from the file" },
              "claude": { "model": "claude-opus-5-5", "max_tokens": 1000 },
              "access": { "may_talk": ["@nana:example.org"] },
              "tools": { "mcp_servers": { "wiki": { "url": "https://wiki.example.org/mcp" } } }
            }
            """);
        environment["CLAUDE_MAX_TOKENS"] = "2000";
        Assert.Equal("from the file", Read().Claude.ApiKey.Reveal());

        folder.Write("anthropic_api_key", "from the credential\n");
        environment["CREDENTIALS_DIRECTORY"] = folder.Path;
        var settings = Read();

        Assert.Equal("from the credential", settings.Claude.ApiKey.Reveal());
        Assert.Equal("claude-opus-5-5", settings.Claude.Model);
        Assert.Equal(2000, settings.Claude.MaxTokens);
        Assert.Equal(McpTransport.StreamableHttp, Assert.Single(settings.Tools.McpServers).Transport);
        folder.Write("tools_mcp_servers", """{"notes": {"socket": "/run/notes.sock"}}""");
        Assert.Equal(McpTransport.Socket, Assert.Single(Read().Tools.McpServers).Transport);
        environment["ANTHROPIC_API_KEY"] = "from the environment";
        Assert.Equal("from the environment", Read().Claude.ApiKey.Reveal());
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        environment["MATRIX_USER_ID"] = "claude";
        environment["CLAUDE_MAX_TOKENS"] = "many";
        environment["SPENDING_MONTHLY_LIMIT"] = "-1";
        environment["CRYPTO_PICKLE_KEY"] = "short";
        environment["TOOLS_SANDBOX_DIR"] = "relative";
        environment["ACCESS_MAY_TALK"] = """["nana"]""";
        environment["TOOLS_MCP_SERVERS"] = """{"a b": {"url": "https://x"}, "both": {"url": "https://x", "command": "y"}, "ftp": {"url": "ftp://x"}, "sse": {"url": "https://x", "transport": "fax"}}""";
        environment["COMPANION_CONFIG"] = folder.Write("config.json", """{"claude": {"modell": "x"}}""");
        environment.Remove("ANTHROPIC_API_KEY");

        var problems = Assert.Throws<SettingsException>(Read).Problems;

        Assert.Equal(
            [
                "matrix.user_id is \"claude\"", "anthropic.api_key is not set", "claude.max_tokens is \"many\"", "tools.mcp_servers.a b:", "tools.mcp_servers.both needs",
                "tools.mcp_servers.ftp:", "tools.mcp_servers.sse: transport", "access.may_talk holds \"nana\"", "spending.monthly_limit is \"-1\"",
                "tools.sandbox_dir is \"relative\"", "crypto.pickle_key has fewer", "claude.modell in the settings file is no setting",
            ],
            problems.Select((problem, index) => problem), new StartsWith());
    }

    private CompanionSettings Read() => SettingsReading.Read(name => environment.GetValueOrDefault(name));

    private sealed class StartsWith : IEqualityComparer<string>
    {
        public bool Equals(string? start, string? text) => text!.StartsWith(start!, StringComparison.Ordinal);

        public int GetHashCode(string text) => 0;
    }
}
