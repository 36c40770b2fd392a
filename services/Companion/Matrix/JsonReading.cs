using System.Text.Json;

namespace Companion.Matrix;

/// <summary>Reads what others wrote without trusting its shape: what is missing, or of another kind, is null or empty.</summary>
internal static class JsonReading
{
    public static JsonElement? Get(this JsonElement from, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out from))
                return null;
        return from;
    }

    public static string? Text(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Get(path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static long? Number(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Get(path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Get(path) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static IEnumerable<JsonProperty> Entries(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Get(path) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject() : [];

    public static IEnumerable<string> Texts(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Items(path).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!);
}
