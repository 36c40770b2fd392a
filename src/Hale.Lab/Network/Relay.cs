using System.Buffers;
using System.Net.Sockets;

namespace Hale.Lab;

/// <summary>Copies bytes between two connected sockets, both ways, until both have ended.</summary>
internal static class Relay
{
    private const int BufferSize = 64 * 1024;

    /// <summary>
    /// Copies until both sides have sent all; an end of one side is passed on as such (half-closed connections work). Closes neither socket.
    /// </summary>
    /// <exception cref="SocketException">One side broke off.</exception>
    public static async Task CopyBothWaysAsync(Socket left, Socket right, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] ways = [CopyAsync(left, right, both.Token), CopyAsync(right, left, both.Token)];
        var first = await Task.WhenAny(ways).ConfigureAwait(false);
        // A side that broke off will not answer the other any more.
        if (!first.IsCompletedSuccessfully) await both.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(ways).ConfigureAwait(false);
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancellation).ConfigureAwait(false)) > 0)
            {
                var rest = buffer.AsMemory(0, count);
                while (rest.Length > 0)
                    rest = rest[await to.SendAsync(rest, SocketFlags.None, cancellation).ConfigureAwait(false)..];
            }
            to.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
