namespace Hale.Store.Closure;

/// <summary>What a person weighs beside the plan itself: what is copied, what the files say, and what does not answer meanwhile.</summary>
public sealed record PlanDetail
{
    /// <summary>The store path of the system that the machine runs; null before the first.</summary>
    public string? OldSystem { get; init; }

    /// <summary>The store path of the system to come.</summary>
    public required string NewSystem { get; init; }

    /// <summary>The generation that the machine is in; null before the first.</summary>
    public int? OldGeneration { get; init; }

    /// <summary>The bytes of all that the running system needs; null where the machine did not say.</summary>
    public long? OldSize { get; init; }

    /// <summary>The bytes of all that the new system needs.</summary>
    public long NewSize { get; init; }

    /// <summary>How many store paths the new system consists of.</summary>
    public int Paths { get; init; }

    /// <summary>How many of them the machine lacks.</summary>
    public int MissingPaths { get; init; }

    /// <summary>The bytes of those, before they are compressed for the way.</summary>
    public long MissingBytes { get; init; }

    /// <summary>Texts that differ, by path: of files and of units.</summary>
    public IReadOnlyList<PlannedDifference> Differences { get; init => field = value ?? []; } = [];

    /// <summary>What happens to the services that run now.</summary>
    public Interruption Interruption { get; init => field = value ?? new(); } = new();
}

/// <summary>What a plan does to the services that run, by the names of their units. Pure: computed from their states before anything is touched.</summary>
public sealed record Interruption
{
    /// <summary>They stop and start, and answer nobody meanwhile.</summary>
    public IReadOnlyList<string> Restarted { get; init => field = value ?? []; } = [];

    /// <summary>They stop and start, and connections wait meanwhile: their sockets stay open.</summary>
    public IReadOnlyList<string> Waited { get; init => field = value ?? []; } = [];

    /// <summary>They stop for good.</summary>
    public IReadOnlyList<string> Stopped { get; init => field = value ?? []; } = [];

    /// <summary>They take up what changed and go on answering.</summary>
    public IReadOnlyList<string> Reloaded { get; init => field = value ?? []; } = [];
}

/// <summary>A text that differs between the machine and the new system.</summary>
/// <param name="Path">Its absolute path on the machine.</param>
/// <param name="Change">How it differs.</param>
/// <param name="Lines">
/// The hunks of a unified diff, store paths shortened to their names; none where nothing but hashes of store paths differs.
/// </param>
/// <param name="Rebuilt">Names of the store paths of which only the hash differs in it.</param>
public sealed record PlannedDifference(string Path, Change Change, IReadOnlyList<string> Lines, IReadOnlyList<string> Rebuilt);
