using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AroundTheAssistant;

/// <summary>
/// Anthropic's API as it is on the wire: POST /v1/messages, answered by a stream of events. It gives the answers that a test has
/// prepared, in their order, and after that repeats what it is asked. It keeps every request.
/// </summary>
public sealed class FakeClaude : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Func<HttpContext, JsonObject, Task>> prepared = new();
    private readonly ConcurrentQueue<JsonObject> requests = new();

    private FakeClaude()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public IReadOnlyList<JsonObject> Requests => [.. requests];

    /// <summary>How the last request showed its key; the SDK sends it as a bearer.</summary>
    public string? Key { get; private set; }

    public static async Task<FakeClaude> StartAsync()
    {
        var fake = new FakeClaude();
        await fake.app.StartAsync();
        return fake;
    }

    public FakeClaude Answers(params IEnumerable<Func<HttpContext, JsonObject, Task>> answers)
    {
        foreach (var answer in answers)
            prepared.Enqueue(answer);
        return this;
    }

    /// <summary>What the user said last, in the last request.</summary>
    public static string Asked(JsonObject request)
    {
        var content = request["messages"]!.AsArray().Last(message => message!["role"]!.GetValue<string>() == "user")!["content"]!;
        return content is JsonArray blocks ? blocks.Select(block => block!["text"]?.GetValue<string>()).FirstOrDefault(text => text is not null) ?? "" : content.GetValue<string>();
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Assert.Equal("/v1/messages", http.Request.Path);
        Key = http.Request.Headers.Authorization;
        var request = (await JsonNode.ParseAsync(http.Request.Body))!.AsObject();
        requests.Enqueue(request);
        if (!prepared.TryDequeue(out var answer))
            answer = Reply.Text($"You said: {Asked(request)}");
        await answer(http, request);
    }
}
