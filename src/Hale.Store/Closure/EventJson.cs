using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>
/// JSON of what the activator says and keeps: one value a line, names and enum values in camel case, nulls left out.
/// Readers skip what they do not know, because operator and activator may differ in age. For the same reason a property with an initial value takes
/// nothing for it: the serializer sets what an older text lacks to nothing, where a property can only be initialised.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ActivationEvent))]
[JsonSerializable(typeof(Generation))]
[JsonSerializable(typeof(LockHolder))]
[JsonSerializable(typeof(HistoryEntry))]
public sealed partial class EventJson : JsonSerializerContext;

/// <summary>An enum as text in camel case.</summary>
/// <typeparam name="T">The enum.</typeparam>
public sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
