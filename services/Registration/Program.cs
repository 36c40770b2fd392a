using Registration.Hosting;
using Registration.Settings;
using ServiceHost;

if (ServiceProgram.Settings(ServiceSettings.FromEnvironment) is not { } settings)
    return 1;
return await ServiceProgram.RunAsync(
    RegistrationApp.Build(settings), settings.Listen, "REGISTRATION_LISTEN", $"Registration for {settings.ServerName}, on {settings.Listen}");
