using System.Collections.Concurrent;
using MatrixProvisioner.Hive;

namespace MatrixProvisioner.Tests.Harness;

/// <summary>A hive of two agents and two rooms on a computer of its own: its folders, and the provisioner run against a homeserver.</summary>
internal sealed class HiveOnDisk(Uri homeserver) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ConcurrentQueue<string> Said { get; } = new();

    public HiveDeclaration Declaration { get; set; } = new()
    {
        Admin = "hive",
        Space = new RoomDeclaration("space", "hive", "", ["scout", "scribe"]),
        Rooms = [new RoomDeclaration("hive-chat", "hive-chat", "What is going on", ["scout", "scribe"]), new RoomDeclaration("papers", "Papers", "", ["scribe"])],
        Agents = [new AgentDeclaration("scout", "Scout", "access_token"), new AgentDeclaration("scribe", "", "access_token")],
        RoomVersion = "10",
    };

    public string Token { get; set; } = World.RegistrationToken;

    public string Seed { get; set; } = "the seed";

    public string State => Directory.CreateDirectory(Path.Combine(folder.Path, "state")).FullName;

    public string Agents => Directory.CreateDirectory(Path.Combine(folder.Path, "agents")).FullName;

    public string AgentFolder(string name) => Directory.CreateDirectory(Path.Combine(Agents, name)).FullName;

    public string? TokenOf(string agent) =>
        File.Exists(Path.Combine(AgentFolder(agent), "access_token")) ? File.ReadAllText(Path.Combine(AgentFolder(agent), "access_token")) : null;

    public string RoomId(string key) => File.ReadAllText(Path.Combine(State, "rooms", key));

    /// <summary>One run of the provisioner. Nothing that it says is a secret.</summary>
    public Task<string> RunAsync() => RunAsync((provisioner, _) => provisioner.RunAsync());

    /// <summary>The same, as the program does it: it goes on where the homeserver went away or failed.</summary>
    public Task<string> PersistAsync(TimeSpan? patience = null) => RunAsync((provisioner, client) => client.PersistAsync(provisioner.RunAsync, Said.Enqueue), patience);

    private async Task<string> RunAsync(Func<HiveProvisioner, Homeserver, Task<string>> run, TimeSpan? patience = null)
    {
        foreach (var agent in Declaration.Agents)
            AgentFolder(agent.Name);
        using var client = new Homeserver(homeserver, patience ?? TimeSpan.FromSeconds(20));
        var settings = new HiveSettings
        {
            HomeserverUrl = homeserver,
            ServerName = World.ServerName,
            Declaration = Declaration,
            RegistrationToken = new SecretText(Token),
            PasswordSeed = new SecretText(Seed),
            StateFolder = State,
            AgentsFolder = Agents,
            Settling = TimeSpan.FromMilliseconds(1),
        };
        try
        {
            var result = await run(new HiveProvisioner(settings, client, Said.Enqueue), client);
            Said.Enqueue(result);
            return result;
        }
        finally
        {
            foreach (var line in Said)
            {
                Assert.DoesNotContain("token-", line, StringComparison.Ordinal);
                Assert.DoesNotContain(Token, line, StringComparison.Ordinal);
                Assert.DoesNotContain(Seed, line, StringComparison.Ordinal);
            }
        }
    }

    public void Dispose() => folder.Dispose();
}
