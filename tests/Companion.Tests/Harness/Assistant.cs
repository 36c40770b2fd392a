using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Hosting;
using Companion.Settings;
using Registration.Tests.Harness;

namespace Companion.Tests.Harness;

/// <summary>The service as the machine starts it, from settings in an environment, on a real Synapse and the fake of the API.</summary>
internal sealed class Assistant : IAsyncDisposable
{
    private readonly TemporaryFolder state = new();
    private readonly CollectedLog log = new();
    private readonly Dictionary<string, string> environment;
    private readonly TimeProvider time;
    private CancellationTokenSource? stop;
    private Task running = Task.CompletedTask;

    public Assistant(SynapseServer synapse, Person account, FakeClaude claude, TimeProvider? time = null, params (string Name, string Value)[] more)
    {
        this.time = time ?? TimeProvider.System;
        environment = new()
        {
            ["MATRIX_HOMESERVER_URL"] = synapse.Url.AbsoluteUri,
            ["MATRIX_USER_ID"] = account.UserId,
            ["MATRIX_ACCESS_TOKEN"] = account.AccessToken,
            ["ANTHROPIC_API_KEY"] = "sk-test",
            ["ANTHROPIC_BASE_URL"] = claude.Url.AbsoluteUri,
            ["STATE_DIRECTORY"] = state.Path,
        };
        foreach (var (name, value) in more)
            environment[name] = value;
        UserId = account.UserId;
    }

    public string UserId { get; }

    public string Log => log.Text;

    public string State => state.Path;

    public async Task StartAsync()
    {
        stop = new CancellationTokenSource();
        var ready = new TaskCompletionSource();
        var settings = SettingsReading.Read(name => environment.GetValueOrDefault(name));
        running = Task.Run(() => CompanionService.RunAsync(settings, ready.SetResult, time, log, stop.Token, grace: TimeSpan.FromSeconds(3)));
        await await Task.WhenAny(ready.Task, running).WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async Task StopAsync()
    {
        if (stop is null)
            return;
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(60));
        stop.Dispose();
        stop = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        state.Dispose();
    }
}

/// <summary>A person with an account, and what she does over the client-server API.</summary>
public sealed record Person(SynapseServer Synapse, string UserId, string AccessToken)
{
    /// <summary>Makes an account with Synapse's shared secret.</summary>
    public static async Task<Person> MakeAsync(SynapseServer synapse, string name, bool admin = false)
    {
        var (_, nonce) = await synapse.SendAsync(HttpMethod.Get, "/_synapse/admin/v1/register");
        var once = nonce["nonce"]!.GetValue<string>();
#pragma warning disable CA5350 // What Synapse's admin API asks for.
        var mac = System.Security.Cryptography.HMACSHA1.HashData(
            System.Text.Encoding.UTF8.GetBytes(SynapseServer.SharedSecret), System.Text.Encoding.UTF8.GetBytes($"{once}\0{name}\0password\0{(admin ? "admin" : "notadmin")}"));
#pragma warning restore CA5350
        var (status, made) = await synapse.SendAsync(HttpMethod.Post, "/_synapse/admin/v1/register", new JsonObject
        {
            ["nonce"] = once,
            ["username"] = name,
            ["password"] = "password",
            ["admin"] = admin,
            ["mac"] = Convert.ToHexStringLower(mac),
        });
        Assert.True(status == 200, made.ToJsonString());
        return new Person(synapse, made["user_id"]!.GetValue<string>(), made["access_token"]!.GetValue<string>());
    }

    /// <summary>The same person on another device.</summary>
    public async Task<Person> SignInAsync()
    {
        var made = await DoAsync(HttpMethod.Post, "/_matrix/client/v3/login", new JsonObject
        {
            ["type"] = "m.login.password",
            ["identifier"] = new JsonObject { ["type"] = "m.id.user", ["user"] = UserId },
            ["password"] = "password",
        });
        return this with { AccessToken = made["access_token"]!.GetValue<string>() };
    }

    public async Task<string> MakeRoomAsync(params string[] invited) =>
        (await DoAsync(HttpMethod.Post, "/_matrix/client/v3/createRoom", new JsonObject
        {
            ["preset"] = "private_chat",
            ["invite"] = new JsonArray([.. invited.Select(user => JsonValue.Create(user))]),
        }))["room_id"]!.GetValue<string>();

    public async Task<string> SayAsync(string room, string text, string? thread = null, string? replaces = null)
    {
        var content = new JsonObject { ["msgtype"] = "m.text", ["body"] = text };
        if (thread is not null)
            content["m.relates_to"] = new JsonObject { ["rel_type"] = "m.thread", ["event_id"] = thread };
        if (replaces is not null)
        {
            content["m.new_content"] = new JsonObject { ["msgtype"] = "m.text", ["body"] = text };
            content["m.relates_to"] = new JsonObject { ["rel_type"] = "m.replace", ["event_id"] = replaces };
        }
        var sent = await DoAsync(HttpMethod.Put, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/send/m.room.message/{Guid.NewGuid():N}", content);
        return sent["event_id"]!.GetValue<string>();
    }

    /// <summary>Writes what is no text, or mentions by <c>m.mentions</c>.</summary>
    public Task SendAsync(string room, JsonObject content) =>
        DoAsync(HttpMethod.Put, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/send/m.room.message/{Guid.NewGuid():N}", content);

    public Task RemoveAsync(string room, string eventId) =>
        DoAsync(HttpMethod.Put, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/redact/{Uri.EscapeDataString(eventId)}/{Guid.NewGuid():N}", []);

    public async Task<string?> MembershipAsync(string room, string user)
    {
        var (status, content) = await Synapse.SendAsync(HttpMethod.Get,
            $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/state/m.room.member/{Uri.EscapeDataString(user)}", accessToken: AccessToken);
        return status == 200 ? content["membership"]!.GetValue<string>() : null;
    }

    /// <summary>All messages of a room, oldest first, edits among them.</summary>
    public async Task<IReadOnlyList<JsonObject>> MessagesAsync(string room)
    {
        var page = await DoAsync(HttpMethod.Get, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/messages?dir=b&limit=200");
        return [.. page["chunk"]!.AsArray().Select(one => one!.AsObject()).Where(one => one["type"]!.GetValue<string>() == "m.room.message").Reverse()];
    }

    /// <summary>What a reader sees in the end of the messages of one user: each with its last edit.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(string room, string from)
    {
        var shown = new Dictionary<string, string>();
        foreach (var message in (await MessagesAsync(room)).Where(one => one["sender"]!.GetValue<string>() == from))
        {
            var content = message["content"]!;
            if (content["m.relates_to"]?["rel_type"]?.GetValue<string>() == "m.replace")
                shown[content["m.relates_to"]!["event_id"]!.GetValue<string>()] = content["m.new_content"]!["body"]!.GetValue<string>();
            else
                shown[message["event_id"]!.GetValue<string>()] = content["body"]!.GetValue<string>();
        }
        return [.. shown.Values];
    }

    /// <summary>Waits until somebody's messages are such.</summary>
    public async Task<IReadOnlyList<string>> WaitAsync(string room, string from, Func<IReadOnlyList<string>, bool> such)
    {
        for (var patience = System.Diagnostics.Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            var messages = await ReadAsync(room, from);
            if (such(messages))
                return messages;
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(40), $"Still: {JsonSerializer.Serialize(messages)}");
        }
    }

    public async Task<JsonObject> DoAsync(HttpMethod method, string path, JsonObject? body = null)
    {
        var (status, answer) = await Synapse.SendAsync(method, path, body, AccessToken);
        Assert.True(status == 200, $"{path}: {answer.ToJsonString()}");
        return answer;
    }
}
