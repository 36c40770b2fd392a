using System.Net;
using ServiceHost;

namespace Registration.Settings;

/// <summary>Everything the service is told, read once at its start. README.md lists the variables.</summary>
internal sealed record ServiceSettings
{
    /// <summary>Kestrel's address: <c>http://HOST:PORT</c> or <c>http://unix:/PATH</c>.</summary>
    public required string Listen { get; init; }

    /// <summary>The folder of the store.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The socket for administrators on the machine; null for none.</summary>
    public string? AdminSocket { get; init; }

    /// <summary>Where this service reaches the homeserver.</summary>
    public required Uri HomeserverUrl { get; init; }

    /// <summary>The part after the colon in user ids.</summary>
    public required string ServerName { get; init; }

    /// <summary>What a person types into a Matrix client as the homeserver.</summary>
    public required string HomeserverPublicUrl { get; init; }

    /// <summary>Where people find the page, with its slash at the end: what links of invites begin with.</summary>
    public required Uri PageUrl { get; init; }

    public Uri? WebClientUrl { get; init; }

    /// <summary>What people call the web client.</summary>
    public string? WebClientName { get; init; }

    /// <summary>Whether the sites are also at their names with <c>.localhost</c> after them, on the computer of whoever tries the machine.</summary>
    public bool LocalNames { get; init; }

    /// <summary>The shared code; null for none.</summary>
    public required SecretText? InviteCode { get; init; }

    public required SecretText RegistrationToken { get; init; }

    /// <summary>User ids of those who may make invites on the page, beside the homeserver's own administrators.</summary>
    public IReadOnlyList<string> Admins { get; init; } = [];

    /// <summary>The name of the service's own account, which lets new people into rooms; null for no such account.</summary>
    public string? Inviter { get; init; }

    /// <summary>Peers whose X-Forwarded-For is believed.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = ClientAddress.Loopback;

    /// <summary>Reads the settings from environment variables, and the secrets from the files that they name.</summary>
    /// <exception cref="SettingsException">Something is missing or cannot be meant; all problems at once.</exception>
    public static ServiceSettings FromEnvironment(Func<string, string?> environment)
    {
        var reader = new SettingsReader(environment);
        var serverName = reader.ServerName("SERVER_NAME");
        var settings = new ServiceSettings
        {
            Listen = reader.Listen("REGISTRATION_LISTEN", "http://127.0.0.1:8009"),
            StateFolder = reader.Folder("STATE_DIRECTORY"),
            AdminSocket = reader.Text("REGISTRATION_ADMIN_SOCKET"),
            HomeserverUrl = reader.Url("HOMESERVER_URL", required: true) ?? new Uri("http://missing.invalid"),
            ServerName = serverName,
            HomeserverPublicUrl = reader.Url("HOMESERVER_PUBLIC_URL", required: false)?.AbsoluteUri.TrimEnd('/') ?? $"https://{serverName}",
            PageUrl = reader.Url("REGISTRATION_URL", required: false) ?? Page(serverName),
            WebClientUrl = reader.Url("WEB_CLIENT_URL", required: false),
            WebClientName = reader.Text("WEB_CLIENT_NAME"),
            LocalNames = reader.Text("LOCAL_NAMES") == "yes",
            InviteCode = reader.Text("INVITE_CODE_FILE") == "none" ? null : reader.Secret("INVITE_CODE_FILE", "invite_code"),
            RegistrationToken = reader.Secret("REGISTRATION_TOKEN_FILE", "registration_token"),
            Admins = reader.Words("REGISTRATION_ADMINS"),
            Inviter = reader.Text("REGISTRATION_INVITER")?.ToLowerInvariant(),
            TrustedProxies = reader.Networks("TRUSTED_PROXIES", ClientAddress.Loopback),
        };
        return reader.Problems.Count == 0 ? settings : throw new SettingsException(reader.Problems);
    }

    /// <summary>The same with the addresses that lead somewhere for a browser, by the name that it asked at.</summary>
    public ServiceSettings SeenAt(HostString name)
    {
        const string ending = ".localhost";
        return !LocalNames || !name.Host.EndsWith(ending, StringComparison.Ordinal) ? this : this with
        {
            HomeserverPublicUrl = Here(new Uri(HomeserverPublicUrl)).AbsoluteUri.TrimEnd('/'),
            PageUrl = Here(PageUrl),
            WebClientUrl = WebClientUrl is { } client ? Here(client) : null,
        };

        Uri Here(Uri address) => new UriBuilder(address) { Host = address.Host + ending, Port = name.Port ?? -1 }.Uri;
    }

    private static Uri Page(string serverName) =>
        Uri.TryCreate($"https://{serverName}/register/", UriKind.Absolute, out var page) ? page : new Uri("https://missing.invalid/register/");
}
