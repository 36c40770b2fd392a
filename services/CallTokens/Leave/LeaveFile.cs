using System.Text.Json;
using System.Text.Json.Serialization;
using CallTokens.Requests;
using ServiceHost;

namespace CallTokens.Leave;

/// <summary>Remembers handed-over leaves over a restart: one JSON file, replaced as a whole, for the service's own user only.</summary>
/// <param name="folder">The folder that it is in; null remembers nothing.</param>
/// <param name="log">Hears when it cannot be read or written; a call matters more than its file.</param>
internal sealed class LeaveFile(string? folder, ILogger log)
{
    private readonly Lock gate = new();

    private string Path => System.IO.Path.Combine(folder!, "leaves.json");

    /// <summary>What it remembers.</summary>
    public IReadOnlyList<(LeaveKey Key, DelayedLeave Leave)> Read()
    {
        if (folder is null || !File.Exists(Path))
            return [];
        try
        {
            var entries = JsonSerializer.Deserialize(File.ReadAllBytes(Path), LeaveJson.Default.ListLeaveEntry) ?? [];
            return [.. entries.Select(entry => (new LeaveKey(entry.Room, entry.Identity), new DelayedLeave(entry.Id, TimeSpan.FromMilliseconds(entry.Delay), entry.ClientApi)))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            log.FileUnusable(Path, error.Message);
            return [];
        }
    }

    /// <summary>Writes what there is. The last writer wins, and asks for it itself.</summary>
    public void Write(Func<IReadOnlyList<(LeaveKey Key, DelayedLeave Leave)>> now)
    {
        if (folder is null)
            return;
        lock (gate)
            try
            {
                List<LeaveEntry> entries = [.. now().Select(entry => new LeaveEntry(
                    entry.Key.Room, entry.Key.Identity, entry.Leave.Id, (long)entry.Leave.Delay.TotalMilliseconds, entry.Leave.ClientApi))];
                PrivateFile.Write(Path, JsonSerializer.SerializeToUtf8Bytes(entries, LeaveJson.Default.ListLeaveEntry));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                log.FileUnusable(Path, error.Message);
            }
    }
}

/// <summary>One leave of the file; the delay in milliseconds.</summary>
internal sealed record LeaveEntry(string Room, string Identity, string Id, long Delay, Uri ClientApi);

/// <summary>JSON of the file.</summary>
[JsonSerializable(typeof(List<LeaveEntry>))]
internal sealed partial class LeaveJson : JsonSerializerContext;
