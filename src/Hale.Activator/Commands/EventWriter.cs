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
        byte[] line = [.. EventText.Of(@event), (byte)'\n'];
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
}
