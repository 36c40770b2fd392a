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
}

/// <summary>JSON of the store's own records.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PathInfo))]
internal sealed partial class StoreJson : JsonSerializerContext;
