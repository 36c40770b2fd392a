using MatrixProvisioner;
using MatrixProvisioner.Hive;
using ServiceHost;

try
{
    Console.WriteLine(Environment.GetEnvironmentVariable("PROVISION") switch
    {
        null or "" or "token" => await TokenAsync(),
        "hive" => await HiveAsync(),
        var other => throw new ProvisionError($"PROVISION is \"{other}\".", "Set it to token or to hive."),
    });
    return 0;
}
catch (ProvisionError error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine($"Hint: {error.Hint}");
    return 1;
}
catch (SettingsException error)
{
    foreach (var problem in error.Problems)
        Console.Error.WriteLine(problem);
    return 1;
}

static async Task<string> TokenAsync()
{
    var settings = TokenSettings.FromEnvironment(Environment.GetEnvironmentVariable);
    using var homeserver = new Homeserver(settings.HomeserverUrl, settings.Patience);
    return await homeserver.PersistAsync(new TokenProvisioner(settings, homeserver).RunAsync, Console.WriteLine);
}

static async Task<string> HiveAsync()
{
    var settings = HiveSettings.FromEnvironment(Environment.GetEnvironmentVariable);
    using var homeserver = new Homeserver(settings.HomeserverUrl, settings.Patience);
    return await homeserver.PersistAsync(new HiveProvisioner(settings, homeserver, Console.WriteLine).RunAsync, Console.WriteLine);
}
