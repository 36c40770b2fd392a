using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>What an activation does about data that services keep.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<StateAction>))]
public enum StateAction
{
    /// <summary>A snapshot is made before the software migrates it; going back restores that.</summary>
    Snapshot,

    /// <summary>An earlier snapshot takes the data's place, as somebody asked for; what was there is kept with the generation that is left.</summary>
    Restore,

    /// <summary>The system cannot do with the data that lie there.</summary>
    Refuse,
}

/// <summary>The part of some data in a plan. Only the machine can tell it.</summary>
public sealed record PlannedState
{
    /// <summary>The state directory's name.</summary>
    public required string Name { get; init; }

    /// <summary>What happens.</summary>
    public required StateAction Action { get; init; }

    /// <summary>The format of the data that lie there; empty where nobody noted it.</summary>
    public string OldFormat { get; init => field = value ?? ""; } = "";

    /// <summary>The format that the new system's software writes.</summary>
    public string NewFormat { get; init => field = value ?? ""; } = "";

    /// <summary>Bytes of the data that lie there, which a snapshot has to copy unless it <see cref="SharesBlocks"/>.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether the file system shares the blocks, so that next to nothing is copied.</summary>
    public bool SharesBlocks { get; init; }

    /// <summary>The units that are down meanwhile.</summary>
    public IReadOnlyList<string> Units { get; init => field = value ?? []; } = [];

    /// <summary>Of a restore, when the snapshot was made, UTC.</summary>
    public DateTimeOffset? SnapshotAt { get; init; }

    /// <summary>Why it is refused; null where it is not.</summary>
    public string? Reason { get; init; }

    /// <summary>What to do about a refusal.</summary>
    public string? Hint { get; init; }
}

/// <summary>A copy of data that a generation keeps, for the way back to it.</summary>
public sealed record StateSnapshot
{
    /// <summary>The state directory's name.</summary>
    public required string Name { get; init; }

    /// <summary>The generation that keeps it.</summary>
    public required int Generation { get; init; }

    /// <summary>Whose data it is; empty for anybody's.</summary>
    public string Identity { get; init => field = value ?? ""; } = "";

    /// <summary>Its format; empty where nobody knows.</summary>
    public string Format { get; init => field = value ?? ""; } = "";

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Bytes of its files; where blocks are shared, the disk holds less.</summary>
    public long Bytes { get; init; }
}
