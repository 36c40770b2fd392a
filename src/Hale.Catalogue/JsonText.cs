using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hale.Catalogue;

/// <summary>How rendered JSON looks: the same bytes everywhere, and readable, for none of it is ever part of an HTML page.</summary>
internal static class JsonText
{
    public static JsonSerializerOptions Readable { get; } = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonSerializerOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a text that somebody wrote is one JSON object.</summary>
    public static bool IsObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
