using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// A setting of the kernel without which reloads lose connections. On a reload Caddy opens its port a second time and closes the first
/// socket; the kernel then resets the connections that wait at it, unless it may move them to the other
/// (Linux, Documentation/networking/ip-sysctl, <c>tcp_migrate_req</c>). Boots apply the file, activation the unit.
/// </summary>
internal static class ReloadSetting
{
    public const string UnitName = "caddy-reload-setting.service";

    private const string Path = "/etc/sysctl.d/60-caddy.conf";

    // Lines of the strict set that would hide the setting, or take away who may write it.
    private static readonly string[] InTheWay = ["CapabilityBoundingSet", "ProtectKernelTunables", "ProcSubset", "PrivateUsers", "RestrictAddressFamilies"];

    public static IEnumerable<Artifact> All()
    {
        // The dash: a kernel older than 5.14 does not have it, and Caddy runs there all the same.
        var file = new EtcFile(Path, new TextFile("60-caddy.conf", "-net.ipv4.tcp_migrate_req = 1\n"));
        yield return file;
        yield return new Unit(UnitName)
        {
            RestartOn = [file.Content],
            Body =
            {
                { "Unit", "Description", "Let connections survive a reload of Caddy" },
                { "Service", "Type", "oneshot" },
                { "Service", "RemainAfterExit", "yes" },
                { "Service", "ExecStart", $"/usr/lib/systemd/systemd-sysctl {Path}" },
                { "Service", "DynamicUser", "yes" },
                Hardening.Strict.Where(line => !InTheWay.Contains(line.Key)),
                Hardening.NoRuntimeCode,
                // Settings of the network are written by whoever administrates it, and need no root.
                { "Service", "CapabilityBoundingSet", "CAP_NET_ADMIN" },
                { "Service", "AmbientCapabilities", "CAP_NET_ADMIN" },
                { "Service", "RestrictAddressFamilies", "AF_UNIX" },
                { "Service", "IPAddressDeny", "any" },
            },
        };
    }
}
