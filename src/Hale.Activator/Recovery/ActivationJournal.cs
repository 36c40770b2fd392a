using System.Text.Json;
using System.Text.Json.Serialization;
using Hale.Activator.Machine;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Recovery;

/// <summary>
/// What an activation is about to do, on disk before its first step and gone after its last. It holds no phase: whether the
/// switch has happened is what <c>/etc/hale/system</c> says, and one truth cannot disagree with itself.
/// </summary>
internal sealed record ActivationJournal
{
    internal const int CurrentVersion = 1;
    private const string File = "/var/lib/hale/journal.json";
    private const UnixFileMode Mode = (UnixFileMode)0b110_100_100;
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The system before; null at the first activation.</summary>
    public string? Old { get; init; }

    /// <summary>The system to come.</summary>
    public required string New { get; init; }

    /// <summary>The generation to come: a new one to record, or an earlier one to go back to.</summary>
    public required Generation Generation { get; init; }

    /// <summary>Whether that generation was recorded before, so that a revert must leave it.</summary>
    public bool Recorded { get; init; }

    /// <summary>The encrypted files that counted before; null where there were none.</summary>
    public string? OldSealed { get; init; }

    /// <summary>The encrypted files that count once the switch has happened.</summary>
    public string? NewSealed { get; init; }

    /// <summary>Names of secrets whose content changes: after the switch nothing else tells whose units must restart.</summary>
    public IReadOnlyList<string> SecretsTouched { get; init; } = [];

    /// <summary>The kernel's id of this boot: after another one no unit runs from before.</summary>
    public required string Boot { get; init; }

    internal static ActivationJournal? Read(MachineFiles files)
    {
        if (files.Read(File) is not { } json)
            return null;
        try
        {
            var journal = JsonSerializer.Deserialize(json, JournalJson.Default.ActivationJournal)!;
            return journal.Version == CurrentVersion ? journal : throw new JsonException($"version {journal.Version}, expected {CurrentVersion}");
        }
        catch (JsonException e)
        {
            throw new UserError($"{File} cannot be read: {e.Message}", $"Remove it; the machine stays in the system that {SystemClosure.CurrentLink} names.", e);
        }
    }

    internal void Write(MachineFiles files)
    {
        files.MakeFolder("/var/lib/hale", FolderMode);
        files.Write(File, JsonSerializer.SerializeToUtf8Bytes(this, JournalJson.Default.ActivationJournal), Mode);
    }

    internal static void Remove(MachineFiles files)
    {
        files.Remove(File);
        files.RemoveUnfinished(File);
    }

    internal static string ThisBoot(MachineFiles files) =>
        files.Read("/proc/sys/kernel/random/boot_id") is { } id ? System.Text.Encoding.ASCII.GetString(id).Trim() : "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ActivationJournal))]
internal sealed partial class JournalJson : JsonSerializerContext;
