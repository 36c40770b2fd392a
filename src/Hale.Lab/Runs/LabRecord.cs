using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Lab;

/// <summary>
/// What a run writes down before it makes anything outside of its own folder, so that another run can take it away if this one is killed.
/// </summary>
/// <param name="Id">The run: 8 hexadecimal digits, the name of its folder.</param>
/// <param name="ProcessId">
/// The process that made it. For people: that it is dead is known by the folder's lock, since numbers are used again.
/// </param>
/// <param name="CommandLine">What that process was started as.</param>
/// <param name="StartedAt">When.</param>
/// <param name="ControlGroup">The folder of the control group that everything the run started is in.</param>
/// <param name="MemoryMount">Where a file system in memory is mounted that holds the machines' disks; null where they are on disk.</param>
internal sealed record LabRecord(
    string Id, int ProcessId, string CommandLine, DateTimeOffset StartedAt, string ControlGroup, string? MemoryMount)
{
    private const string FileName = "run.json";

    /// <summary>Writes the record into the run's folder, whole or not at all.</summary>
    public void Write(string folder)
    {
        var temporary = Path.Combine(folder, FileName + ".new");
        File.WriteAllText(temporary, JsonSerializer.Serialize(this, LabJson.Default.LabRecord) + "\n");
        File.Move(temporary, Path.Combine(folder, FileName), overwrite: true);
    }

    /// <summary>The record of a run's folder.</summary>
    /// <returns>The record, or null where the run was ended before it wrote one: then it had made nothing else either.</returns>
    public static LabRecord? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), LabJson.Default.LabRecord) : null;
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LabRecord))]
internal sealed partial class LabJson : JsonSerializerContext;
