using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ServiceHost;

/// <summary>A web application with nothing in it but Kestrel, its limits and a log: what every service begins with.</summary>
public static class SmallServer
{
    /// <summary>The longest that requests under way may take once the service was told to stop.</summary>
    public static TimeSpan Farewell { get; } = TimeSpan.FromSeconds(10);

    /// <summary>A builder that reads no environment and no file: what the service does is in its settings alone.</summary>
    /// <param name="name">The service's name.</param>
    /// <param name="listen">Where it listens.</param>
    /// <param name="largestBody">The largest request body, in bytes.</param>
    /// <param name="logging">Where it logs to.</param>
    public static WebApplicationBuilder Create(string name, string listen, long largestBody, Action<ILoggingBuilder> logging)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = name });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => Limit(server, largestBody)).UseUrls(listen);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Farewell);
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        logging(builder.Logging);
        return builder;
    }

    private static void Limit(KestrelServerOptions server, long largestBody)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = largestBody;
        server.Limits.MaxRequestLineSize = 4 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        server.Limits.MaxRequestHeaderCount = 64;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        server.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(1);
        server.Limits.MaxConcurrentConnections = 1_000;
    }
}
