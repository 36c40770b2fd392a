using System.Net;
using System.Net.Sockets;

namespace Hale.Activator.Health;

/// <summary>
/// Opens a connection. What knocks at this machine itself is heard at once, or was held back for a moment, as the gateway does while it reloads: it
/// knocks anew, for the kernel would wait a second before it did (RFC 6298, section 2).
/// </summary>
internal static class Dial
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(0.2);

    /// <exception cref="SocketException">Nobody is there.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    internal static async Task<Socket> OpenAsync(DnsEndPoint to, CancellationToken stop)
    {
        var here = IsHere(to.Host);
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(stop);
            if (here)
                moment.CancelAfter(Moment);
            try
            {
                await socket.ConnectAsync(to, moment.Token).ConfigureAwait(false);
                return socket;
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>Whether a host is this machine itself, by its name or address.</summary>
    internal static bool IsHere(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
