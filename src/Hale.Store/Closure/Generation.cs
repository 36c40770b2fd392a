namespace Hale.Store.Closure;

/// <summary>What a machine keeps of an activation, in <c>/var/lib/hale/generations/N/generation.json</c>.</summary>
public sealed record Generation
{
    /// <summary>Its number, from 1; a new one is the highest so far plus 1.</summary>
    public required int Number { get; init; }

    /// <summary>The store path of its system.</summary>
    public required string System { get; init; }

    /// <summary>The git revision it was declared in; null outside git.</summary>
    public string? Revision { get; init; }

    /// <summary>When it was first activated, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who activated it: <c>user@computer</c>; empty where not told.</summary>
    public string CreatedBy { get; init => field = value ?? ""; } = "";
}

/// <summary>A generation as it is found on a machine.</summary>
/// <param name="Generation">What was recorded.</param>
/// <param name="Current">Whether the machine is in it.</param>
/// <param name="Present">Whether all of its store paths are still there, so that it can be activated.</param>
public sealed record GenerationInfo(Generation Generation, bool Current, bool Present)
{
    /// <summary>Whether somebody pinned it, so that it is never collected.</summary>
    public bool Pinned { get; init; }

    /// <summary>All of its store paths in bytes, also those that it shares with others.</summary>
    public long Size { get; init; }

    /// <summary>The snapshots of data that it keeps, by name.</summary>
    public IReadOnlyList<StateSnapshot> Snapshots { get; init => field = value ?? []; } = [];
}

/// <summary>Who holds the deployment lock, in <c>/run/hale/lock</c>.</summary>
/// <param name="Who">Who: <c>user@computer</c>; empty where not told.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="Pid">The process on the machine.</param>
/// <param name="System">The store path that is being activated; empty for another verb.</param>
public sealed record LockHolder(string Who, DateTimeOffset Since, int Pid, string System)
{
    /// <summary>The activator's verb: <c>activate</c>, <c>rollback</c>, <c>recover</c>, <c>gc</c>, <c>verify</c>, <c>secrets</c>, <c>pin</c>, <c>unpin</c>, <c>delete</c>.</summary>
    public string Verb { get; init => field = value ?? "activate"; } = "activate";

    /// <summary>The git revision that is being activated; null outside git, and for other verbs.</summary>
    public string? Revision { get; init; }

    /// <summary>What it does, as a sentence goes on after its name: <c>is deploying revision 1a2b…</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Doing => Verb switch
    {
        "gc" => "is collecting garbage",
        "recover" => "is recovering from an interrupted activation",
        "rollback" => $"is going back to {What}",
        "verify" => "is putting back what was changed by hand",
        "secrets" => "is putting secrets into memory",
        "pin" or "unpin" or "delete" => "is changing the generations",
        _ => $"is deploying {What}",
    };

    private string What => Revision is not null ? $"revision {Revision}" : System.Length > 0 ? System : "to this machine";
}

/// <summary>The state of a machine.</summary>
public sealed record MachineStatus
{
    /// <summary>The machine's declared name; null before the first activation.</summary>
    public string? Host { get; init; }

    /// <summary>The generation it is in; null before the first.</summary>
    public Generation? Current { get; init; }

    /// <summary>Wanted units that are not running although their target is reached, by name.</summary>
    public IReadOnlyList<string> FailedUnits { get; init => field = value ?? []; } = [];

    /// <summary>Whether an activation was interrupted and not yet recovered.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Whether the next boot comes up in another system than the one that runs, as after <c>--mode test</c> and <c>--mode boot</c>.</summary>
    public bool BootsOther { get; init; }

    /// <summary>Links that are not as the current system wants them, by path.</summary>
    public IReadOnlyList<string> Drifted { get; init => field = value ?? []; } = [];

    /// <summary>Who is deploying at this moment; null for nobody.</summary>
    public LockHolder? Lock { get; init; }

    /// <summary>Units that are kept from starting, for data that they write could not be put back; null for none.</summary>
    public HeldUnits? Held { get; init; }

    /// <summary>The data that the system declares, by name.</summary>
    public IReadOnlyList<DataStatus> Data { get; init => field = value ?? []; } = [];
}

/// <summary>Units that do not start until data are put right.</summary>
/// <param name="Units">Their names, sorted; also of sockets, timers and paths that would start them, whether there are such or not.</param>
/// <param name="Reason">Why, as a sentence goes on.</param>
public sealed record HeldUnits(IReadOnlyList<string> Units, string Reason);

/// <summary>The data of one state directory on a machine.</summary>
public sealed record DataStatus
{
    /// <summary>The state directory's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether anything lies there.</summary>
    public bool IsThere { get; init; }

    /// <summary>By what they were made, as noted; empty where nothing is.</summary>
    public string Identity { get; init => field = value ?? ""; } = "";

    /// <summary>What the identity is, for people: <c>server name</c>.</summary>
    public string IdentityName { get; init => field = value ?? ""; } = "";

    /// <summary>Their format, as noted; empty where nothing is.</summary>
    public string Format { get; init => field = value ?? ""; } = "";

    /// <summary>How many snapshots of them the generations keep.</summary>
    public int Snapshots { get; init; }

    /// <summary>What those take when no block is shared, in bytes.</summary>
    public long SnapshotBytes { get; init; }
}
