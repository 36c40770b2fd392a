namespace Registration.Tests.Harness;

/// <summary>Runs the real provisioner as its unit would: settings in the environment, secrets in a credentials folder.</summary>
internal static class Provision
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        Uri homeserver,
        string token,
        string sharedSecret = SynapseServer.SharedSecret,
        string password = SynapseServer.AdminPassword,
        string admin = "hale",
        int waitSeconds = 60)
    {
        using var credentials = new TemporaryFolder();
        credentials.Write("registration_token", token + "\n");
        credentials.Write("registration_shared_secret", sharedSecret);
        credentials.Write("admin_password", password);
        var result = await Tools.TryAsync("dotnet", [Tools.Program("MatrixProvisioner")], new Dictionary<string, string>
        {
            ["HOMESERVER_URL"] = homeserver.ToString(),
            ["CREDENTIALS_DIRECTORY"] = credentials.Path,
            ["ADMIN_USER"] = admin,
            ["HOMESERVER_WAIT_SECONDS"] = $"{waitSeconds}",
        });
        foreach (var secret in new[] { token, sharedSecret, password }.Where(secret => secret.Length > 0))
        {
            Assert.DoesNotContain(secret, result.Output);
            Assert.DoesNotContain(secret, result.Error);
        }
        return result;
    }
}
