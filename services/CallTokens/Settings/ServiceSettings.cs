using System.Net;
using ServiceHost;

namespace CallTokens.Settings;

/// <summary>Everything the service is told, read once at its start. README.md lists the variables.</summary>
internal sealed record ServiceSettings
{
    /// <summary>Kestrel's address: <c>http://HOST:PORT</c> or <c>http://unix:/PATH</c>.</summary>
    public required string Listen { get; init; }

    /// <summary>Where clients reach LiveKit; they are told it as it stands here.</summary>
    public required Uri LiveKitUrl { get; init; }

    /// <summary>Where this service reaches LiveKit's API.</summary>
    public required Uri LiveKitApi { get; init; }

    public required LiveKitKey Key { get; init; }

    public required FullAccess FullAccess { get; init; }

    /// <summary>Names (of a server, or the host of its client API) that are asked at a URL given here, without discovery and wherever it is.</summary>
    public IReadOnlyDictionary<string, Uri> LocalServers { get; init; } = new Dictionary<string, Uri>();

    /// <summary>Inner networks that may be reached all the same; none unless said.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>The folder that remembers delegated leaves over a restart; null keeps them in memory only.</summary>
    public string? StateFolder { get; init; }

    /// <summary>Reads the settings from environment variables, and the key from its credential.</summary>
    /// <exception cref="SettingsException">Something is missing or cannot be meant; all problems at once.</exception>
    public static ServiceSettings FromEnvironment(Func<string, string?> environment)
    {
        var reader = new SettingsReader(environment);
        var url = reader.Url("LIVEKIT_URL", required: true, ["wss", "ws"], "wss://example.org/livekit/sfu") ?? new Uri("wss://missing.invalid");
        var settings = new ServiceSettings
        {
            Listen = reader.Listen("CALL_TOKENS_LISTEN", "http://127.0.0.1:8010"),
            LiveKitUrl = url,
            LiveKitApi = reader.Url("LIVEKIT_API_URL", required: false) ?? new UriBuilder(url) { Scheme = url.Scheme == "wss" ? "https" : "http" }.Uri,
            Key = reader.ParsedSecret("LIVEKIT_KEY_FILE", "livekit_key", LiveKitKey.Parse) ?? new LiveKitKey("", new SecretText("")),
            FullAccess = reader.Parsed("FULL_ACCESS_SERVERS", "Name the servers whose users may open calls, such as example.org; * alone is everybody.", FullAccess.Parse)!,
            LocalServers = reader.Urls("LOCAL_SERVERS").ToDictionary(StringComparer.OrdinalIgnoreCase),
            AllowedNetworks = reader.Networks("ALLOWED_NETWORKS", []),
            StateFolder = environment("STATE_DIRECTORY") is { Length: > 0 } folder ? folder : null,
        };
        return reader.Problems.Count == 0 ? settings : throw new SettingsException(reader.Problems);
    }
}
