using System.Collections.Concurrent;
using Registration.Tests.Harness;

namespace Registration.Tests.Invites;

/// <summary>A homeserver that knows names and nothing else, for what must happen at a chosen moment. The real one is in SynapseTests.</summary>
internal sealed class Accounts : IAsyncDisposable
{
    public const string BridgeToken = "the token of a bridge";

    private const string Flows = """{"session":"s","flows":[{"stages":["m.login.registration_token","m.login.dummy"]}],"params":{}""";

    private const string Join = "/_matrix/client/v3/join/";

    private readonly ConcurrentDictionary<string, bool> names = new();
    private readonly ConcurrentQueue<string> joined = new();
    private FakeHomeserver server = null!;

    public Uri Url => server.Url;

    public IEnumerable<string> Names => names.Keys;

    /// <summary>Rooms that were joined.</summary>
    public IEnumerable<string> Joined => joined;

    public IEnumerable<System.Text.Json.Nodes.JsonObject> Requests => server.Requests;

    /// <summary>Called when an account is about to be made; what it returns decides whether it is, and whether the answer arrives.</summary>
    public Func<Fate> OnMake { get; set; } = () => Fate.Made;

    /// <summary>When it goes on with what it is slow at.</summary>
    public TaskCompletionSource Slowness { get; } = new();

    /// <summary>Whether it answers at all.</summary>
    public bool Away { get; set; }

    /// <summary>Whether it knows what it made in a session, and gives it again, as Synapse does.</summary>
    public bool RemembersSessions { get; set; }

    public static async Task<Accounts> StartAsync()
    {
        var accounts = new Accounts();
        accounts.server = await FakeHomeserver.StartAsync(async (http, body) =>
        {
            if (accounts.Away)
            {
                http.Abort();
                return;
            }
            if (http.Request.Path == "/_matrix/client/v3/register/available")
            {
                var taken = accounts.names.ContainsKey(http.Request.Query["username"].ToString());
                await FakeHomeserver.ReplyAsync(http, taken ? 400 : 200, taken ? """{"errcode":"M_USER_IN_USE","error":"taken"}""" : """{"available":true}""");
                return;
            }
            if (http.Request.Path.Value!.StartsWith(Join, StringComparison.Ordinal))
            {
                accounts.joined.Enqueue(http.Request.Path.Value[Join.Length..]);
                await FakeHomeserver.ReplyAsync(http, 200, """{"room_id":"!r:example.test"}""");
                return;
            }
            var name = (string?)body["username"] ?? "";
            if ((string?)body["type"] == "m.login.application_service")
            {
                if (http.Request.Headers.Authorization == $"Bearer {BridgeToken}")
                    await accounts.MakeAsync(http, name, inhibitLogin: true);
                else
                    await FakeHomeserver.ReplyAsync(http, 401, """{"errcode":"M_UNKNOWN_TOKEN","error":"Invalid access token"}""");
                return;
            }
            if (accounts.names.ContainsKey(name) && accounts.RemembersSessions && body["auth"] is not null)
                await FakeHomeserver.ReplyAsync(http, 200, $$"""{"user_id":"@{{name}}:example.test"}""");
            else if (accounts.names.ContainsKey(name))
                await FakeHomeserver.ReplyAsync(http, 400, """{"errcode":"M_USER_IN_USE","error":"User ID already taken."}""");
            else if ((string?)body["auth"]?["type"] is not { } stage)
                await FakeHomeserver.ReplyAsync(http, 401, Flows + "}");
            else if (stage == "m.login.registration_token")
                await FakeHomeserver.ReplyAsync(http, 401, (string?)body["auth"]!["token"] == Service.Token
                    ? Flows + ""","completed":["m.login.registration_token"]}"""
                    : Flows + ""","errcode":"M_UNAUTHORIZED","error":"Invalid registration token"}""");
            else
                await accounts.MakeAsync(http, name, (bool?)body["inhibit_login"] ?? false);
        });
        return accounts;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task MakeAsync(Microsoft.AspNetCore.Http.HttpContext http, string name, bool inhibitLogin)
    {
        var fate = OnMake();
        if (fate is Fate.MadeLate or Fate.LostLate)
        {
            await Slowness.Task;
            fate = fate is Fate.MadeLate ? Fate.Made : Fate.Lost;
        }
        if (fate is Fate.Made or Fate.MadeAndLost && !names.TryAdd(name, true))
            await FakeHomeserver.ReplyAsync(http, 400, """{"errcode":"M_USER_IN_USE","error":"User ID already taken."}""");
        else if (fate is Fate.MadeAndLost or Fate.Lost)
            http.Abort();
        else if (fate is Fate.Failed)
            await FakeHomeserver.ReplyAsync(http, 500, """{"errcode":"M_UNKNOWN","error":"Internal server error"}""");
        else
            await FakeHomeserver.ReplyAsync(http, 200, inhibitLogin
                ? $$"""{"user_id":"@{{name}}:example.test"}"""
                : $$"""{"user_id":"@{{name}}:example.test","access_token":"access of {{name}}","device_id":"D"}""");
    }
}

/// <summary>What becomes of an account that is asked for.</summary>
internal enum Fate
{
    Made,
    MadeAndLost,
    Lost,
    Failed,
    MadeLate,
    LostLate,
}
