using System.Buffers;
using System.Text.Json;

namespace Hale.Store.Closure;

/// <summary>
/// What the verb <c>plan</c> reads: a manifest, and where the machine lacks them the texts by which it can say which secrets would
/// change: encrypted files and templates. On the wire the manifest's JSON, a zero byte, and a JSON object of texts by path.
/// </summary>
/// <param name="Manifest">The JSON of the <see cref="SystemManifest"/>.</param>
/// <param name="Texts">Texts by the absolute path where the system would have them, below <c>/nix/store</c>.</param>
public sealed record PlanInput(ReadOnlyMemory<byte> Manifest, IReadOnlyDictionary<string, string> Texts)
{
    /// <summary>The bytes to send.</summary>
    public byte[] ToBytes()
    {
        if (Texts.Count == 0)
            return Manifest.ToArray();
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(Manifest.Span);
        bytes.Write<byte>([0]);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var (path, text) in Texts)
                json.WriteString(path, text);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote, or a manifest alone.</summary>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="JsonException">The texts are no JSON object of texts; the manifest is not looked into.</exception>
    public static PlanInput Read(ReadOnlyMemory<byte> bytes)
    {
        var end = bytes.Span.IndexOf((byte)0);
        if (end < 0)
            return new PlanInput(bytes, new Dictionary<string, string>());
        using var json = JsonDocument.Parse(bytes[(end + 1)..]);
        if (json.RootElement.ValueKind != JsonValueKind.Object || json.RootElement.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            throw new JsonException("the texts are not an object of texts");
        return new PlanInput(
            bytes[..end], json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal));
    }
}
