using System.Runtime.InteropServices;

namespace ServiceHost;

/// <summary>Waits for the order to stop: SIGTERM from systemd, SIGINT or SIGQUIT from a keyboard. The process then ends when its program does.</summary>
public sealed class StopOrder : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration[] signals;

    /// <param name="manager">Hears that the order came.</param>
    public StopOrder(ServiceManager manager)
    {
        signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            manager.Stopping();
            // What waits for it goes on elsewhere than in the signal's handler.
            _ = stop.CancelAsync();
        }))];
    }

    /// <summary>Cancelled when the order came.</summary>
    public CancellationToken Token => stop.Token;

    public void Dispose()
    {
        foreach (var signal in signals)
            signal.Dispose();
        stop.Dispose();
    }
}
