namespace Hale.Produce;

/// <summary>Lines that take from a service what it does not need (systemd.exec(5)).</summary>
public static class Hardening
{
    /// <summary>
    /// The whole set, for a service without privileges. A later line of the unit may give something back, such as
    /// <c>CapabilityBoundingSet=CAP_NET_BIND_SERVICE</c>.
    /// </summary>
    public static IEnumerable<UnitLine> Strict { get; } = Lines(
        "NoNewPrivileges=yes", "UMask=0077", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
        "PrivateDevices=yes", "PrivateMounts=yes", "PrivateUsers=yes", "ProtectClock=yes", "ProtectHostname=yes", "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectControlGroups=yes", "ProtectProc=invisible", "ProcSubset=pid",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "RestrictNamespaces=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes",
        "LockPersonality=yes", "RemoveIPC=yes", "SystemCallArchitectures=native", "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources", "SystemCallErrorNumber=EPERM");

    /// <summary>Memory that is never both writable and executable: for programs that do not compile at run time (.NET and Node do).</summary>
    public static IEnumerable<UnitLine> NoRuntimeCode { get; } = Lines("MemoryDenyWriteExecute=yes");

    /// <summary>Nothing but this host's loopback can be reached, and nothing else reaches it: for services that talk to services beside them.</summary>
    public static IEnumerable<UnitLine> LoopbackOnly { get; } = Lines("IPAddressDeny=any", "IPAddressAllow=localhost");

    /// <summary>No network at all: for programs that talk to none.</summary>
    public static IEnumerable<UnitLine> NoNetwork { get; } = Lines("PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any");

    /// <summary>Lines of the Service section.</summary>
    internal static UnitLine[] Lines(params string[] lines) =>
        [.. lines.Select(line => line.Split('=', 2)).Select(parts => new UnitLine("Service", parts[0], parts[1]))];
}
