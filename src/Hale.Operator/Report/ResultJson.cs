using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Operator;

/// <summary>How results are written as JSON: names in camel case, no nulls, nothing escaped that a terminal can show.</summary>
internal static class ResultJson
{
    /// <summary>A document, indented.</summary>
    public static JsonSerializerOptions Document() => new(Line()) { WriteIndented = true, NewLine = "\n" };

    /// <summary>One line.</summary>
    public static JsonSerializerOptions Line() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
