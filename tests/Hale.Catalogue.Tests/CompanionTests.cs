using System.Text.Json.Nodes;

namespace Hale.Catalogue.Tests;

/// <summary>The assistant's module: who holds which secret, its configuration, and what is said to be wrong.</summary>
public sealed class CompanionTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };

    [Fact]
    public void The_assistant_holds_neither_the_registration_token_nor_its_password()
    {
        var plan = Fleets.Evaluate(Gateway, new Matrix(), new Companion()).Single();

        Assert.Equal(["anthropic_api_key", "crypto_pickle_key"], plan.Unit("companion.service").Credentials.Select(credential => credential.Id));
        Assert.Equal(["registration_token", "matrix_password"], plan.Unit("companion-account.service").Credentials.Select(credential => credential.Id));
        Assert.All(
            plan.Secrets.Where(secret => secret.Secret.Name.StartsWith("companion/", StringComparison.Ordinal)),
            secret => Assert.True(secret.Secret.IsGenerated));
    }

    [Fact]
    public void Without_encryption_there_is_no_pickle_key() =>
        Assert.Equal(["anthropic_api_key"], Fleets.Evaluate(Gateway, new Matrix(), new Companion { Encryption = false })
            .Single().Unit("companion.service").Credentials.Select(credential => credential.Id));

    [Fact]
    public void What_is_said_reaches_the_service_and_what_is_not_stays_its_default()
    {
        JsonNode Config(Companion companion) => JsonNode.Parse(Fleets.Evaluate(Gateway, new Matrix(), companion).Single().Text("companion.json"))!;

        Assert.Equal("""{"claude":{"model":"claude-sonnet-5-5","max_tokens":8192},"tools":{"web_search_enabled":false},"access":{},"spending":{"monthly_limit":20}}""",
            Config(new Companion()).ToJsonString());
        var said = Config(new Companion
        {
            ApiUrl = "http://127.0.0.1:4000",
            SystemPrompt = "Be kind.",
            MayTalk = ["@nana:example.org"],
            Files = true,
            McpServers = [new McpServer("wiki", "https://wiki.example.org/mcp"), new McpServer("old", "https://old.example.org/sse") { Sse = true }],
        });
        Assert.Equal("http://127.0.0.1:4000", (string?)said["anthropic"]!["base_url"]);
        Assert.Equal("Be kind.", (string?)said["claude"]!["system_prompt"]);
        Assert.Equal("""["@nana:example.org"]""", said["access"]!["may_talk"]!.ToJsonString());
        Assert.Equal("/var/lib/companion/files", (string?)said["tools"]!["sandbox_dir"]);
        Assert.Equal("""{"wiki":{"url":"https://wiki.example.org/mcp","transport":"http"},"old":{"url":"https://old.example.org/sse","transport":"sse"}}""",
            said["tools"]!["mcp_servers"]!.ToJsonString());
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var problems = Fleets.Evaluate(Gateway, new Matrix(), new Companion
        {
            ApiUrl = "http://gateway.example.org",
            UserName = "Claude Bot",
            Model = "",
            MaxTokens = 10,
            MonthlyLimit = 0,
            MayInvite = ["nana"],
            McpServers = [new McpServer("a b", "https://x"), new McpServer("x", "ftp://x"), new McpServer("y", "https://y"), new McpServer("y", "https://z")],
        }).Problems;

        Golden.Matches("companion-problems.txt", CaddyTests.Said(problems));
    }

    [Fact]
    public void Without_matrix_and_as_its_administrator_it_is_refused()
    {
        Assert.Equal("Companion talks in Matrix rooms, but one has no Matrix.", Assert.Single(Fleets.Evaluate(Gateway, new Companion()).Problems).Message);
        Assert.Contains("administrator", Assert.Single(Fleets.Evaluate(Gateway, new Matrix(), new Companion { UserName = "hale" }).Problems).Message, StringComparison.Ordinal);
    }
}
