using Registration.Hosting;
using Registration.Settings;

ServiceSettings settings;
try
{
    settings = ServiceSettings.FromEnvironment(Environment.GetEnvironmentVariable);
}
catch (SettingsException error)
{
    foreach (var problem in error.Problems)
        Console.Error.WriteLine(problem);
    return 1;
}

using var manager = new ServiceManager(Environment.GetEnvironmentVariable);
await using var app = RegistrationApp.Build(settings);
app.Lifetime.ApplicationStopping.Register(manager.Stopping);
try
{
    UnixSocket.RemoveStale(settings.Listen);
    await app.StartAsync();
    UnixSocket.Open(settings.Listen);
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
{
    Console.Error.WriteLine($"Cannot listen on {settings.Listen}: {error.Message} Is something else there? Set REGISTRATION_LISTEN.");
    return 1;
}
manager.Ready($"Registration for {settings.ServerName}, on {settings.Listen}");
await app.WaitForShutdownAsync();
return 0;
