using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Hale.Catalogue.Tests;
using Hale.Declare;

namespace Lab.Tests.Hive;

/// <summary>examples/hive on a booted machine.</summary>
public sealed class HiveFixture() : ExampleFixture("hive")
{
    public const string Provision = "hive-provision.service";

    private int asked;

    /// <summary>The gateway's site.</summary>
    public const string Gateway = "https://matrix.hive-matrix.xyz";

    /// <summary>The example itself, for a test to change.</summary>
    public static Task<Fleet> DeclareAsync() => Example.LoadAsync("hive");

    public async Task<string> TokenAsync(string agent) => (await Machine.SucceedAsync($"cat /var/lib/{agent}/access_token")).Trim();

    public async Task<string> RoomIdAsync(string key) => (await Machine.SucceedAsync($"cat /var/lib/hive/rooms/{key}")).Trim();

    /// <summary>Asks the homeserver through the gateway, as whoever has the token.</summary>
    public async Task<(int Status, JsonNode? Body)> AskAsync(string token, string path, HttpMethod? method = null)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"{Gateway}/_matrix/client/v3/{path}");
        if (method == HttpMethod.Post)
            request.Content = JsonContent.Create(new JsonObject());
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonNode>());
    }

    /// <summary>The rooms that the hive's admin is in: the Spaces, and the others by name.</summary>
    public async Task<(int Spaces, List<string> Rooms)> RoomsAsync()
    {
        var token = (await Machine.SucceedAsync("cat /var/lib/hive/admin_token")).Trim();
        var (spaces, rooms) = (0, new List<string>());
        foreach (var room in (await AskAsync(token, "joined_rooms")).Body!["joined_rooms"]!.AsArray())
        {
            var path = $"rooms/{Uri.EscapeDataString((string)room!)}/state";
            if ((string?)(await AskAsync(token, $"{path}/m.room.create/")).Body!["type"] == "m.space")
                spaces++;
            else
                rooms.Add((string?)(await AskAsync(token, $"{path}/m.room.name/")).Body!["name"] ?? "?");
        }
        return (spaces, rooms);
    }

    /// <summary>The memberships of agents in a room, as the hive's admin sees them: <c>scout: join, scribe: none</c>.</summary>
    public async Task<string> MembershipsAsync(string room, params IEnumerable<string> agents)
    {
        var token = (await Machine.SucceedAsync("cat /var/lib/hive/admin_token")).Trim();
        var said = new List<string>();
        foreach (var agent in agents)
            said.Add($"{agent}: {(string?)(await AskAsync(token, $"rooms/{Uri.EscapeDataString(room)}/state/m.room.member/{Uri.EscapeDataString($"@{agent}:hive-matrix.xyz")}")).Body?["membership"] ?? "none"}");
        return string.Join(", ", said);
    }

    /// <summary>
    /// How far the homeserver's streams have come, as the hive's admin sees them: of events, receipts, account data, devices and the like. Who
    /// is present and who types is left out (Synapse's tokens of /sync name them second and third): agents come and go.
    /// </summary>
    public async Task<string> StreamsAsync()
    {
        var token = (await Machine.SucceedAsync("cat /var/lib/hive/admin_token")).Trim();
        // Synapse gives the answer from before to who asks the same within two minutes.
        var streams = ((string)(await AskAsync(token, $"sync?timeout={Interlocked.Increment(ref asked)}")).Body!["next_batch"]!).Split('_');
        return string.Join('_', streams.Where((_, index) => index is not (1 or 2)));
    }

    /// <summary>What the provisioner said in its last run that ended.</summary>
    public async Task<string> LastWordAsync() =>
        (await Machine.SucceedAsync($"journalctl --output=cat --no-pager -u {Provision} _COMM=matrix-provisio + -u {Provision} SYSLOG_IDENTIFIER=matrix-provisioner | tail -n 1")).Trim();

    public Task ProvisionAsync() => Machine.SucceedAsync($"systemctl restart {Provision}");
}

[CollectionDefinition(Name)]
public sealed class HiveMachine : ICollectionFixture<HiveFixture>
{
    public const string Name = "hive";
}
