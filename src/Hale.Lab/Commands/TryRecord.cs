using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Lab.Commands;

/// <summary>
/// A machine that some <c>hale try</c> of this computer keeps running: what the next one needs to deploy to it again. It is a file that lives as
/// long as that command.
/// </summary>
/// <param name="ProcessId">The command that keeps the machine.</param>
/// <param name="Started">When that process began, in its own clock ticks: a number is used again, with another beginning.</param>
/// <param name="Ssh">How to reach the machine.</param>
/// <param name="Ports">The machine's port, and this computer's that leads to it.</param>
/// <param name="Certificate">The file of its certificate authority; null where it has none.</param>
/// <param name="LockFile">The lock that the trial uses instead of the fleet's; null for the fleet's.</param>
internal sealed record TryRecord(int ProcessId, long Started, SshAccess Ssh, IReadOnlyDictionary<int, int> Ports, string? Certificate, string? LockFile)
{
    private const string Folder = "/run/hale-try";

    /// <summary>The record of the host of a fleet, where a command keeps it at this moment.</summary>
    public static TryRecord? Find(string fleetFile, string host)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllText(Place(fleetFile, host)), TryJson.Default.TryRecord);
            return record is not null && BeginningOf(record.ProcessId) == record.Started ? record : null;
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes it for this process, whole or not at all.</summary>
    public static void Write(string fleetFile, string host, SshAccess ssh, IReadOnlyDictionary<int, int> ports, string? certificate, string? lockFile)
    {
        Directory.CreateDirectory(Folder);
        var place = Place(fleetFile, host);
        var record = new TryRecord(Environment.ProcessId, BeginningOf(Environment.ProcessId) ?? 0, ssh, ports, certificate, lockFile);
        File.WriteAllText(place + ".new", JsonSerializer.Serialize(record, TryJson.Default.TryRecord) + "\n");
        File.Move(place + ".new", place, overwrite: true);
    }

    /// <summary>Takes it away where it is this process's; another's machine lives on.</summary>
    public static void Remove(string fleetFile, string host)
    {
        if (Find(fleetFile, host) is { } record && record.ProcessId == Environment.ProcessId)
            File.Delete(Place(fleetFile, host));
    }

    private static string Place(string fleetFile, string host) =>
        Path.Combine(Folder, $"{host}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(fleetFile)))[..12]}.json");

    private static long? BeginningOf(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.StartTime.ToUniversalTime().Ticks / TimeSpan.TicksPerSecond;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>JSON of the record.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TryRecord))]
internal sealed partial class TryJson : JsonSerializerContext;
