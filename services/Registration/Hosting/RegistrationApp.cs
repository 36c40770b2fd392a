using Registration.Homeserver;
using Registration.Limits;
using Registration.Settings;
using ServiceHost;

namespace Registration.Hosting;

/// <summary>Puts the service together: settings in, a web application out. Tests start the same one.</summary>
internal static class RegistrationApp
{
    private const int ShortestSensibleCode = 8;
    private const long LargestBody = 16 * 1024;

    public static WebApplication Build(ServiceSettings settings, Action<RegistrationOptions>? configure = null)
    {
        var options = new RegistrationOptions();
        configure?.Invoke(options);

        var app = SmallServer.Create("registration", settings.Listen, LargestBody, options.Logging).Build();
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
}

/// <summary>What tests set otherwise than the machine does.</summary>
internal sealed class RegistrationOptions
{
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public AttemptLimits Limits { get; set; } = new();

    public TimeSpan HomeserverTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public Action<ILoggingBuilder> Logging { get; set; } = ServiceProgram.Log;
}
