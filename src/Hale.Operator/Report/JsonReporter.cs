using System.Text.Json;
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
        var line = happened is FromMachine machine ? Line(machine.Event) : JsonSerializer.Serialize(happened, json.OperatorEvent);
        lock (writing)
            output.WriteLine(line);
    }

    /// <summary>An event of the machine as a line.</summary>
    public static string Line(ActivationEvent happened) => JsonSerializer.Serialize(happened, EventJson.Default.ActivationEvent);
}

/// <summary>JSON of the operator's own events: one line each.</summary>
[JsonSerializable(typeof(OperatorEvent))]
internal sealed partial class OperatorJson : JsonSerializerContext;
