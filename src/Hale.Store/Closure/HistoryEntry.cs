namespace Hale.Store.Closure;

/// <summary>One line of a machine's audit log, <c>/var/lib/hale/history.jsonl</c>: what somebody did to it, and how that ended.</summary>
public sealed record HistoryEntry
{
    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset When { get; init; }

    /// <summary>The activator's verb: <c>activate</c>, <c>rollback</c>, <c>recover</c>, <c>gc</c>, <c>verify</c>, <c>pin</c>, <c>unpin</c>, <c>delete</c>.</summary>
    public required string Verb { get; init; }

    /// <summary>Who: <c>user@computer</c>; empty where not told.</summary>
    public string Who { get; init => field = value ?? ""; } = "";

    /// <summary>The git revision that was to run; null outside git, and for verbs that bring no system.</summary>
    public string? Revision { get; init; }

    /// <summary>The generation before; null for none.</summary>
    public int? From { get; init; }

    /// <summary>The generation after; null for none.</summary>
    public int? To { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>What went wrong: messages alone, no logs, and never a secret's value.</summary>
    public IReadOnlyList<string> Errors { get; init => field = value ?? []; } = [];

    /// <summary>What else there is to tell, such as what a collection freed; null for nothing.</summary>
    public string? Detail { get; init; }
}

/// <summary>The audit log's end, newest first.</summary>
/// <param name="Entries">As many as were asked for, or all that there are.</param>
public sealed record HistoryEvent(IReadOnlyList<HistoryEntry> Entries) : ActivationEvent;
