namespace Hale.Store.Closure;

/// <summary>What goes from a machine because nothing needs it; told before it goes, and all that a dry run says.</summary>
public sealed record GarbageEvent : ActivationEvent
{
    /// <summary>Whether nothing goes, because only the plan was asked for.</summary>
    public bool DryRun { get; init; }

    /// <summary>The generations that go, by number.</summary>
    public IReadOnlyList<int> Generations { get; init => field = value ?? []; } = [];

    /// <summary>The store paths that go.</summary>
    public IReadOnlyList<GarbagePath> Paths { get; init => field = value ?? []; } = [];

    /// <summary>What they come to, in bytes of their archives; the disk frees about as much.</summary>
    public long Bytes { get; init; }

    /// <summary>The snapshots of services' data that go with their generations.</summary>
    public IReadOnlyList<StateSnapshot> Snapshots { get; init => field = value ?? []; } = [];

    /// <summary>Folders of <c>/var/lib/hale/aside</c> that go because they are old, by their dates.</summary>
    public IReadOnlyList<string> Aside { get; init => field = value ?? []; } = [];

    /// <summary>How many store paths stay.</summary>
    public int KeptPaths { get; init; }

    /// <summary>What those come to, in bytes.</summary>
    public long KeptBytes { get; init; }
}

/// <summary>A store path that nothing needs.</summary>
/// <param name="Path">The store path.</param>
/// <param name="NarSize">The size of its NAR in bytes.</param>
public sealed record GarbagePath(string Path, long NarSize);

/// <summary>A store path is gone, and its bytes are free.</summary>
/// <param name="Path">The store path.</param>
/// <param name="NarSize">The size of its NAR in bytes.</param>
public sealed record CollectedEvent(string Path, long NarSize) : ActivationEvent;
