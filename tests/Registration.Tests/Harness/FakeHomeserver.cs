using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Registration.Tests.Harness;

/// <summary>
/// A homeserver that misbehaves in one way. Only for what a real Synapse cannot be brought to do; everything else is tested
/// against a real one (<see cref="SynapseServer"/>).
/// </summary>
internal sealed class FakeHomeserver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<JsonObject> requests = new();

    private FakeHomeserver(Func<HttpContext, JsonObject, Task> answer, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        app = builder.Build();
        app.Run(async http =>
        {
            var body = http.Request.Method == "POST" ? (await JsonNode.ParseAsync(http.Request.Body))!.AsObject() : [];
            requests.Enqueue(body);
            await answer(http, body);
        });
    }

    public Uri Url => new(app.Urls.Single());

    public IReadOnlyCollection<JsonObject> Requests => requests;

    public static async Task<FakeHomeserver> StartAsync(Func<HttpContext, JsonObject, Task> answer, int port = 0)
    {
        var server = new FakeHomeserver(answer, port);
        await server.app.StartAsync();
        return server;
    }

    public static Task<FakeHomeserver> StartAsync(int status, string body, int port = 0) =>
        StartAsync((http, _) => ReplyAsync(http, status, body), port);

    public static async Task ReplyAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
