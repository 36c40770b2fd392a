using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>What deletes, every week, what no generation of the machine needs.</summary>
internal static class GarbageUnits
{
    /// <summary>Lines of the strict set that would hide other processes, or that the collection has in a form of its own.</summary>
    private static readonly string[] Other =
        ["CapabilityBoundingSet", "ProtectProc", "ProcSubset", "PrivateUsers", "UMask", "RestrictAddressFamilies"];

    /// <summary>The service and its timer.</summary>
    public static IEnumerable<Unit> Of() => [Service(), Timer()];

    /// <summary>
    /// It waits for a deployment and is never restarted by one, for then each would wait for the other. While it works it holds the
    /// deployment lock, so it is nice, but not so idle that a busy machine would never let it end.
    /// </summary>
    private static Unit Service() => new("hale-gc.service")
    {
        WhenChanged = WhenChanged.Keep,
        Body =
        {
            { "Unit", "Description", "Hale: delete what no generation needs" },
            { "Unit", "ConditionPathExists", "/etc/hale/system" },
            { "Unit", "RequiresMountsFor", "/var/lib/hale /nix/store /etc/hale" },
            { "Unit", "After", "hale-recover.service" },
            { "Service", "Type", "oneshot" },
            HostUnits.Activator("gc --wait --by hale-gc.timer"),
            { "Service", "Environment", "DOTNET_EnableDiagnostics=0" },
            { "Service", "Nice", "19" },
            { "Service", "IOSchedulingClass", "idle" },
            Hardening.Strict.Where(line => !Other.Contains(line.Key)),
            // The runtime gives each new thread back its processors, and does not start where it may not.
            { "Service", "SystemCallFilter", "sched_setaffinity" },
            // It must see what runs, whoever runs it, to spare what that uses; and delete what is read-only.
            { "Service", "CapabilityBoundingSet", "CAP_SYS_PTRACE CAP_DAC_OVERRIDE" },
            { "Service", "ReadWritePaths", "/nix/store /var/lib/hale" },
            { "Service", "RuntimeDirectory", "hale" },
            { "Service", "RuntimeDirectoryPreserve", "yes" },
            { "Service", "UMask", "0022" },
            Hardening.NoNetwork,
        },
    };

    private static Unit Timer() => new("hale-gc.timer")
    {
        WantedBy = ["timers.target"],
        Body =
        {
            { "Unit", "Description", "Hale: delete what no generation needs, every week" },
            { "Timer", "OnCalendar", "weekly" },
            { "Timer", "RandomizedDelaySec", "6h" },
            { "Timer", "Persistent", "yes" },
        },
    };
}
