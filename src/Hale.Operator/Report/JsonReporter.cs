using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Hale.Store.Closure;

namespace Hale.Operator.Report;

/// <summary>Events as JSON lines on standard output.</summary>
/// <param name="output">Where the lines go.</param>
public sealed class JsonReporter(TextWriter output) : IReporter
{
    private readonly Lock writing = new();
    private readonly OperatorJson json = new(ResultJson.Line());

    /// <inheritdoc/>
    public void Report(OperatorEvent happened)
    {
        var line = happened switch
        {
            FromMachine machine => Line(machine.Event, machine.Host),
            OfHost { Event: FromMachine machine } => Line(machine.Event, machine.Host),
            OfHost of => WithHost(JsonSerializer.SerializeToNode(of.Event, json.OperatorEvent)!.AsObject(), of.Host),
            _ => JsonSerializer.Serialize(happened, json.OperatorEvent),
        };
        lock (writing)
            output.WriteLine(line);
    }

    /// <summary>An event of a machine as a line, with the host's name where one is given.</summary>
    public static string Line(ActivationEvent happened, string? host = null)
    {
        return WithHost(JsonSerializer.SerializeToNode(happened, EventJson.Default.ActivationEvent)!.AsObject(), host);
    }

    private static string WithHost(JsonObject node, string? host)
    {
        if (host is not null)
            node.Insert(1, "host", JsonValue.Create(host));
        return node.ToJsonString(ResultJson.Line());
    }
}

/// <summary>JSON of the operator's own events: one line each.</summary>
[JsonSerializable(typeof(OperatorEvent))]
internal sealed partial class OperatorJson : JsonSerializerContext;
