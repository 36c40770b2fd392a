using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>
/// One line of the activator's output, as JSON; <c>event</c> names the kind. Stable: <c>hale … --json</c> passes the lines on.
/// A reader ignores properties that it does not know.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(PlanEvent), "plan")]
[JsonDerivedType(typeof(BeforeEvent), "before")]
[JsonDerivedType(typeof(StepEvent), "step")]
[JsonDerivedType(typeof(CheckEvent), "check")]
[JsonDerivedType(typeof(WarningEvent), "warning")]
[JsonDerivedType(typeof(ReceivedEvent), "received")]
[JsonDerivedType(typeof(GenerationsEvent), "generations")]
[JsonDerivedType(typeof(StatusEvent), "status")]
[JsonDerivedType(typeof(GarbageEvent), "garbage")]
[JsonDerivedType(typeof(CollectedEvent), "collected")]
[JsonDerivedType(typeof(HistoryEvent), "history")]
[JsonDerivedType(typeof(FindingEvent), "finding")]
[JsonDerivedType(typeof(RepairedEvent), "repaired")]
[JsonDerivedType(typeof(HashedEvent), "hashed")]
[JsonDerivedType(typeof(AwaitingEvent), "awaiting")]
[JsonDerivedType(typeof(ResultEvent), "result")]
public abstract record ActivationEvent;

/// <summary>What will be done; the first event of an activation, the only one of the verb <c>plan</c>.</summary>
/// <param name="Plan">The plan.</param>
public sealed record PlanEvent(ActivationPlan Plan) : ActivationEvent;

/// <summary>What the verb <c>plan</c> says beside the plan: what is on the machine before, for the operator to compare with.</summary>
public sealed record BeforeEvent : ActivationEvent
{
    /// <summary>The store path of the system that the machine runs; null before the first.</summary>
    public string? System { get; init; }

    /// <summary>The generation that it is in; null before the first.</summary>
    public int? Generation { get; init; }

    /// <summary>The git revision of that generation; null where none was known.</summary>
    public string? Revision { get; init; }

    /// <summary>The bytes of all that the running system needs; 0 before the first.</summary>
    public long Size { get; init; }

    /// <summary>
    /// Contents of the units and files that change or go, by their absolute path on the machine (of a folder, by the paths in it). Only
    /// UTF-8 texts of at most 64 KiB, 4 MiB together.
    /// </summary>
    public IReadOnlyDictionary<string, string> Texts { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>What the plan does to the services that run now.</summary>
    public Interruption Interruption { get; init => field = value ?? new(); } = new();
}

/// <summary>The kinds of step, in the order of an activation.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<StepKind>))]
public enum StepKind
{
    /// <summary>Everything that can refuse is looked at; nothing is touched.</summary>
    Precheck,

    /// <summary>An activation that was interrupted is finished or reverted.</summary>
    Recover,

    /// <summary>Users and groups are made (systemd-sysusers).</summary>
    Users,

    /// <summary>State folders are made (systemd-tmpfiles).</summary>
    Directories,

    /// <summary>Secrets are made where missing, and all are written into memory; they count from the switch on.</summary>
    Secrets,

    /// <summary>Units are stopped that go, or that must stop before their files change.</summary>
    Stop,

    /// <summary>Snapshots are made of data that the new system migrates, or an earlier one is put back.</summary>
    State,

    /// <summary>Links of units, wants and files are made.</summary>
    Links,

    /// <summary>The generation is recorded and the link <c>/run/hale/system</c> renamed: from here on the new system runs.</summary>
    Switch,

    /// <summary>Units are reloaded, restarted and started.</summary>
    Units,

    /// <summary>What must answer is waited for.</summary>
    Health,

    /// <summary>The operator is waited for, over a new connection.</summary>
    Confirm,

    /// <summary>The link <c>/etc/hale/system</c> is renamed: from here on the machine boots the new system too.</summary>
    Commit,

    /// <summary>The new system did not hold: the machine goes back to the one before.</summary>
    Revert,
}

/// <summary>How far a step or a check is.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Progress>))]
public enum Progress
{
    /// <summary>It has begun.</summary>
    Started,

    /// <summary>It has ended well.</summary>
    Done,

    /// <summary>It has failed; the result says why.</summary>
    Failed,
}

/// <summary>A step's beginning or end, or one thing that it did.</summary>
/// <param name="Step">Which step.</param>
/// <param name="State">How far it is.</param>
/// <param name="Subject">What it acted on, such as a unit, a secret or a path; empty for the step as a whole.</param>
/// <param name="Detail">What it did with the subject: <c>restart</c>, <c>made</c>; empty for the step as a whole.</param>
public sealed record StepEvent(StepKind Step, Progress State, string Subject = "", string Detail = "") : ActivationEvent;

/// <summary>A health check's beginning or end.</summary>
/// <param name="Name">What a person calls it.</param>
/// <param name="Unit">The unit it speaks for.</param>
/// <param name="State">How far it is.</param>
/// <param name="Seconds">How long it took, in seconds; 0 when it begins.</param>
/// <param name="Detail">What was last seen where it failed: <c>status 502, expected 200</c>.</param>
public sealed record CheckEvent(string Name, string Unit, Progress State, double Seconds = 0, string Detail = "") : ActivationEvent;

/// <summary>The new system is up and healthy, and waits to be reached over a new connection: <c>confirm --token TOKEN</c>. Without that it is taken back.</summary>
/// <param name="Token">What the confirmation must say.</param>
/// <param name="Seconds">How long it waits.</param>
public sealed record AwaitingEvent(string Token, int Seconds) : ActivationEvent;

/// <summary>Something a person should know that does not stop the activation.</summary>
/// <param name="Message">What.</param>
/// <param name="Hint">What to try; null where there is nothing to do.</param>
public sealed record WarningEvent(string Message, string? Hint = null) : ActivationEvent;

/// <summary>A store path has arrived whole and verified.</summary>
/// <param name="Path">The store path.</param>
/// <param name="NarSize">The size of its NAR in bytes.</param>
public sealed record ReceivedEvent(string Path, long NarSize) : ActivationEvent;

/// <summary>The generations on the machine, oldest first.</summary>
/// <param name="Generations">Each one, also those whose store paths are gone.</param>
public sealed record GenerationsEvent(IReadOnlyList<GenerationInfo> Generations) : ActivationEvent;

/// <summary>The state of the machine.</summary>
/// <param name="Status">What was found.</param>
public sealed record StatusEvent(MachineStatus Status) : ActivationEvent;

/// <summary>The end: always the last event of every verb that does something, and of any verb that is refused.</summary>
public sealed record ResultEvent : ActivationEvent
{
    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>The generation the machine is in now; null before the first.</summary>
    public int? Generation { get; init; }

    /// <summary>The store path of the system the machine is in now; null before the first.</summary>
    public string? System { get; init; }

    /// <summary>Everything that went wrong. Not empty with outcome <see cref="Outcome.Nothing"/> when wanted units have failed earlier.</summary>
    public IReadOnlyList<ActivationError> Errors { get; init => field = value ?? []; } = [];
}

/// <summary>One thing that went wrong.</summary>
/// <param name="Message">What and where, with the value.</param>
/// <param name="Hint">What to try; null where nothing better than the log is known.</param>
/// <param name="Unit">The unit it is about; null where it is about none.</param>
/// <param name="Log">The last lines of the unit's journal, oldest first; null where it is about no unit.</param>
public sealed record ActivationError(string Message, string? Hint = null, string? Unit = null, IReadOnlyList<string>? Log = null);
