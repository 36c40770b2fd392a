using System.Text.Json.Serialization;

namespace Hale.Lab.Commands;

/// <summary>The last line of <c>hale try --json</c>: what is where.</summary>
internal sealed record TryReady(
    string Event, string Host, IReadOnlyList<TryPage> Pages, IReadOnlyDictionary<int, int> Ports, string Shell, string? Certificate);

/// <summary>A page to open.</summary>
internal sealed record TryPage(string Name, string Url, string Hint);

/// <summary>JSON of it, on one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TryReady))]
internal sealed partial class TryReadyJson : JsonSerializerContext;
