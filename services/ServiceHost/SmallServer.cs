using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ServiceHost;

/// <summary>
/// Kestrel with its limits, one handler and a log, and nothing else: what every service begins with. ASP.NET's own builder of applications would
/// add configuration, routing and a container for services, which are not used here and cost each process 9 MB (docs/decisions/0023).
/// </summary>
/// <remarks>It reads no environment and no file: what the service does is in its settings alone.</remarks>
public sealed class SmallServer : IAsyncDisposable
{
    private readonly KestrelServer kestrel;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lazy<Task> stop;

    /// <param name="listen">Where it listens, as <see cref="SettingsReader.Listen"/> gives it.</param>
    /// <param name="largestBody">The largest request body, in bytes.</param>
    /// <param name="loggers">Where the server logs to.</param>
    public SmallServer(string listen, long largestBody, ILoggerFactory loggers)
    {
        var options = new KestrelServerOptions { ApplicationServices = new NoServices() };
        Limit(options, largestBody);
        kestrel = new(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers), loggers);
        Addresses.Add(listen);
        stop = new(EndAsync);
    }

    /// <summary>The longest that requests under way may take once the service was told to stop.</summary>
    public static TimeSpan Farewell { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Answers every request.</summary>
    public RequestDelegate Handler { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called once it listens.</summary>
    public Action Started { get; set; } = () => { };

    /// <summary>Called when it has answered the last request.</summary>
    public Func<Task> Stopped { get; set; } = () => Task.CompletedTask;

    /// <summary>Cancelled when the service was told to stop, while requests under way still have their time.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>Where it listens; port 0 is the one that it got, once it has started.</summary>
    public string Url => Addresses.Single();

    private ICollection<string> Addresses => kestrel.Features.Get<IServerAddressesFeature>()!.Addresses;

    /// <exception cref="IOException">The address is taken.</exception>
    /// <exception cref="InvalidOperationException">It cannot be listened on.</exception>
    public async Task StartAsync()
    {
        await kestrel.StartAsync(new Application(Handler), CancellationToken.None);
        Started();
    }

    /// <summary>Says that it will stop soon: <see cref="Stopping"/>.</summary>
    public void BeginStopping() => stopping.Cancel();

    /// <summary>Takes no more requests, waits for those under way, then ends what the service does beside them.</summary>
    public Task StopAsync() => stop.Value;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        kestrel.Dispose();
        stopping.Dispose();
    }

    private async Task EndAsync()
    {
        await stopping.CancelAsync();
        using var farewell = new CancellationTokenSource(Farewell);
        await kestrel.StopAsync(farewell.Token);
        await Stopped();
    }

    private static void Limit(KestrelServerOptions server, long largestBody)
    {
        // Without TLS there is no other.
        server.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = largestBody;
        server.Limits.MaxRequestLineSize = 4 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        server.Limits.MaxRequestHeaderCount = 64;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        server.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(1);
        server.Limits.MaxConcurrentConnections = 1_000;
    }

    private sealed class Application(RequestDelegate handler) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handler(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // It holds nothing: Kestrel ends its own parts, and logs what was not caught.
        }
    }

    // What Kestrel asks for, had it a container.
    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
