using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Companion.Tests.Harness;

/// <summary>
/// An MCP server as it is on the wire, by streamable HTTP at /mcp and by server-sent events at /sse (Model Context Protocol 2025-06-18 and
/// 2024-11-05). Its tools: echo gives back its text, fail fails, hang never answers.
/// </summary>
internal sealed class FakeMcp : IAsyncDisposable
{
    private readonly WebApplication app;
    private string session = $"{Guid.NewGuid():N}";
    private readonly Channel<string> events = Channel.CreateUnbounded<string>();

    private FakeMcp()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(http => (http.Request.Method, http.Request.Path.Value) switch
        {
            ("POST", "/mcp") => HttpAsync(http),
            ("GET", "/sse") => EventsAsync(http),
            ("POST", "/messages") => MessageAsync(http),
            _ => Task.Run(() => http.Response.StatusCode = 405),
        });
    }

    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public ConcurrentQueue<string?> Authorizations { get; } = new();

    public static async Task<FakeMcp> StartAsync()
    {
        var fake = new FakeMcp();
        await fake.app.StartAsync();
        return fake;
    }

    /// <summary>It has no memory of its sessions: they are no more, which it says by 404.</summary>
    public void Restart() => session = $"{Guid.NewGuid():N}";

    public async ValueTask DisposeAsync()
    {
        events.Writer.TryComplete();
        await app.DisposeAsync();
    }

    private async Task HttpAsync(HttpContext http)
    {
        Authorizations.Enqueue(http.Request.Headers.Authorization);
        var message = (await JsonNode.ParseAsync(http.Request.Body))!;
        if (message["method"]?.GetValue<string>() != "initialize" && http.Request.Headers["Mcp-Session-Id"] != session)
        {
            http.Response.StatusCode = 404;
            return;
        }
        http.Response.Headers["Mcp-Session-Id"] = session;
        var answer = await AnswerAsync(message, http.RequestAborted);
        http.Response.StatusCode = answer is null ? 202 : 200;
        http.Response.ContentType = "application/json";
        if (answer is not null)
            await http.Response.WriteAsync(answer.ToJsonString());
    }

    private async Task EventsAsync(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync("event: endpoint\ndata: /messages\n\n");
        await http.Response.Body.FlushAsync();
        await foreach (var message in events.Reader.ReadAllAsync(http.RequestAborted))
        {
            await http.Response.WriteAsync($"event: message\ndata: {message}\n\n");
            await http.Response.Body.FlushAsync();
        }
    }

    private async Task MessageAsync(HttpContext http)
    {
        var message = (await JsonNode.ParseAsync(http.Request.Body))!;
        http.Response.StatusCode = 202;
        _ = Task.Run(async () =>
        {
            if (await AnswerAsync(message, CancellationToken.None) is { } answer)
                await events.Writer.WriteAsync(answer.ToJsonString());
        });
    }

    private static async Task<JsonObject?> AnswerAsync(JsonNode message, CancellationToken stop)
    {
        if (message["id"] is not { } id)
            return null;
        var (result, error) = (new JsonObject(), (JsonObject?)null);
        switch (message["method"]!.GetValue<string>())
        {
            case "initialize":
                result = new JsonObject
                {
                    ["protocolVersion"] = message["params"]!["protocolVersion"]!.DeepClone(),
                    ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
                    ["serverInfo"] = new JsonObject { ["name"] = "fake", ["version"] = "1" },
                };
                break;
            case "ping":
                break;
            case "tools/list":
                result = new JsonObject { ["tools"] = new JsonArray(Tool("echo"), Tool("fail"), Tool("hang")) };
                break;
            case "tools/call":
                if (message["params"]!["name"]!.GetValue<string>() == "hang")
                    await Task.Delay(TimeSpan.FromSeconds(30), stop);
                var fails = message["params"]!["name"]!.GetValue<string>() == "fail";
                result = new JsonObject
                {
                    ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = fails ? "it went wrong" : message["params"]!["arguments"]!["text"]?.DeepClone() }),
                    ["isError"] = fails,
                };
                break;
            default:
                error = new JsonObject { ["code"] = -32601, ["message"] = "no such method" };
                break;
        }
        var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone() };
        answer[error is null ? "result" : "error"] = error ?? result;
        return answer;
    }

    private static JsonObject Tool(string name) => new()
    {
        ["name"] = name,
        ["description"] = $"The tool {name}.",
        ["inputSchema"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["text"] = new JsonObject { ["type"] = "string" } } },
    };
}
