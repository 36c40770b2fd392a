using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>What every host has although no module says so.</summary>
internal static class HostUnits
{
    /// <summary>The units of every host, and of those that hold something secret.</summary>
    /// <param name="secrets">Whether the host does.</param>
    /// <param name="states">The data of its services, which what was interrupted may have to put back.</param>
    public static IEnumerable<Unit> Of(bool secrets, IEnumerable<StateDirectory> states) => [Recover(states), .. secrets ? [Secrets()] : Array.Empty<Unit>(), .. GarbageUnits.Of()];

    /// <summary>
    /// Finishes or takes back an activation that a crash cut short, before anything it concerns starts. It is an activation: it makes
    /// users, links files anywhere below /etc, mounts, and starts and stops units. So it is root, on the machine's own root.
    /// </summary>
    private static Unit Recover(IEnumerable<StateDirectory> states) => new("hale-recover.service")
    {
        WantedBy = ["basic.target"],
        WhenChanged = WhenChanged.Keep,
        Body =
        {
            { "Unit", "Description", "Hale: finish or take back an interrupted activation" },
            { "Unit", "ConditionPathExistsGlob", "|/var/lib/hale/journal.json*" },
            { "Unit", "ConditionPathExistsGlob", "|/var/lib/hale/outcome.json.*" },
            { "Unit", "ConditionPathExists", "|/etc/hale/held" },
            Early("systemd-remount-fs.service systemd-tmpfiles-setup.service", "hale-secrets.service basic.target"),
            states.SelectMany(state => state.Places).Where(path => !path.Any(char.IsWhiteSpace)).Order(StringComparer.Ordinal)
                .Select(path => new UnitLine("Unit", "WantsMountsFor", path.Replace("%", "%%", StringComparison.Ordinal))),
            { "Service", "Type", "oneshot" },
            Activator("recover"),
        },
    };

    /// <summary>
    /// Puts the secrets into memory before the services that need them. Not before systemd-sysusers: that comes before the mounts of
    /// /var and /nix, and users that are declared were made when their system was activated. Root, on the machine's own root: it mounts
    /// the memory that others see the secrets in, which a mount namespace would keep to itself, and gives files to their users.
    /// </summary>
    private static Unit Secrets() => new("hale-secrets.service")
    {
        WantedBy = ["sysinit.target"],
        WhenChanged = WhenChanged.Keep,
        Body =
        {
            { "Unit", "Description", "Hale: put secrets into memory" },
            Early("systemd-remount-fs.service hale-recover.service", "sysinit.target"),
            { "Service", "Type", "oneshot" },
            { "Service", "RemainAfterExit", "yes" },
            Activator("secrets"),
        },
    };

    /// <summary>The lines of a unit that runs while the machine is still coming up.</summary>
    private static IEnumerable<UnitLine> Early(string after, string before) =>
    [
        new("Unit", "DefaultDependencies", "no"),
        new("Unit", "RequiresMountsFor", "/var/lib/hale /nix/store /etc/hale"),
        new("Unit", "After", after),
        new("Unit", "Before", $"{before} shutdown.target"),
        new("Unit", "Conflicts", "shutdown.target"),
    ];

    /// <summary>What runs the activator of the system that the machine runs.</summary>
    internal static IEnumerable<UnitLine> Activator(string verb) =>
    [
        new("Service", "Environment", "DOTNET_ROOT=/run/hale/system/runtime"),
        new("Service", "ExecStart", $"/run/hale/system/activator/bin/hale-activator {verb}"),
    ];
}
