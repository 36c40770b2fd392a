using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace MatrixProvisioner.Tests.Harness;

/// <summary>
/// A homeserver at the wire, in either of two dialects, whose connections can be cut at any request: before it was processed, or after.
/// What a whole hive does at a real Synapse is a test of the lab.
/// </summary>
internal sealed class FakeMatrix : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly ConcurrentQueue<string> log = new();
    private int requests;

    private FakeMatrix(Dialect dialect)
    {
        World = new World(dialect);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(HandleAsync);
    }

    public Uri Url => new(app.Urls.Single());

    public World World { get; }

    /// <summary>The number of the request to cut; 0 for none.</summary>
    public int CutAt { get; set; }

    /// <summary>Whether the request that is cut is processed all the same.</summary>
    public bool CutAfter { get; set; }

    /// <summary>Every how many requests that change something it says "later"; 0 for never.</summary>
    public int LaterEvery { get; set; }

    /// <summary>Every how many requests it fails, each second time after it has done what was asked; 0 for never.</summary>
    public int FailEvery { get; set; }

    public int Requests => requests;

    /// <summary>Each request so far: <c>POST /_matrix/…</c></summary>
    public IReadOnlyCollection<string> Log => log;

    public static async Task<FakeMatrix> StartAsync(Dialect dialect)
    {
        var fake = new FakeMatrix(dialect);
        await fake.app.StartAsync();
        return fake;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        var body = http.Request.Method is "POST" or "PUT" ? (await JsonNode.ParseAsync(http.Request.Body))!.AsObject() : [];
        var path = http.Request.Path.Value![(http.Request.Path.Value!.StartsWith("/_matrix/client/v3", StringComparison.Ordinal) ? "/_matrix/client/v3" : "/_matrix/client").Length..];
        int number, status;
        JsonNode answer;
        lock (gate)
        {
            number = ++requests;
            log.Enqueue($"{http.Request.Method} {path}");
            var cut = number == CutAt;
            if (cut && !CutAfter)
                (status, answer) = (0, new JsonObject());
            else if (LaterEvery > 0 && http.Request.Method != "GET" && number % LaterEvery == 0)
                (status, answer) = (429, new JsonObject { ["errcode"] = "M_LIMIT_EXCEEDED", ["retry_after_ms"] = 10 });
            else if (FailEvery > 0 && number % (2 * FailEvery) == 0)
                (status, answer) = (502, new JsonObject());
            else
                (status, answer) = World.Answer(http.Request.Method, path, http.Request.Query["username"].ToString(), Token(http), body);
            if (cut)
                status = 0;
            else if (FailEvery > 0 && number % (2 * FailEvery) == FailEvery)
                (status, answer) = (500, new JsonObject { ["errcode"] = "M_UNKNOWN" });
        }
        if (status == 0)
        {
            http.Abort();
            return;
        }
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer.ToJsonString());
    }

    private static string? Token(HttpContext http) =>
        http.Request.Headers.Authorization.ToString() is { Length: > 7 } header ? header["Bearer ".Length..] : null;
}
