using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// Holds new connections back for the moment of a reload. A reload ends the old configuration's server at once, and a server that ends
/// closes, without an answer, each connection whose first request it has not read yet (Go since 1.25, net/http, Server.Shutdown). So nobody
/// may be in the middle of a handshake then: the kernel drops what opens a connection, whoever asked asks again after a second
/// (RFC 6298, section 2), and those who were let in have time to ask. One unit holds before Caddy reloads, another lets go after it; where
/// that does not come, a time-out of the kernel's own does. Without nft the reload goes on all the same.
/// </summary>
internal static class ReloadHold
{
    public const string UnitName = "caddy-reload-hold.service";

    public const string ReleaseName = "caddy-reload-release.service";

    /// <summary>Both, as caddy.service names them.</summary>
    public const string Both = $"{UnitName} {ReleaseName}";

    /// <summary>How long those who are let in have, in seconds: two round trips to the other side of the world.</summary>
    public const string Pause = "0.3";

    // Lines of the strict set that would take away who may write rules.
    private static readonly string[] InTheWay = ["CapabilityBoundingSet", "PrivateUsers", "RestrictAddressFamilies"];

    private const string Path = "/etc/caddy/reload-hold.nft";

    // A table of its own, ahead of any firewall's, and nothing in it for anyone who is connected. Each line may be said again.
    private static string Rules(Caddy caddy) => $$"""
        add table inet hale_caddy
        add set inet hale_caddy held { type inet_service; timeout 2900ms; }
        add chain inet hale_caddy opening { type filter hook input priority raw; policy accept; }
        flush chain inet hale_caddy opening
        add rule inet hale_caddy opening tcp flags & (fin | syn | rst | ack) == syn tcp dport @held drop
        flush set inet hale_caddy held
        add element inet hale_caddy held { {{caddy.HttpPort}}, {{caddy.HttpsPort}} }

        """;

    public static IEnumerable<Artifact> Of(Caddy caddy)
    {
        yield return new EtcFile(Path, new TextFile("reload-hold.nft", Rules(caddy)));
        yield return Step(UnitName, "Hold new connections back while Caddy reloads",
            ("ExecReload", $"-/usr/sbin/nft -f {Path}"), ("ExecReload", $"/usr/bin/sleep {Pause}"), ("ExecStop", "-/usr/sbin/nft delete table inet hale_caddy"));
        var release = Step(ReleaseName, "Let new connections in again when Caddy has reloaded", ("ExecReload", "-/usr/sbin/nft flush set inet hale_caddy held"));
        release.Body.Add("Unit", "After", CaddyUnit.Name);
        yield return release;
    }

    /// <summary>A unit whose only work is its reload, which that of caddy.service brings along.</summary>
    private static Unit Step(string name, string description, params (string Key, string Value)[] commands)
    {
        var unit = new Unit(name)
        {
            Body =
            {
                { "Unit", "Description", description },
                { "Service", "Type", "oneshot" },
                { "Service", "RemainAfterExit", "yes" },
                { "Service", "ExecStart", "/usr/bin/true" },
                { "Service", "DynamicUser", "yes" },
                Hardening.Strict.Where(line => !InTheWay.Contains(line.Key)),
                Hardening.NoRuntimeCode,
                // Rules of the network are written by whoever administrates it, and need no root.
                { "Service", "CapabilityBoundingSet", "CAP_NET_ADMIN" },
                { "Service", "AmbientCapabilities", "CAP_NET_ADMIN" },
                { "Service", "RestrictAddressFamilies", "AF_NETLINK" },
                { "Service", "IPAddressDeny", "any" },
            },
        };
        foreach (var (key, value) in commands)
            unit.Body.Add("Service", key, value);
        return unit;
    }
}
