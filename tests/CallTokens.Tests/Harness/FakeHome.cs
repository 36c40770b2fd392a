using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace CallTokens.Tests.Harness;

/// <summary>A homeserver without TLS, as a service reaches one on its own machine: OpenID, and events that it holds back.</summary>
internal sealed class FakeHome : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<string> asked = new();

    private FakeHome()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            asked.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {await reader.ReadToEndAsync()}".TrimEnd());
            await Task.Delay(Takes);
            await Answer(http);
        });
    }

    public Uri Url => new(app.Urls.Single());

    public IReadOnlyCollection<string> Asked => asked;

    /// <summary>How often somebody's token was asked for.</summary>
    public int Questions => asked.Count(line => line.Contains("/openid/userinfo", StringComparison.Ordinal));

    /// <summary>What it was told of events that it holds back, such as <c>id/send</c>.</summary>
    public IEnumerable<string> Delayed => asked.Where(line => line.Contains("/delayed_events/", StringComparison.Ordinal))
        .Select(line => line.Split("/delayed_events/")[1].Split(' ')[0]);

    public TimeSpan Takes { get; set; }

    /// <summary>Answers: a token is "NAME's token".</summary>
    public RequestDelegate Answer { get; set; } = AnswerWellAsync;

    public static async Task AnswerWellAsync(HttpContext http)
    {
        if (http.Request.Path.Value!.Contains("/delayed_events/", StringComparison.Ordinal))
            await FakeWeb.JsonAsync(http, "{}");
        else if (http.Request.Query["access_token"].ToString() is var token && token.EndsWith("'s token", StringComparison.Ordinal))
            await FakeWeb.JsonAsync(http, $$"""{"sub":"@{{token[..^8]}}:home.test"}""");
        else
            await FakeWeb.JsonAsync(http, """{"errcode":"M_UNKNOWN_TOKEN","error":"no"}""", 401);
    }

    public static async Task<FakeHome> StartAsync()
    {
        var server = new FakeHome();
        await server.app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
