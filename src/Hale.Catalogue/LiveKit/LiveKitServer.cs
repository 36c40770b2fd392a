using System.Text.Json.Nodes;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>LiveKit's server: the release it is taken from, its configuration, its unit.</summary>
internal static class LiveKitServer
{
    public const string UnitName = "livekit.service";

    /// <summary>The name of the one key: no secret.</summary>
    public const string KeyName = "hale";

    public const string KnownVersion = "1.13.9";

    // As the release's checksums.txt has it.
    private const string KnownSha256 = "0b7fa208b662d09cfdeae8c06cf4c481aead0556086558b48250501e2e2d6e20";

    // A static program; it looks up names, and asks for its public address.
    private static DebianRoot Root => new("static-base", ["ca-certificates", "tzdata"]) { Exclude = ["debconf", "openssl"] };

    public static IEnumerable<Problem> Check(LiveKit liveKit, HostView host)
    {
        if (liveKit.Version.Length == 0 || !liveKit.Version.All(c => char.IsAsciiDigit(c) || c == '.'))
        {
            yield return new Problem($"\"{liveKit.Version}\" is not a version of LiveKit.", $"Write it without a v, such as {KnownVersion}.") { Setting = nameof(LiveKit.Version) };
            yield break;
        }
        if (!liveKit.Run)
            yield break;
        if (ChecksumOn(liveKit, host.Platform).Length == 0)
            yield return new Problem(
                $"Hale does not know the checksum of LiveKit {liveKit.Version} for {host.Platform.Debian()}.",
                $"Write Sha256 = \"…\": the line of {Archive(liveKit, host.Platform)} in the checksums.txt of the release v{liveKit.Version} at github.com/livekit/livekit.")
            { Setting = nameof(LiveKit.Sha256) };
        foreach (var problem in Server(liveKit, host.Platform).Check())
            yield return problem with { Setting = nameof(LiveKit.Sha256) };
    }

    public static Unit UnitOf(LiveKit liveKit, HostView host) => new(UnitName)
    {
        WantedBy = ["multi-user.target"],
        Credentials = [("keys", liveKit.KeyFile)],
        Body =
        {
            { "Unit", "Description", "LiveKit, the server of calls" },
            { "Unit", "Wants", "network-online.target" },
            { "Unit", "After", "network-online.target" },
            HermeticRoot.On(Root),
            // A credential is readable by the service alone, which LiveKit insists on.
            { "Service", "ExecStart", $"{Server(liveKit, host.Platform)}/livekit-server --config {Config(liveKit, host)} --key-file /run/credentials/{UnitName}/keys" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "2" },
            // It ends when the calls have, and those have ten seconds.
            { "Service", "TimeoutStopSec", "10" },
            { "Service", "DynamicUser", "yes" },
            { "Service", "LimitNOFILE", "65536" },
            Hardening.Strict,
            Hardening.NoRuntimeCode,
            // Which addresses the machine has, for media.
            { "Service", "RestrictAddressFamilies", "AF_NETLINK" },
            // It sizes itself by the processors and the memory that there are, and reads the limits of sockets.
            { "Service", "ProcSubset", "all" },
        },
    };

    internal static TextFile Config(LiveKit liveKit, HostView host)
    {
        var config = new JsonObject
        {
            ["port"] = liveKit.Port.Number,
            ["bind_addresses"] = new JsonArray("127.0.0.1"),
            ["rtc"] = new JsonObject
            {
                ["tcp_port"] = liveKit.TcpPort.Number,
                ["port_range_start"] = liveKit.FirstUdpPort.Number,
                ["port_range_end"] = liveKit.LastUdpPort.Number,
                ["use_external_ip"] = liveKit.UseExternalIp,
            },
            ["turn"] = new JsonObject { ["enabled"] = false },
            // Only who may open calls has rooms made for him, by the token service.
            ["room"] = new JsonObject { ["auto_create"] = false },
            ["logging"] = new JsonObject { ["level"] = "info" },
        };
        if (host.Find<CallTokens>() is { } tokens)
            config["webhook"] = new JsonObject { ["api_key"] = KeyName, ["urls"] = new JsonArray($"http://127.0.0.1:{tokens.Port}/sfu_webhook") };
        // JSON is YAML without its traps.
        return new TextFile("livekit.yaml", config.ToJsonString(JsonText.Readable) + "\n");
    }

    private static Download Server(LiveKit liveKit, Platform platform) =>
        new("livekit-server", $"https://github.com/livekit/livekit/releases/download/v{liveKit.Version}/{Archive(liveKit, platform)}")
        {
            Version = liveKit.Version,
            Sha256 = ChecksumOn(liveKit, platform),
        };

    private static string Archive(LiveKit liveKit, Platform platform) => $"livekit_{liveKit.Version}_linux_{platform.Debian()}.tar.gz";

    private static string ChecksumOn(LiveKit liveKit, Platform platform) =>
        liveKit.Sha256.Length > 0 ? liveKit.Sha256
        : liveKit.Version == KnownVersion && platform == Platform.X64 ? KnownSha256 : "";
}
