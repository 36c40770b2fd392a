using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace GatewayBench;

/// <summary>An account in a room, and what its client asks: it follows what happens, says something, reads back, looks who is there.</summary>
internal sealed class Chat
{
    private const string Api = "/_matrix/client/v3";
    private readonly string room;
    private readonly AuthenticationHeaderValue token;
    private string since = "";
    private int said;

    private Chat(string room, string token) => (this.room, this.token) = (Uri.EscapeDataString(room), new("Bearer", token));

    /// <summary>Makes the account, the room and something to read.</summary>
    public static async Task<Chat> BeginAsync(HttpClient homeserver, string sharedSecret)
    {
        var (user, token) = await RegisterAsync(homeserver, sharedSecret);
        var chat = new Chat("", token);
        // An account of a bench says more in a second than a person.
        await chat.AskAsync(homeserver, HttpMethod.Post, $"/_synapse/admin/v1/users/{Uri.EscapeDataString(user)}/override_ratelimit",
            new JsonObject { ["messages_per_second"] = 0, ["burst_count"] = 0 });
        var room = await chat.AskAsync(homeserver, HttpMethod.Post, $"{Api}/createRoom", new JsonObject { ["preset"] = "private_chat", ["name"] = "Kitchen" });
        chat = new Chat((string)room["room_id"]!, token);
        for (var message = 0; message < 50; message++)
            await chat.SayAsync(homeserver);
        await chat.FollowAsync(homeserver);
        return chat;
    }

    /// <summary>The next request of a client, by its number: of ten, four follow, three say something, two read back, one looks who is there.</summary>
    public Task NextAsync(HttpClient client, int number) => (number % 10) switch
    {
        0 or 3 or 5 or 8 => FollowAsync(client),
        1 or 4 or 7 => SayAsync(client),
        2 or 6 => AskAsync(client, HttpMethod.Get, $"{Api}/rooms/{room}/messages?dir=b&limit=20"),
        _ => AskAsync(client, HttpMethod.Get, $"{Api}/rooms/{room}/joined_members"),
    };

    /// <summary>What happened since the last time; without waiting for more.</summary>
    public async Task FollowAsync(HttpClient client)
    {
        var from = Volatile.Read(ref since);
        var news = await AskAsync(client, HttpMethod.Get, $"{Api}/sync?timeout=0{(from.Length > 0 ? $"&since={from}" : "")}");
        Volatile.Write(ref since, (string)news["next_batch"]!);
    }

    private Task<JsonNode> SayAsync(HttpClient client) =>
        AskAsync(client, HttpMethod.Put, $"{Api}/rooms/{room}/send/m.room.message/{Interlocked.Increment(ref said)}", new JsonObject
        {
            ["msgtype"] = "m.text",
            ["body"] = "Dinner is at seven tonight, and whoever comes by the shop brings bread.",
        });

    private async Task<JsonNode> AskAsync(HttpClient client, HttpMethod method, string path, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = token;
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsByteArrayAsync();
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text)!
            : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(text)}");
    }

    // Synapse's documentation, "Registering a user"; the specification has no way without a person at hand.
    private static async Task<(string User, string Token)> RegisterAsync(HttpClient homeserver, string sharedSecret)
    {
        const string path = "/_synapse/admin/v1/register";
        var nonce = (string)(await homeserver.GetFromJsonAsync<JsonObject>(path))!["nonce"]!;
#pragma warning disable CA5350 // What Synapse asks for.
        var mac = HMACSHA1.HashData(Encoding.UTF8.GetBytes(sharedSecret), Encoding.UTF8.GetBytes($"{nonce}\0bench\0password\0admin"));
#pragma warning restore CA5350
        using var answer = await homeserver.PostAsJsonAsync(path, new JsonObject
        {
            ["nonce"] = nonce,
            ["username"] = "bench",
            ["password"] = "password",
            ["admin"] = true,
            ["mac"] = Convert.ToHexStringLower(mac),
        });
        answer.EnsureSuccessStatusCode();
        var made = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        return ((string)made["user_id"]!, (string)made["access_token"]!);
    }
}
