using Companion.Settings;
using ServiceHost;

namespace Companion.Account;

/// <summary>What it takes to make the assistant's account: the program's second job, in a unit of its own.</summary>
internal sealed record AccountSettings(
    Uri HomeserverUrl, string UserId, string AccessTokenFile, SecretText RegistrationToken, SecretText Password)
{
    /// <exception cref="SettingsException">Something is missing; all problems at once.</exception>
    public static AccountSettings Read(Func<string, string?> environment)
    {
        var source = new SettingsSource(environment);
        var settings = new AccountSettings(
            source.Url("matrix.homeserver_url") ?? new Uri("http://missing.invalid"),
            source.Required("matrix.user_id", "the assistant's own user id, such as @claude:example.org"),
            source.Required("matrix.access_token_file", "where the access token goes"),
            source.RequiredSecret("registration.token", "the homeserver's registration token"),
            source.RequiredSecret("matrix.password", "the password that the account gets"));
        if (settings.HomeserverUrl.Host == "missing.invalid")
            source.Required("matrix.homeserver_url", "where the homeserver is, such as http://127.0.0.1:8008");
        return source.Problems.Count == 0 ? settings : throw new SettingsException(source.Problems);
    }
}
