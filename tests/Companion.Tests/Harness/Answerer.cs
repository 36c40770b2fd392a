using System.Text.Json;
using Companion.Claude;
using Companion.Conversation;
using Companion.Settings;
using Companion.Spending;
using Companion.State;
using Companion.Tools;
using Companion.Tools.Mcp;
using Companion.Tools.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Companion.Tests.Harness;

/// <summary>What answers questions, without a room: on the fake of the API, with a sandbox and a ledger of its own.</summary>
internal sealed class Answerer : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient http = new(new ShortWaits(new SocketsHttpHandler(), TimeProvider.System));
    private readonly CollectedLog log = new();
    private readonly Database database;
    private readonly SandboxFolder sandbox;
    private readonly McpServers servers;
    private readonly ModelClient model;
    private readonly Answering answering;

    public Answerer(FakeClaude claude, decimal? limit = null, bool webSearch = false, int rounds = 10, TimeSpan? toolLimit = null, string mcpServers = "{}")
    {
        Directory.CreateDirectory(Sandbox);
        var problems = new List<string>();
        var settings = new ToolSettings
        {
            WebSearchEnabled = webSearch,
            SandboxDir = Sandbox,
            MaxIterations = rounds,
            Timeout = toolLimit ?? TimeSpan.FromSeconds(30),
            McpServers = McpServerSettings.Read(JsonDocument.Parse(mcpServers).RootElement, "mcp_servers", problems),
        };
        Assert.Empty(problems);
        var claudeSettings = new ClaudeSettings
        {
            ApiKey = new SecretText("sk-test"),
            BaseUrl = claude.Url,
            Model = SettingsReading.DefaultModel,
            MaxTokens = 1000,
            SystemPrompt = "Be brief.",
        };
        database = Database.Open(Path.Combine(folder.Path, "companion.db"));
        sandbox = new SandboxFolder(Sandbox);
        servers = new McpServers(settings.McpServers, TimeProvider.System, log);
        model = new ModelClient(claudeSettings, http);
        Ledger = new Ledger(database, limit, new SettableTime());
        Tools = new ToolBox(new FileTools(sandbox), servers, settings.Timeout, TimeProvider.System, NullLogger.Instance);
        answering = new Answering(claudeSettings, settings, model, Tools, PriceList.Read(null, []), Ledger);
    }

    public string Sandbox => Path.Combine(folder.Path, "sandbox");

    /// <summary>What it logged of its servers.</summary>
    public string Log => log.Text;

    public Ledger Ledger { get; }

    public ToolBox Tools { get; }

    /// <summary>All that was shown on the way.</summary>
    public List<string> Shown { get; } = [];

    public async Task<string> AskAsync(string question, params Turn[] history) =>
        (await answering.AnswerAsync(history, question, Shown.Add, CancellationToken.None)).Text;

    public async ValueTask DisposeAsync()
    {
        await servers.DisposeAsync();
        model.Dispose();
        sandbox.Dispose();
        database.Dispose();
        http.Dispose();
        folder.Dispose();
    }
}
