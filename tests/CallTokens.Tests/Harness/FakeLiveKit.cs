using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace CallTokens.Tests.Harness;

/// <summary>
/// LiveKit's API for rooms at the wire: Twirp in JSON, as far as the service uses it. That it is true to the real one in what it takes is shown
/// with LiveKit's own client (<see cref="LiveKitLibraryTests"/>).
/// </summary>
internal sealed class FakeLiveKit : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<(string Method, JsonObject Body, string Token)> calls = new();

    private FakeLiveKit()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    public Uri Url => new(app.Urls.Single());

    public IReadOnlyCollection<(string Method, JsonObject Body, string Token)> Calls => calls;

    /// <summary>What rooms were made with, each time one was asked for.</summary>
    public IEnumerable<JsonObject> Rooms => calls.Where(call => call.Method == "CreateRoom").Select(call => call.Body);

    /// <summary>The status that it answers with, where that is not a good one.</summary>
    public int Status { get; set; } = 200;

    /// <summary>How long it takes.</summary>
    public TimeSpan Takes { get; set; }

    /// <summary>Who is there, by room and identity: the ids of their connections.</summary>
    public ConcurrentDictionary<(string Room, string Identity), string> There { get; } = new();

    public static async Task<FakeLiveKit> StartAsync()
    {
        var server = new FakeLiveKit();
        await server.app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        const string folder = "/twirp/livekit.RoomService/";
        var path = http.Request.Path.Value!;
        if (http.Request.Method != "POST" || !path.StartsWith(folder, StringComparison.Ordinal) || !(http.Request.ContentType ?? "").StartsWith("application/json", StringComparison.Ordinal))
        {
            await FakeWeb.JsonAsync(http, """{"code":"bad_route","msg":"no"}""", 404);
            return;
        }
        var body = (await JsonNode.ParseAsync(http.Request.Body))!.AsObject();
        calls.Enqueue((path[folder.Length..], body, http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal)));
        await Task.Delay(Takes);
        if (Status != 200)
            await FakeWeb.JsonAsync(http, """{"code":"internal","msg":"no"}""", Status);
        else if (path.EndsWith("/CreateRoom", StringComparison.Ordinal))
            await FakeWeb.JsonAsync(http, new JsonObject { ["sid"] = "RM_1", ["name"] = body["name"]!.DeepClone(), ["emptyTimeout"] = 300 }.ToJsonString());
        else if (There.TryGetValue(((string)body["room"]!, (string)body["identity"]!), out var connection))
            await FakeWeb.JsonAsync(http, new JsonObject { ["sid"] = connection, ["identity"] = body["identity"]!.DeepClone(), ["state"] = "ACTIVE" }.ToJsonString());
        else
            await FakeWeb.JsonAsync(http, """{"code":"not_found","msg":"participant does not exist"}""", 404);
    }
}
