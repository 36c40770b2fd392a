using System.Text.Json;

namespace Companion;

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
        from.Get(path) is { } text ? OfText(text) : null;

    public static long? Number(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Get(path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Get(path) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static IEnumerable<JsonProperty> Entries(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Get(path) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject() : [];

    public static IEnumerable<string> Texts(this JsonElement from, params ReadOnlySpan<string> path) =>
        from.Items(path).Select(OfText).OfType<string>();

    // JSON can write half a surrogate pair, which is no text: reading it throws, and whoever sent it could end the service with it.
    private static string? OfText(JsonElement text)
    {
        try
        {
            return text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
