using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Paths;

/// <summary>What is known of a store path: enough to check its contents, and to know what comes with it.</summary>
public sealed record PathInfo
{
    /// <summary>The path.</summary>
    public required StorePath Path { get; init; }

    /// <summary>SHA-256 of its NAR.</summary>
    public required Sha256Hash NarHash { get; init; }

    /// <summary>Bytes of its NAR.</summary>
    public required long NarSize { get; init; }

    /// <summary>The store paths it needs, sorted, each once.</summary>
    public IReadOnlyList<StorePath> References { get; init; } = [];

    /// <summary>Whether the path is the one that its hash and references give: then its contents need no signature.</summary>
    [JsonIgnore]
    public bool IsContentAddressed => StorePaths.OfTree(Path.Name, NarHash, References) == Path;

    /// <summary>What is known of a tree by its NAR.</summary>
    public static PathInfo OfTree(string name, Sha256Hash narHash, long narSize, IEnumerable<StorePath> references)
    {
        var sorted = references.Distinct().Order().ToArray();
        return new() { Path = StorePaths.OfTree(name, narHash, sorted), NarHash = narHash, NarSize = narSize, References = sorted };
    }

    /// <summary>
    /// Reads the JSON that <see cref="StoreJson"/> writes, by hand: a machine reads one for each path of its system, and getting the serializer ready takes
    /// longer than reading a thousand. Nothing may be there twice, or be missing but the references, or be unknown.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON, or not of a path.</exception>
    internal static PathInfo Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            return Read(ref reader);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a text of it is no UTF-8", e);
        }
    }

    private static PathInfo Read(ref Utf8JsonReader reader)
    {
        StorePath? path = null;
        Sha256Hash? hash = null;
        long? size = null;
        List<StorePath>? references = null;
        Next(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            if (reader.ValueTextEquals("path"u8) && path is null)
                path = PathHere(ref reader);
            else if (reader.ValueTextEquals("narHash"u8) && hash is null)
                hash = Sha256Hash.TryParse(TextHere(ref reader), out var parsed) ? parsed : throw new JsonException("narHash is no hash");
            else if (reader.ValueTextEquals("narSize"u8) && size is null)
                size = reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var bytes) ? bytes : throw new JsonException("narSize is no number");
            else if (reader.ValueTextEquals("references"u8) && references is null)
                references = PathsHere(ref reader);
            else
                throw new JsonException($"'{reader.GetString()}' is not known, or there twice");
        return reader.TokenType == JsonTokenType.EndObject && !reader.Read() && path is not null && hash is not null && size is not null
            ? new PathInfo { Path = path, NarHash = hash, NarSize = size.Value, References = references ?? [] }
            : throw new JsonException("it is not all of a path's info");
    }

    private static List<StorePath> PathsHere(ref Utf8JsonReader reader)
    {
        var paths = new List<StorePath>();
        Next(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            paths.Add(Parsed(reader.GetString()));
        return reader.TokenType == JsonTokenType.EndArray ? paths : throw new JsonException("references holds something else than paths");
    }

    private static StorePath PathHere(ref Utf8JsonReader reader) => Parsed(TextHere(ref reader));

    private static StorePath Parsed(string? text) => StorePath.TryParse(text, out var path) ? path : throw new JsonException("not a store path");

    private static string? TextHere(ref Utf8JsonReader reader)
    {
        Next(ref reader, JsonTokenType.String);
        return reader.GetString();
    }

    private static void Next(ref Utf8JsonReader reader, JsonTokenType expected)
    {
        if (!reader.Read() || reader.TokenType != expected)
            throw new JsonException($"{expected} is expected");
    }
}

/// <summary>JSON of the store's own records.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PathInfo))]
internal sealed partial class StoreJson : JsonSerializerContext;
