using System.Text.Json;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Audit;

/// <summary>
/// The audit log, <c>/var/lib/hale/history.jsonl</c>: a line for each thing that was done to the machine, appended and synced at its end.
/// At 1 MB it becomes <c>history.1.jsonl</c>, in place of the one before. A line that a power cut tore is passed over.
/// </summary>
internal static class History
{
    internal const string Place = "/var/lib/hale/history.jsonl";
    internal const string OldPlace = "/var/lib/hale/history.1.jsonl";

    /// <summary>When a new file begins, in bytes.</summary>
    internal const long Largest = 1_000_000;

    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_000;

    internal static void Append(MachineFiles files, HistoryEntry entry)
    {
        files.MakeFolder("/var/lib/hale", FolderMode);
        files.Append(Place, [.. Text(entry), (byte)'\n'], FileMode);
        if (files.Length(Place) >= Largest)
            files.Move(Place, OldPlace);
    }

    internal static byte[] Text(HistoryEntry entry) => new JsonLine()
        .Add("when", entry.When).Add("verb", entry.Verb).Add("who", entry.Who).Add("revision", entry.Revision).Add("from", entry.From).Add("to", entry.To)
        .Add("outcome", entry.Outcome).Add("seconds", entry.Seconds).Add("errors", entry.Errors).Add("detail", entry.Detail).Bytes();

    /// <summary>The last entries, newest first.</summary>
    /// <param name="files">The machine.</param>
    /// <param name="limit">How many at most; null for all.</param>
    internal static IReadOnlyList<HistoryEntry> Read(MachineFiles files, int? limit)
    {
        var entries = new[] { Place, OldPlace }.SelectMany(place => Lines(files.Read(place) ?? []).AsEnumerable().Reverse());
        return [.. limit is { } most ? entries.Take(most) : entries];
    }

    private static List<HistoryEntry> Lines(byte[] text)
    {
        var entries = new List<HistoryEntry>();
        foreach (var line in text.AsSpan().Split((byte)'\n'))
            if (Entry(text.AsSpan(line)) is { } entry)
                entries.Add(entry);
        return entries;
    }

    private static HistoryEntry? Entry(ReadOnlySpan<byte> line)
    {
        try
        {
            return line.IsEmpty ? null : JsonSerializer.Deserialize(line, EventJson.Default.HistoryEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
