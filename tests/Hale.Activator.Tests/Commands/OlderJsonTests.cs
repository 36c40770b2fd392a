using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Hale.Activator.Data;
using Hale.Activator.Recovery;
using Hale.Store.Closure;

namespace Hale.Activator.Tests.Commands;

/// <summary>
/// JSON that a Hale of another age wrote lacks what was added since. What must be there is there all the same: the serializer
/// passes over the initial value of a property that can only be initialised.
/// </summary>
public sealed class OlderJsonTests
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<string> Events => [.. Kinds().Select(kind => (string)kind.TypeDiscriminator!)];

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_that_says_no_more_than_it_must_lacks_nothing(string name)
    {
        var kind = Kinds().Single(kind => (string?)kind.TypeDiscriminator == name).DerivedType;
        var json = new JsonObject { ["event"] = name };
        foreach (var (key, value) in Least(EventJson.Default.GetTypeInfo(kind)!, EventJson.Default).AsObject())
            json[key] = value?.DeepClone();
        AssertWhole(json.Deserialize(EventJson.Default.ActivationEvent)!, EventJson.Default);
    }

    [Theory]
    [InlineData(typeof(Generation))]
    [InlineData(typeof(LockHolder))]
    [InlineData(typeof(HistoryEntry))]
    [InlineData(typeof(ActivationJournal))]
    [InlineData(typeof(KeptData))]
    public void What_lies_on_a_machine_and_says_no_more_than_it_must_lacks_nothing(Type type)
    {
        JsonSerializerContext context = EventJson.Default.GetTypeInfo(type) is null ? JournalJson.Default : EventJson.Default;
        AssertWhole(Least(context.GetTypeInfo(type)!, context).Deserialize(context.GetTypeInfo(type)!)!, context);
    }

    private static IEnumerable<JsonDerivedTypeAttribute> Kinds() => typeof(ActivationEvent).GetCustomAttributes<JsonDerivedTypeAttribute>();

    /// <summary>The least that a value of a type can say.</summary>
    private static JsonNode Least(JsonTypeInfo type, JsonSerializerContext context)
    {
        if (type.Kind == JsonTypeInfoKind.Object)
            return new JsonObject(type.Properties.Where(IsNeeded).Select(p => KeyValuePair.Create(p.Name, (JsonNode?)Least(context.GetTypeInfo(p.PropertyType)!, context))));
        return type.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new JsonArray(),
            JsonTypeInfoKind.Dictionary => new JsonObject(),
            _ when type.Type == typeof(string) => "x",
            _ => JsonSerializer.SerializeToNode(System.Activator.CreateInstance(type.Type), type)!,
        };
    }

    private static bool IsNeeded(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false, IsMemberInitializer: false, IsNullable: false };

    private static void AssertWhole(object value, JsonSerializerContext context)
    {
        foreach (var property in value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0 && !p.PropertyType.IsValueType))
        {
            var there = property.GetValue(value);
            Assert.False(
                there is null && Nullability.Create(property).ReadState == NullabilityState.NotNull, $"{value.GetType().Name}.{property.Name} is null");
            if (there is not null && context.GetTypeInfo(property.PropertyType)?.Kind == JsonTypeInfoKind.Object)
                AssertWhole(there, context);
        }
    }
}
