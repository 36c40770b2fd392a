// Call tokens by the service as machines get it, on one processor. See README.md.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

const int Requests = 2_000;
const int Connections = 16;
const int Rounds = 10;
const string Body = """
    {"room_id":"!room:home.test","slot_id":"m.call#ROOM","openid_token":{"access_token":"t","token_type":"Bearer","matrix_server_name":"home.test","expires_in":3600},"member":{"id":"m","claimed_user_id":"@alice:home.test","claimed_device_id":"D"}}
    """;

var scratch = Directory.CreateTempSubdirectory("hale-bench-").FullName;
await using var upstream = await UpstreamAsync();
using var service = await StartAsync();
try
{
    using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections, UseProxy = false });
    await ReadyAsync(client);
    await SpendAsync(client, token: true);
    await SpendAsync(client, token: false);
    var (tokens, health) = (new List<double>(), new List<double>());
    for (var round = 0; round < Rounds; round++)
    {
        tokens.Add(await SpendAsync(client, token: true));
        health.Add(await SpendAsync(client, token: false));
    }
    new Figure($"{Requests} call tokens, processor time", tokens) { Goal = 1, Baseline = "/healthz as often", BaselineRuns = health }.Print();
    Published.PrintMemory("call tokens", service, goal: 60);
}
finally
{
    service.Kill();
    await service.WaitForExitAsync();
    Directory.Delete(scratch, recursive: true);
}

// The processor time that the service spends on so many requests, in seconds.
async Task<double> SpendAsync(HttpClient client, bool token)
{
    service.Refresh();
    var before = service.TotalProcessorTime;
    await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (_, cancellation) =>
    {
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        using var answer = token
            ? await client.PostAsync(Url("/get_token"), content, cancellation)
            : await client.GetAsync(Url("/healthz"), cancellation);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync(cancellation);
    });
    service.Refresh();
    return (service.TotalProcessorTime - before).TotalSeconds;
}

async Task<Process> StartAsync()
{
    var key = Path.Combine(scratch, "key");
    File.WriteAllText(key, "bench: 0123456789abcdef0123456789abcdef\n");
    var start = await Published.ServiceAsync("call-tokens", "CallTokens",
        ("CALL_TOKENS_LISTEN", Url("").AbsoluteUri),
        ("LIVEKIT_URL", "wss://calls.test/livekit/sfu"),
        ("LIVEKIT_API_URL", upstream.Urls.Single()),
        ("LIVEKIT_KEY_FILE", key),
        ("FULL_ACCESS_SERVERS", "home.test"),
        ("LOCAL_SERVERS", $"home.test={upstream.Urls.Single()}"));
    (start.FileName, var program) = ("taskset", start.FileName);
    foreach (var argument in (string[])["--cpu-list", "0", program])
        start.ArgumentList.Add(argument);
    return Published.Start(start);
}

static async Task ReadyAsync(HttpClient client)
{
    for (var tries = 0; ; tries++)
        try
        {
            await client.GetStringAsync(Url("/healthz"));
            return;
        }
        catch (HttpRequestException) when (tries < 300)
        {
            await Task.Delay(100);
        }
}

// A homeserver that knows everybody, and a LiveKit that makes every room.
static async Task<WebApplication> UpstreamAsync()
{
    var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
    builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
    var app = builder.Build();
    app.Run(http =>
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(http.Request.Path.StartsWithSegments("/twirp", StringComparison.Ordinal) ? """{"sid":"RM_1"}""" : """{"sub":"@alice:home.test"}""");
    });
    await app.StartAsync();
    return app;
}

static Uri Url(string path) => new($"http://127.0.0.1:{Port.Number}{path}");

/// <summary>A port of loopback that was free a moment ago.</summary>
internal static class Port
{
    public static int Number { get; } = Free();

    private static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
