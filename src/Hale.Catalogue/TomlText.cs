using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hale.Catalogue;

/// <summary>
/// Renders a tree of values as TOML 1.0: values first, then each object as a table under its dotted name. Null has no form there.
/// </summary>
internal static class TomlText
{
    public static string Render(JsonObject root)
    {
        var text = new StringBuilder();
        Table(text, "", root);
        return text.ToString();
    }

    private static void Table(StringBuilder text, string path, JsonObject table)
    {
        foreach (var (key, value) in table)
            if (value is not JsonObject)
                text.Append(CultureInfo.InvariantCulture, $"{Key(key)} = {Value(value)}\n");
        foreach (var (key, value) in table)
            if (value is JsonObject inner)
            {
                var name = path.Length == 0 ? Key(key) : $"{path}.{Key(key)}";
                text.Append(text.Length == 0 ? "" : "\n").Append(CultureInfo.InvariantCulture, $"[{name}]\n");
                Table(text, name, inner);
            }
    }

    private static string Value(JsonNode? value) => value switch
    {
        JsonArray array => $"[{string.Join(", ", array.Select(Value))}]",
        // A basic string of TOML has JSON's escapes and a few more; numbers and truth values are written alike.
        JsonValue plain when plain.GetValueKind() is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
            => plain.ToJsonString(JsonText.Compact),
        _ => throw new NotSupportedException($"TOML has no form for {value?.ToJsonString() ?? "null"} here."),
    };

    private static string Key(string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? key : JsonValue.Create(key).ToJsonString(JsonText.Compact);
}
