using System.Text.Json;
using System.Text.Json.Serialization;
using Hale.Activator.Data;
using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Recovery;

/// <summary>How far an activation is, as far as what comes after a crash depends on it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JournalPhase>))]
internal enum JournalPhase
{
    /// <summary>On its way to the new system: after a crash it is taken back.</summary>
    Going,

    /// <summary>The new system has held: after a crash the rest is done.</summary>
    Committing,

    /// <summary>It is being taken back: after a crash, anew and whole, for nobody knows which units have followed.</summary>
    Reverting,

    /// <summary>It has ended, and what runs and what boots differ until the next boot, which settles it.</summary>
    Kept,
}

/// <summary>
/// What an activation is about to do, on disk before its first step and gone after its last. Writing it is one rename, so that each
/// phase begins at one instant. After another boot the machine came up in one system, and that is the truth; the phase only tells which
/// secrets count.
/// </summary>
internal sealed record ActivationJournal
{
    internal const string Place = "/var/lib/hale/journal.json";
    internal const int CurrentVersion = 3;

    // What an older activator can end as well as this one is written so that it can read it.
    private const int WithoutData = 2;
    private const UnixFileMode Mode = (UnixFileMode)0b110_100_100;
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    public int Version { get; init; } = WithoutData;

    public JournalPhase Phase { get; init; }

    /// <summary>The system that ran before; null at the first activation.</summary>
    public string? Old { get; init; }

    /// <summary>The system to come.</summary>
    public required string New { get; init; }

    /// <summary>Other systems whose links may still be there, of activations that only the next boot settles.</summary>
    public IReadOnlyList<string> Others { get; init => field = value ?? []; } = [];

    /// <summary>The generation to come: a new one to record, or an earlier one to go back to.</summary>
    public required Generation Generation { get; init; }

    /// <summary>Whether that generation was recorded before, so that a revert must leave it.</summary>
    public bool Recorded { get; init; }

    /// <summary>The encrypted files that counted before; null where there were none.</summary>
    public string? OldSealed { get; init; }

    /// <summary>The encrypted files that count once the new system has held.</summary>
    public string? NewSealed { get; init; }

    /// <summary>Names of secrets whose content changes: killed on the way back, once they are as before, nothing else tells whose units must follow.</summary>
    public IReadOnlyList<string> SecretsTouched { get; init => field = value ?? []; } = [];

    /// <summary>What is done to data of services, in this order.</summary>
    public IReadOnlyList<DataMove> Data { get; init => field = value ?? []; } = [];

    /// <summary>Whether that is done at the next boot, before the services start.</summary>
    public bool AtBoot { get; init; }

    /// <summary>Units that ran before, where data are moved: those that only require a unit that stops then must come back too.</summary>
    public IReadOnlyList<string> Ran { get; init => field = value ?? []; } = [];

    /// <summary>An activation before this one that only the next boot settles, where that has to do with data; null for none.</summary>
    public ActivationJournal? Pending { get; init; }

    /// <summary>The kernel's id of this boot: after another one no unit runs from before.</summary>
    public required string Boot { get; init; }

    /// <summary>By what the operator asks how it ended; null where nobody will.</summary>
    public string? Token { get; init; }

    internal static ActivationJournal? Read(MachineFiles files)
    {
        if (files.Read(Place) is not { } json)
            return null;
        try
        {
            var journal = JsonSerializer.Deserialize(json, JournalJson.Default.ActivationJournal)!;
            return journal.Version is >= 1 and <= CurrentVersion
                ? journal
                : throw new JsonException($"version {journal.Version}, expected {CurrentVersion}");
        }
        catch (JsonException e)
        {
            throw new UserError($"{Place} cannot be read: {e.Message}", $"Remove it, and systemctl restart hale-recover: the machine stays in the system that {SystemClosure.RunningLink} names, and services' data as they lie there.", e);
        }
    }

    internal void Write(MachineFiles files)
    {
        files.MakeFolder("/var/lib/hale", FolderMode);
        var whole = this with { Version = MovesData ? CurrentVersion : WithoutData };
        files.Write(Place, whole.Text(), Mode);
    }

    /// <summary>By hand (<see cref="JsonLine"/>) where no data are moved.</summary>
    internal byte[] Text() => MovesData ? JsonSerializer.SerializeToUtf8Bytes(this, JournalJson.Default.ActivationJournal) : new JsonLine()
        .Add("version", Version).Add("phase", Phase.ToString()).Add("old", Old).Add("new", New).Add("others", Others)
        .Add("generation", GenerationStore.Text(Generation)).Add("recorded", Recorded).Add("oldSealed", OldSealed).Add("newSealed", NewSealed)
        .Add("secretsTouched", SecretsTouched).Add("data", []).Add("atBoot", AtBoot).Add("ran", Ran).Add("boot", Boot).Add("token", Token).Bytes();

    /// <summary>Begins another phase.</summary>
    internal ActivationJournal Enter(MachineFiles files, JournalPhase phase)
    {
        var next = this with { Phase = phase };
        next.Write(files);
        return next;
    }

    /// <summary>Whether data are concerned, by this activation or one before it.</summary>
    internal bool MovesData => Data.Count > 0 || Pending is not null;

    /// <summary>This activation, the one that was pending before it, and so on.</summary>
    internal IEnumerable<ActivationJournal> Chain() => Pending is null ? [this] : Pending.Chain().Prepend(this);

    /// <summary>The end of an activation that was taken back: what was pending before it is pending again.</summary>
    internal void Close(MachineFiles files)
    {
        if (Pending is not null)
        {
            DataHold.Forget(files);
            FirstRecovery.Prepare(files, Pending);
            DataHold.Prepare(files, Pending);
            Pending.Write(files);
        }
        else
            Remove(files);
    }

    /// <summary>Every system whose links may be there.</summary>
    internal IEnumerable<string> Systems => new[] { Old, New }.Concat(Others).OfType<string>().Distinct(StringComparer.Ordinal);

    internal bool IsOfThisBoot(MachineFiles files) => Boot == ThisBoot(files);

    internal static void Remove(MachineFiles files)
    {
        files.Remove(Place);
        files.RemoveUnfinished(Place);
        // Without a journal nobody is held; with one, somebody must be there who ends it.
        DataHold.Forget(files);
    }

    internal static string ThisBoot(MachineFiles files) =>
        files.Read("/proc/sys/kernel/random/boot_id") is { } id ? System.Text.Encoding.ASCII.GetString(id).Trim() : "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ActivationJournal))]
[JsonSerializable(typeof(KeptData))]
internal sealed partial class JournalJson : JsonSerializerContext;
