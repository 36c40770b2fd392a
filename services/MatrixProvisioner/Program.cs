using MatrixProvisioner;

try
{
    var settings = ProvisionSettings.FromEnvironment(Environment.GetEnvironmentVariable);
    using var homeserver = new Homeserver(settings.HomeserverUrl, settings.Patience);
    Console.WriteLine(await new Provisioner(settings, homeserver).RunAsync());
    return 0;
}
catch (ProvisionError error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine($"Hint: {error.Hint}");
    return 1;
}
