using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Registration.Tests.Harness;

namespace Companion.Tests.Harness;

/// <summary>Stands between the assistant and a real Synapse, as a gateway would: a test says what goes through and what goes wrong.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly HttpClient client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri homeserver;
    private readonly WebApplication app;

    private Relay(SynapseServer synapse)
    {
        homeserver = synapse.Url;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        Rule = PassAsync;
        app.Run(RunAsync);
    }

    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>What is done with each request; it passes until a test says otherwise.</summary>
    public Func<HttpContext, Task> Rule { get; set; }

    public static async Task<Relay> StartAsync(SynapseServer synapse)
    {
        var relay = new Relay(synapse);
        await relay.app.StartAsync();
        return relay;
    }

    public static bool IsFor(HttpContext http, string part) => http.Request.Path.Value!.Contains(part, StringComparison.Ordinal);

    public static Task RefuseAsync(HttpContext http, int status, string body = "")
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(body);
    }

    public Task PassAsync(HttpContext http) => PassAsync(http, answer => answer);

    public async Task PassAsync(HttpContext http, Func<string, string> rewrite)
    {
        using var answer = await AskAsync(http);
        http.Response.StatusCode = (int)answer.StatusCode;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(rewrite(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>The homeserver takes the request, and its answer is lost.</summary>
    public async Task LoseAnswerAsync(HttpContext http)
    {
        using (await AskAsync(http))
            await RefuseAsync(http, 502);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        client.Dispose();
    }

    // The assistant hangs up on a poll when it stops.
    private async Task RunAsync(HttpContext http)
    {
        try
        {
            await Rule(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpContext http)
    {
        var target = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri(homeserver, target));
        if (http.Request.ContentLength > 0)
            request.Content = new StreamContent(http.Request.Body) { Headers = { { "Content-Type", "application/json" } } };
        if (http.Request.Headers.Authorization.ToString() is { Length: > 0 } authorization)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await client.SendAsync(request, http.RequestAborted);
    }
}
