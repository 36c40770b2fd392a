using System.Collections.Immutable;
using System.Net;
using ServiceHost;

namespace Registration.Settings;

/// <summary>Everything the service is told, read once at its start. README.md lists the variables.</summary>
internal sealed record ServiceSettings
{
    /// <summary>Kestrel's address: <c>http://HOST:PORT</c> or <c>http://unix:/PATH</c>.</summary>
    public required string Listen { get; init; }

    /// <summary>Where this service reaches the homeserver.</summary>
    public required Uri HomeserverUrl { get; init; }

    /// <summary>The part after the colon in user ids.</summary>
    public required string ServerName { get; init; }

    /// <summary>What a person types into a Matrix client as the homeserver.</summary>
    public required string HomeserverPublicUrl { get; init; }

    public Uri? WebClientUrl { get; init; }

    public required SecretText InviteCode { get; init; }

    public required SecretText RegistrationToken { get; init; }

    /// <summary>Peers whose X-Forwarded-For is believed.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = ClientAddress.Loopback;

    /// <summary>Reads the settings from environment variables, and the secrets from the files that they name.</summary>
    /// <exception cref="SettingsException">Something is missing or cannot be meant; all problems at once.</exception>
    public static ServiceSettings FromEnvironment(Func<string, string?> environment)
    {
        var reader = new SettingsReader(environment);
        var serverName = reader.ServerName("SERVER_NAME");
        var settings = new ServiceSettings
        {
            Listen = reader.Listen("REGISTRATION_LISTEN", "http://127.0.0.1:8009"),
            HomeserverUrl = reader.Url("HOMESERVER_URL", required: true) ?? new Uri("http://missing.invalid"),
            ServerName = serverName,
            HomeserverPublicUrl = reader.Url("HOMESERVER_PUBLIC_URL", required: false)?.AbsoluteUri.TrimEnd('/') ?? $"https://{serverName}",
            WebClientUrl = reader.Url("WEB_CLIENT_URL", required: false),
            InviteCode = reader.Secret("INVITE_CODE_FILE", "invite_code"),
            RegistrationToken = reader.Secret("REGISTRATION_TOKEN_FILE", "registration_token"),
            TrustedProxies = reader.Networks("TRUSTED_PROXIES", ClientAddress.Loopback),
        };
        return reader.Problems.Count == 0 ? settings : throw new SettingsException(reader.Problems);
    }
}
