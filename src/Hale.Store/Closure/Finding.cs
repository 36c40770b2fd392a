using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>The ways in which a machine may differ from its current system. The order is the one in which findings are told.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<FindingKind>))]
public enum FindingKind
{
    /// <summary>A link of a unit or file is not there.</summary>
    LinkMissing,

    /// <summary>A file that Hale wrote for itself is not there, or is another.</summary>
    OwnFile,

    /// <summary>A file or folder stands where a link of a unit or file belongs.</summary>
    LinkReplaced,

    /// <summary>A link of a unit or file leads elsewhere.</summary>
    LinkElsewhere,

    /// <summary>A unit is masked: <c>systemctl mask</c>.</summary>
    UnitMasked,

    /// <summary>A file in a place that counts before Hale's stands for a unit.</summary>
    UnitShadowed,

    /// <summary>A drop-in changes a unit: <c>systemctl edit</c>.</summary>
    UnitDropIn,

    /// <summary>A property of a unit was set: <c>systemctl set-property</c>, with <c>--runtime</c> too.</summary>
    UnitProperty,

    /// <summary>A link that makes a target want a unit is not there: <c>systemctl disable</c>.</summary>
    UnitDisabled,

    /// <summary>
    /// A link makes something want, require or uphold a unit, or makes a unit want something, that nobody declared: <c>systemctl enable</c>,
    /// <c>systemctl add-wants</c>.
    /// </summary>
    UnitWanted,

    /// <summary>A link gives a unit one more name.</summary>
    UnitAlias,

    /// <summary>What systemd knows of a unit is older than what is on the disk: no <c>daemon-reload</c> was done.</summary>
    UnitNotReread,

    /// <summary>A unit runs since before its file came: from another one.</summary>
    UnitRunsOld,

    /// <summary>A unit should run, and was stopped.</summary>
    UnitStopped,

    /// <summary>A unit should run, and has failed. It may be nobody's doing.</summary>
    UnitFailed,

    /// <summary>The processes of a unit are frozen: <c>systemctl freeze</c>.</summary>
    UnitFrozen,

    /// <summary>A directory that was declared, or one of Hale's own, is not there, or something else is.</summary>
    FolderMissing,

    /// <summary>The mode of a file or directory is another.</summary>
    Mode,

    /// <summary>The owner or group of a file or directory is another.</summary>
    Owner,

    /// <summary>A declared user or group is not there.</summary>
    UserMissing,

    /// <summary>A declared user has another shell, home or group.</summary>
    UserChanged,

    /// <summary>A kernel setting of a declared file has another value now.</summary>
    Sysctl,

    /// <summary>A secret in memory has another content than was put there. Contents are never told.</summary>
    SecretChanged,

    /// <summary>A store path is not there, or nothing is known of it.</summary>
    StoreMissing,

    /// <summary>The content of a store path is not what its hash says.</summary>
    StoreChanged,

    /// <summary>A time, mode or owner of something in a store path is not what it is made with. Its content is right, as far as it was looked at.</summary>
    StoreMode,
}

/// <summary>One difference between a machine and its current system.</summary>
public sealed record Finding
{
    /// <summary>What kind of difference.</summary>
    public required FindingKind Kind { get; init; }

    /// <summary>The absolute path on the machine; null where it is about a unit's state or a user.</summary>
    public string? Path { get; init; }

    /// <summary>The unit; null where it is about none.</summary>
    public string? Unit { get; init; }

    /// <summary>The user or group, as <c>user NAME</c> or <c>group NAME</c>; null where it is about none.</summary>
    public string? Account { get; init; }

    /// <summary>What was declared, in few words.</summary>
    public required string Expected { get; init; }

    /// <summary>What is there, in few words.</summary>
    public required string Actual { get; init; }

    /// <summary>For texts, what a person changed: the lines of a unified diff, from what was declared to what is there. Empty where there is none.</summary>
    public IReadOnlyList<string> Diff { get; init => field = value ?? []; } = [];

    /// <summary>Whether putting it back would lose what a person wrote, so that it is never done unasked.</summary>
    public bool IsContent { get; init; }

    /// <summary>What it is about, as a person says it: the path, or else the unit, user or group.</summary>
    [JsonIgnore]
    public string Subject => Path ?? Unit ?? Account ?? "";
}

/// <summary>Something differs from what was declared.</summary>
/// <param name="Finding">What.</param>
public sealed record FindingEvent(Finding Finding) : ActivationEvent;

/// <summary>A finding was put right.</summary>
/// <param name="Finding">What was found.</param>
/// <param name="Aside">Where what a person wrote was put; null where nothing was kept.</param>
public sealed record RepairedEvent(Finding Finding, string? Aside = null) : ActivationEvent;

/// <summary>How far the hashing of the store has come.</summary>
/// <param name="Path">The store path that was hashed last.</param>
/// <param name="Done">Bytes of archives hashed so far.</param>
/// <param name="Total">Bytes in all.</param>
public sealed record HashedEvent(string Path, long Done, long Total) : ActivationEvent;

/// <summary>What a deployment does with what was changed by hand.</summary>
public enum DriftPolicy
{
    /// <summary>Puts back what loses nothing, with a warning, and refuses where something that a person wrote would be lost.</summary>
    Careful,

    /// <summary>Refuses whatever was changed.</summary>
    Refuse,

    /// <summary>Puts everything back.</summary>
    Overwrite,

    /// <summary>Moves aside what a person wrote, and puts everything back.</summary>
    Keep,
}
