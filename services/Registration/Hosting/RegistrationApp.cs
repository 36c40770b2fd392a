using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Registration.Homeserver;
using Registration.Limits;
using Registration.Settings;

namespace Registration.Hosting;

/// <summary>Puts the service together: settings in, a web application out. Tests start the same one.</summary>
internal static class RegistrationApp
{
    private const int ShortestSensibleCode = 8;

    public static WebApplication Build(ServiceSettings settings, Action<RegistrationOptions>? configure = null)
    {
        var options = new RegistrationOptions();
        configure?.Invoke(options);

        // The empty builder reads no environment and no file: what the service does is in its settings alone.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "registration" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Limit).UseUrls(settings.Listen);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        options.Logging(builder.Logging);

        var app = builder.Build();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("registration");
        var limiter = new AttemptLimiter(options.Time, options.Limits);
        var homeserver = new HomeserverClient(settings, log, options.HomeserverTimeout);
        var registrar = new Registrar(settings.InviteCode, limiter, homeserver, log);
        app.Run(new Endpoints(settings, registrar, limiter).HandleAsync);

        app.Lifetime.ApplicationStopped.Register(homeserver.Dispose);
        if (settings.InviteCode.Reveal().Length < ShortestSensibleCode)
            log.WeakCode(ShortestSensibleCode);
        return app;
    }

    private static void Limit(KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = 16 * 1024;
        server.Limits.MaxRequestLineSize = 4 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        server.Limits.MaxRequestHeaderCount = 64;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        server.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(1);
        server.Limits.MaxConcurrentConnections = 1_000;
    }
}

/// <summary>What tests set otherwise than the machine does.</summary>
internal sealed class RegistrationOptions
{
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public AttemptLimits Limits { get; set; } = new();

    public TimeSpan HomeserverTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public Action<ILoggingBuilder> Logging { get; set; } = logging =>
    {
        // Under systemd the journal adds the time, and reads the level from a prefix.
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is null)
            logging.AddSimpleConsole(console => (console.SingleLine, console.ColorBehavior) = (true, LoggerColorBehavior.Disabled));
        else
            logging.AddSystemdConsole();
    };
}
