using System.Text.Json.Nodes;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>What calls add to Matrix: where clients learn of them, and what the homeserver must let them do.</summary>
internal static class CallSites
{
    /// <summary>Where this host's calls are, for clients (MSC4143, MSC4195); null where it has none.</summary>
    public static JsonArray? Foci(Matrix matrix, HostView host) => host.Find<CallTokens>() is null
        ? null
        : [new JsonObject { ["type"] = "livekit", ["livekit_service_url"] = CallTokens.BaseUrl(matrix, host) }];

    /// <summary>
    /// What Synapse needs for calls: the answer to whose token it is, also without federation, and events that are held back (MSC4140), which
    /// every person in a call has and restarts.
    /// </summary>
    public static void AddToSynapse(JsonObject config, JsonArray listenerNames, HostView host)
    {
        if (host.Find<CallTokens>() is null)
            return;
        if (!listenerNames.Any(name => (string?)name == "federation"))
            listenerNames.Add((JsonNode)"openid"); // A plain string would go through reflection, which makes every command's start slow.
        config["max_event_delay_duration"] = "24h";
        config["rc_delayed_event_mgmt"] = new JsonObject { ["per_second"] = 1, ["burst_count"] = 20 };
        // What Element Call asks of Synapse: the keys of an encrypted call come in bursts, and its clients follow a room's state by MSC4222.
        config["rc_message"] = new JsonObject { ["per_second"] = 0.5, ["burst_count"] = 30 };
        config["experimental_features"] = new JsonObject { ["msc4222_enabled"] = true };
    }
}
