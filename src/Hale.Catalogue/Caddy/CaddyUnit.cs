using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that runs Caddy.</summary>
internal static class CaddyUnit
{
    public const string Name = "caddy.service";

    public const string AdminSocket = "unix//run/caddy/admin.sock";

    public const string StateFolder = "/var/lib/caddy";

    private const string Config = HermeticRoot.ConfigFolder + "/caddy.json";

    // Its packages ask for passwd to make a user, and for libnss3-tools to put a local root into browsers; neither happens here.
    // Not Debian 13's 2.6: at a reload that one ends WebSockets, and can refuse a handshake.
    private static DebianRoot Root => new("caddy", ["caddy"]) { Suites = ["sid"], Exclude = ["libnss3-tools", "passwd"] };

    /// <summary>Certificates and their account, in files that every version reads.</summary>
    public static StateDirectory State => new("caddy") { Paths = [StateFolder], Units = [Name] };

    public static Unit Of(Caddy caddy, EtcFile config) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        ReloadOn = [config.Content],
        Body =
        {
            { "Unit", "Description", "Caddy, the gateway" },
            { "Unit", "Wants", $"{ReloadSetting.UnitName} {ReloadHold.Both}" },
            { "Unit", "After", $"network.target {ReloadSetting.UnitName} {ReloadHold.UnitName}" },
            // The one is ordered before this unit and the other after it, and so are their reloads.
            { "Unit", "PropagatesReloadTo", ReloadHold.Both },
            // A site of files is a path of the store, and comes with a reload.
            HermeticRoot.WithWholeStore(Root),
            HermeticRoot.Config(config, "caddy.json"),
            { "Service", "Type", "notify" },
            { "Service", "ExecStart", $"/usr/bin/caddy run --config {Config}" },
            { "Service", "ExecReload", $"/usr/bin/caddy reload --config {Config} --address {AdminSocket}" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "1" },
            { "Service", "TimeoutStopSec", $"{caddy.GraceSeconds + 10}" },
            { "Service", "DynamicUser", "yes" },
            { "Service", "User", "caddy" },
            { "Service", "StateDirectory", "caddy" },
            { "Service", "StateDirectoryMode", "0700" },
            { "Service", "RuntimeDirectory", "caddy" },
            { "Service", "RuntimeDirectoryMode", "0700" },
            { "Service", "WorkingDirectory", StateFolder },
            { "Service", "Environment", $"HOME={StateFolder} XDG_DATA_HOME={StateFolder} XDG_CONFIG_HOME={StateFolder}" },
            { "Service", "LimitNOFILE", "1048576" },
            Hardening.Strict,
            Hardening.NoRuntimeCode,
            // Ports below 1024 are bound with a capability of the host's own user namespace.
            { "Service", "CapabilityBoundingSet", "CAP_NET_BIND_SERVICE" },
            { "Service", "AmbientCapabilities", "CAP_NET_BIND_SERVICE" },
            { "Service", "PrivateUsers", "no" },
            // Go reads the length of the listen queue from /proc/sys, and takes 128 where it cannot.
            { "Service", "ProcSubset", "all" },
        },
    };
}
