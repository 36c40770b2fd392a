using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>
/// What activation would do to a machine: a pure function of the old and the new <see cref="SystemManifest"/>, and what
/// <c>--dry-run</c> prints. Lists are sorted by name; units in the order in which they are acted on.
/// </summary>
public sealed record ActivationPlan
{
    /// <summary>The machine's name, as the new manifest declares it.</summary>
    public required string Host { get; init; }

    /// <summary>Whether there was no system before: the first activation.</summary>
    public bool First { get; init; }

    /// <summary>The git revision of the old system; null where there is none.</summary>
    public string? OldRevision { get; init; }

    /// <summary>The git revision of the new system; null where there is none.</summary>
    public string? NewRevision { get; init; }

    /// <summary>What happens to units, in the order of <see cref="UnitAction"/>, then by name.</summary>
    public IReadOnlyList<PlannedUnit> Units { get; init => field = value ?? []; } = [];

    /// <summary>Links below <c>/etc/systemd/system</c> (units and wants) that come or go, by path.</summary>
    public IReadOnlyList<PlannedLink> Links { get; init => field = value ?? []; } = [];

    /// <summary>Files and folders below <c>/etc</c> that come, change or go, by path.</summary>
    public IReadOnlyList<PlannedFile> Files { get; init => field = value ?? []; } = [];

    /// <summary>Whether systemd reads its units again: some unit, want or drop-in differs.</summary>
    public bool DaemonReload { get; init; }

    /// <summary>Whether systemd-sysusers runs: its file is new or changed.</summary>
    public bool Sysusers { get; init; }

    /// <summary>Whether systemd-tmpfiles runs: its file is new or changed.</summary>
    public bool Tmpfiles { get; init; }

    /// <summary>Names of secrets the machine makes for itself because the old system did not have them.</summary>
    public IReadOnlyList<string> SecretsMade { get; init => field = value ?? []; } = [];

    /// <summary>Names of secrets the owner must have given because the old system did not have them.</summary>
    public IReadOnlyList<string> SecretsAwaited { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Names below <c>/run/secrets</c> whose content changes. Only the machine knows, once it has decrypted both; empty where it could not.
    /// </summary>
    public IReadOnlyList<string> SecretsChanged { get; init => field = value ?? []; } = [];

    /// <summary>Whether secrets may change and it is not known which: their encrypted files are not on the machine yet.</summary>
    public bool SecretsUnknown { get; init; }

    /// <summary>Ports that open to other machines: <c>443/tcp</c>.</summary>
    public IReadOnlyList<string> PortsOpened { get; init => field = value ?? []; } = [];

    /// <summary>Ports that close to other machines.</summary>
    public IReadOnlyList<string> PortsClosed { get; init => field = value ?? []; } = [];

    /// <summary>Packages whose version differs, by name.</summary>
    public IReadOnlyList<PlannedPackage> Packages { get; init => field = value ?? []; } = [];

    /// <summary>Data of services that are migrated or put back, and those that the system cannot do with. Only the machine knows.</summary>
    public IReadOnlyList<PlannedState> State { get; init => field = value ?? []; } = [];

    /// <summary>What two manifests do not say: sizes, contents, what stops answering. Null in the plan with which an activation begins.</summary>
    public PlanDetail? Detail { get; init; }

    /// <summary>
    /// Whether nothing on the machine would differ. Two systems that differ only in what is not acted on (the git revision,
    /// a health check) give an empty plan too: the new one is recorded as a generation, nothing else happens.
    /// </summary>
    public bool IsEmpty =>
        Units.Count == 0 && Links.Count == 0 && Files.Count == 0 && !DaemonReload && !Sysusers && !Tmpfiles
        && SecretsMade.Count == 0 && SecretsAwaited.Count == 0 && SecretsChanged.Count == 0 && !SecretsUnknown
        && PortsOpened.Count == 0 && PortsClosed.Count == 0 && Packages.Count == 0 && State.Count == 0;
}

/// <summary>What happens to a unit; the members stand in the order of execution.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<UnitAction>))]
public enum UnitAction
{
    /// <summary>Nothing: the unit is only made known to systemd (or, for <see cref="OnChange.Keep"/>, left running as it is).</summary>
    None,

    /// <summary>Stopped, before its files go or because its socket must be opened anew.</summary>
    Stop,

    /// <summary>Reloaded, if it runs.</summary>
    Reload,

    /// <summary>Restarted if it runs; started if it does not run but is wanted.</summary>
    Restart,

    /// <summary>Stopped before the switch, started after it.</summary>
    StopStart,

    /// <summary>Started.</summary>
    Start,
}

/// <summary>Why a unit is acted on.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<UnitReason>))]
public enum UnitReason
{
    /// <summary>The old system did not have it.</summary>
    Added,

    /// <summary>The new system does not have it.</summary>
    Removed,

    /// <summary>Its unit file differs.</summary>
    FileChanged,

    /// <summary>One of its restart triggers differs; <see cref="PlannedUnit.Detail"/> names it.</summary>
    TriggerChanged,

    /// <summary>Only reload triggers differ; <see cref="PlannedUnit.Detail"/> names one.</summary>
    ReloadTriggerChanged,

    /// <summary>A target wants it that did not before; <see cref="PlannedUnit.Detail"/> names it.</summary>
    NewlyWanted,

    /// <summary>The socket that hands it connections differs; <see cref="PlannedUnit.Detail"/> names it.</summary>
    SocketChanged,

    /// <summary>The content of a secret that it uses differs; <see cref="PlannedUnit.Detail"/> names it.</summary>
    SecretChanged,

    /// <summary>The data that it writes are copied or put back while it is down; <see cref="PlannedUnit.Detail"/> names them.</summary>
    StateMoves,
}

/// <summary>One unit's part in a plan. A template (<c>x@.service</c>) stands for its running instances.</summary>
/// <param name="Name">The unit's full name.</param>
/// <param name="Action">What happens to it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">What differs, in few words: a store path's name, a target, a socket, a secret; empty where the reason says all.</param>
public sealed record PlannedUnit(string Name, UnitAction Action, UnitReason Reason, string Detail = "");

/// <summary>How something differs between two systems.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Change>))]
public enum Change
{
    /// <summary>Only the new system has it.</summary>
    Added,

    /// <summary>Both have it, with different content.</summary>
    Changed,

    /// <summary>Only the old system has it.</summary>
    Removed,
}

/// <summary>A link below <c>/etc/systemd/system</c>.</summary>
/// <param name="Path">Its absolute path on the machine.</param>
/// <param name="Change">Whether it comes or goes; never <see cref="Change.Changed"/>, because links lead through <c>/run/hale/system</c>.</param>
public sealed record PlannedLink(string Path, Change Change);

/// <summary>A file or folder below <c>/etc</c>.</summary>
/// <param name="Path">Its absolute path on the machine.</param>
/// <param name="Change">How it differs.</param>
public sealed record PlannedFile(string Path, Change Change);

/// <summary>A package whose version differs.</summary>
/// <param name="Name">As the manifest names it: <c>caddy/caddy</c>.</param>
/// <param name="Old">The old version; null for an added one.</param>
/// <param name="New">The new version; null for a removed one.</param>
public sealed record PlannedPackage(string Name, string? Old, string? New);
