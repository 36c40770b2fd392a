using System.Buffers;
using System.Text.Json;
using Hale.Activator.Machine;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>
/// What the machine knows of the data that services keep, whichever system it runs: <c>/var/lib/hale/state/NAME.json</c>. It speaks of the
/// data as they lie there, so it is written before the software that writes them starts, and goes back with them.
/// </summary>
/// <param name="Identity">Whose data it is; empty where nobody said.</param>
/// <param name="Format">Their format; empty where nobody said.</param>
/// <param name="At">Since when, UTC.</param>
internal sealed record DataRecord(string Identity, string Format, DateTimeOffset At)
{
    private const string Folder = "/var/lib/hale/state";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    internal static string PlaceOf(string name) => $"{Folder}/{name}.json";

    internal bool SaysWhat(DataRecord? other) => other is not null && (Identity, Format) == (other.Identity, other.Format);

    /// <returns>Null where nothing was noted.</returns>
    /// <exception cref="UserError">What was noted cannot be read.</exception>
    internal static DataRecord? Read(MachineFiles files, string name)
    {
        if (files.Read(PlaceOf(name)) is not { } json)
            return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            var e = document.RootElement;
            return new DataRecord(e.GetProperty("identity").GetString()!, e.GetProperty("format").GetString()!, e.GetProperty("at").GetDateTimeOffset());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new UserError($"{PlaceOf(name)} is damaged: {e.Message}", "Remove it, and deploy with --adopt-data where you know what the data are.", e);
        }
    }

    /// <summary>Notes it; null notes that nothing is known. By hand, as every first activation does it and the serializer is slow to begin.</summary>
    internal static void Set(MachineFiles files, string name, DataRecord? record)
    {
        if (record is null)
        {
            files.Remove(PlaceOf(name));
            return;
        }

        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("identity", record.Identity);
            json.WriteString("format", record.Format);
            json.WriteString("at", record.At);
            json.WriteEndObject();
        }

        files.MakeFolder(Folder, FolderMode);
        files.Write(PlaceOf(name), [.. text.WrittenSpan, (byte)'\n'], FileMode);
    }

    /// <summary>Every name of which something is noted.</summary>
    internal static IEnumerable<string> Names(MachineFiles files) =>
        files.Names(Folder).Where(name => name.EndsWith(".json", StringComparison.Ordinal)).Select(name => name[..^5]).Order(StringComparer.Ordinal);

    /// <summary>Whether a system's state has a name and folders that lead nowhere else.</summary>
    internal static bool IsSound(ManifestState state) =>
        state.Name.Length is > 0 and <= 64 && state.Name[0] is not ('.' or '-') && state.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-')
        && state.Paths.Count > 0 && state.Paths.All(path => path.Count(c => c == '/') > 1 && path[0] == '/' && path[1..].Split('/').All(part => part is not ("" or "." or "..")));
}
