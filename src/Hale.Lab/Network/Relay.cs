using System.Buffers;
using System.Net.Sockets;

namespace Hale.Lab;

/// <summary>Copies bytes between two connected sockets, both ways, until both have ended.</summary>
internal static class Relay
{
    private const int BufferSize = 64 * 1024;

    /// <summary>
    /// Copies until both sides have sent all; an end of one side is passed on as such (half-closed connections work). Closes neither
    /// socket.
    /// </summary>
    /// <exception cref="SocketException">One side broke off.</exception>
    public static async Task CopyBothWaysAsync(Socket left, Socket right, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] ways = [CopyAsync(left, right, both.Token), CopyAsync(right, left, both.Token)];
        var first = await Task.WhenAny(ways);
        // A side that broke off will not answer the other any more.
        if (!first.IsCompletedSuccessfully) await both.CancelAsync();
        await Task.WhenAll(ways);
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="SocketException">The other side broke off.</exception>
    public static async Task SendAllAsync(this Socket to, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (data.Length > 0) data = data[await to.SendAsync(data, SocketFlags.None, cancellation)..];
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancellation)) > 0)
            {
                await to.SendAllAsync(buffer.AsMemory(0, count), cancellation);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
