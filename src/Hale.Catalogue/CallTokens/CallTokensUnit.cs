using Hale.Contribute;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that runs the call token service.</summary>
internal static class CallTokensUnit
{
    public const string Name = "call-tokens.service";

    /// <summary>Leaves that were handed over; who is in a call now, and nothing of before.</summary>
    public static StateDirectory State => new("call-tokens") { Units = [Name] };

    public static Unit Of(CallTokens tokens, Matrix matrix, LiveKit liveKit, HostView host)
    {
        var (server, gateway) = (matrix.ServerNameOn(host), matrix.GatewayOn(host));
        // Its own homeserver it asks directly: the gateway leads there from outside only, and not at all without federation.
        var local = new[] { server, gateway }.Distinct(StringComparer.Ordinal).Select(name => $"{name}={matrix.LocalUrl}");
        return new(Name)
        {
            WantedBy = ["multi-user.target"],
            Credentials = [("livekit_key", liveKit.KeyFile)],
            Body =
            {
                { "Unit", "Description", "Tokens for calls" },
                { "Unit", "After", $"network.target {LiveKitServer.UnitName}" },
                { "Service", "Type", "notify" },
                { "Service", "WatchdogSec", "30" },
                { "Service", "Restart", "on-failure" },
                { "Service", "RestartSec", "1" },
                DotnetService.Run(new DotnetProgram("call-tokens", "services/CallTokens")),
                { "Service", "StateDirectory", "call-tokens" },
                { "Service", "StateDirectoryMode", "0700" },
                { "Service", "Environment", $"CALL_TOKENS_LISTEN=http://127.0.0.1:{tokens.Port}" },
                { "Service", "Environment", $"LIVEKIT_URL=wss://{gateway}/livekit/sfu" },
                { "Service", "Environment", $"LIVEKIT_API_URL=http://127.0.0.1:{liveKit.Port}" },
                { "Service", "Environment", $"FULL_ACCESS_SERVERS={(tokens.FullAccess.Count > 0 ? string.Join(',', tokens.FullAccess) : server)}" },
                { "Service", "Environment", $"LOCAL_SERVERS={string.Join(',', local)}" },
                { "Service", "Environment", $"ALLOWED_NETWORKS={string.Join(',', tokens.AllowedNetworks)}" },
            },
        };
    }

    // A server's name may have a port; an address in brackets is nobody's here.
    public static IEnumerable<Problem> CheckServer(string server)
    {
        var parts = server.Split(':', 2);
        if (!DnsName.IsValid(parts[0]) || (parts.Length == 2 && !(int.TryParse(parts[1], out var port) && port is > 0 and < 65536)))
            yield return new Problem($"\"{server}\" is not a server name.", "Write the part after the colon in user ids, such as \"example.org\".");
    }

    public static IEnumerable<Problem> CheckNetwork(string network)
    {
        if (!Names.IsNetwork(network))
            yield return new Problem($"\"{network}\" is not a network.", "Write an address and a length, such as \"10.0.0.0/8\" or \"fd00::/8\".");
    }
}
