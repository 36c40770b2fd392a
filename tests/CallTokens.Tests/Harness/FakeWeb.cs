using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace CallTokens.Tests.Harness;

/// <summary>A web server over real TLS on one port of a loopback address, which answers as the test says and notes what it was asked.</summary>
internal sealed class FakeWeb : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly X509Certificate2 certificate;
    private readonly ConcurrentQueue<string> asked = new();
    private int connections;

    private FakeWeb(IPEndPoint at, X509Certificate2 certificate, RequestDelegate answer)
    {
        this.certificate = certificate;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(server => server.Listen(at, listen =>
        {
            listen.Use(next => connection =>
            {
                Interlocked.Increment(ref connections);
                return next(connection);
            });
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificateSelector = (_, name) =>
                {
                    Indications.Enqueue(name ?? "none");
                    return certificate;
                },
            });
        }));
        app = builder.Build();
        app.Run(http =>
        {
            asked.Enqueue($"{http.Request.Host} {http.Request.Path}{http.Request.QueryString}");
            return answer(http);
        });
    }

    /// <summary>What was asked: the Host header, and the path.</summary>
    public IReadOnlyCollection<string> Asked => asked;

    /// <summary>The name that each TLS client named (SNI).</summary>
    public ConcurrentQueue<string> Indications { get; } = new();

    /// <summary>How many connections there were, whole or not.</summary>
    public int Connections => connections;

    public int Port => new Uri(app.Urls.Single()).Port;

    public static async Task<FakeWeb> StartAsync(IPAddress address, int port, X509Certificate2 certificate, RequestDelegate answer)
    {
        var server = new FakeWeb(new IPEndPoint(address, port), certificate, answer);
        await server.app.StartAsync();
        return server;
    }

    public static async Task JsonAsync(HttpContext http, string json, int status = 200)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(json);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        certificate.Dispose();
    }
}
