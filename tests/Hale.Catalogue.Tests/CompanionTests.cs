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
        });
        Assert.Equal("http://127.0.0.1:4000", (string?)said["anthropic"]!["base_url"]);
        Assert.Equal("Be kind.", (string?)said["claude"]!["system_prompt"]);
        Assert.Equal("""["@nana:example.org"]""", said["access"]!["may_talk"]!.ToJsonString());
        Assert.Equal("/var/lib/companion/files", (string?)said["tools"]!["sandbox_dir"]);
    }

    [Fact]
    public void Servers_and_their_tokens_are_a_credential_and_a_program_has_a_unit_that_sees_nothing_of_the_assistant()
    {
        var script = new TextFile("notes.py", "print()\n");
        var plan = Fleets.Evaluate(Gateway, new Matrix(), new Companion
        {
            McpServers =
            [
                new McpServer("wiki", "https://wiki.example.org/mcp") { Token = Secret.Named("wiki_token") },
                new McpServer("old", "https://old.example.org/sse") { Sse = true },
            ],
            McpPrograms = [new McpProgram("notes", $"/usr/bin/python3 {script}") { Packages = ["python3-minimal"], Secrets = [("TOKEN", Secret.Named("notes_token"))] }],
        }).Single();

        var assistant = plan.Unit("companion.service");
        var servers = JsonNode.Parse(plan.Text("mcp-servers.json"))!;
        Assert.Equal("Bearer {{secret:wiki_token|part}}", (string?)servers["wiki"]!["headers"]!["Authorization"]);
        Assert.Equal("""{"url":"https://old.example.org/sse","transport":"sse"}""", servers["old"]!.ToJsonString());
        Assert.Equal("""{"socket":"/run/mcp/notes.sock"}""", servers["notes"]!.ToJsonString());
        Assert.Equal(["anthropic_api_key", "crypto_pickle_key", "tools_mcp_servers"], assistant.Credentials.Select(credential => credential.Id));
        Assert.Equal("companion-mcp-notes.socket", assistant.Body.Single(line => line.Key == "Requires").Value.ToString());

        var program = plan.Unit("companion-mcp-notes@.service");
        Assert.Empty(program.Credentials);
        Assert.Equal("/run/secrets/rendered/companion-mcp/notes.env", program.Body.Single(line => line.Key == "EnvironmentFile").Value.ToString());
        Assert.Contains(program.Body, line => line.Key == "PrivateNetwork");
        Assert.DoesNotContain(program.Body, line => line.Key == "StateDirectory");
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
            McpServers = [new McpServer("a b", "https://x"), new McpServer("x", "ftp://x"), new McpServer("y", "https://y"), new McpServer("y", "https://z"), new McpServer("z", "http://z.example.org") { Token = Secret.Named("z") }],
            McpPrograms = [new McpProgram("Notes", "python3 x") { Secrets = [("1", Secret.Named("z"))] }, new McpProgram("x", "/bin/x")],
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
