using Registration.Admin;
using Registration.Hosting;
using Registration.Settings;
using Registration.Store;
using ServiceHost;
using Sodium;

if (args is [AdminTool.Word, var socket])
    return await AdminTool.RunAsync(socket, Console.OpenStandardInput(), Console.OpenStandardOutput());
if (ServiceProgram.Settings(ServiceSettings.FromEnvironment) is not { } settings)
    return 1;
try
{
    return await ServiceProgram.RunAsync(
        RegistrationApp.Build(settings), settings.Listen, "REGISTRATION_LISTEN", $"Registration for {settings.ServerName}, on {settings.Listen}");
}
catch (Exception error) when (error is StoreException or SodiumException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
