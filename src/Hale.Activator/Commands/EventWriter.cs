using System.Buffers;
using System.Text.Json;
using Hale.Store.Closure;

namespace Hale.Activator.Commands;

/// <summary>
/// Writes each event as a line of JSON at once. When nobody listens any more, because the connection broke, the activation
/// goes on without a word: it is safer at its end than in its middle.
/// </summary>
internal sealed class EventWriter(Stream output)
{
    private readonly Lock _gate = new();
    private bool _deaf;

    internal void Write(ActivationEvent @event)
    {
        byte[] line = [.. Bytes(@event), (byte)'\n'];
        lock (_gate)
        {
            if (_deaf)
                return;
            try
            {
                output.Write(line);
                output.Flush();
            }
            catch (IOException)
            {
                _deaf = true;
            }
        }
    }

    /// <summary>
    /// An event's JSON. The bare result, which is all that an activation with nothing to do says, is written by hand: getting
    /// the serializer ready would take longer than all the rest. It is the same text.
    /// </summary>
    internal static byte[] Bytes(ActivationEvent @event)
    {
        if (@event is not ResultEvent { Errors.Count: 0 } result)
            return JsonSerializer.SerializeToUtf8Bytes(@event, EventJson.Default.ActivationEvent);
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("event", "result");
            json.WriteString("outcome", JsonNamingPolicy.CamelCase.ConvertName(result.Outcome.ToString()));
            if (result.Generation is { } generation)
                json.WriteNumber("generation", generation);
            if (result.System is not null)
                json.WriteString("system", result.System);
            json.WriteStartArray("errors");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return text.WrittenSpan.ToArray();
    }
}
