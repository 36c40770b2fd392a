using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hale.Store.Lock;

/// <summary>
/// A lock as text: keys in byte order, two spaces, LF, nothing escaped that need not be, so that the same lock is the same
/// bytes and a diff shows what changed.
/// </summary>
internal static class LockWriter
{
    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static byte[] Format(LockFile file)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", LockFile.CurrentVersion);
            writer.WriteStartObject("entries");
            foreach (var (name, entry) in file.Entries)
            {
                writer.WriteStartObject(name);
                writer.WritePropertyName("request");
                Write(writer, entry.Request);
                writer.WritePropertyName("content");
                Write(writer, entry.Content);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <summary>One text for equal values, whatever the order of their keys.</summary>
    internal static string Canonical(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            Write(writer, element);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The same of a value that is not read yet.</summary>
    internal static string Canonical(Action<Utf8JsonWriter> value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            value(writer);
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return Canonical(document.RootElement);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                var names = new List<string>();
                foreach (var property in element.EnumerateObject())
                    names.Add(property.Name);
                names.Sort(StringComparer.Ordinal);
                foreach (var name in names)
                {
                    writer.WritePropertyName(name);
                    Write(writer, element.GetProperty(name));
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                // Through the writer's own encoder: a value keeps no escapes that it was read with.
                writer.WriteStringValue(element.GetString());
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
