using System.Net.Sockets;
using System.Text;

namespace Hale.Lab;

/// <summary>Reads the heads of requests from a connection; clients may send several before they read an answer (apt does).</summary>
internal sealed class RequestReader(Socket client)
{
    /// <summary>A longer head is refused.</summary>
    private const int LongestHead = 16 * 1024;

    private readonly byte[] buffer = new byte[LongestHead];
    private int filled;

    /// <summary>What came after the last head that was read: the first bytes of the tunnel after a CONNECT.</summary>
    public ReadOnlyMemory<byte> Rest => buffer.AsMemory(0, filled);

    /// <summary>The next head.</summary>
    /// <returns>The head's text without the empty line that ends it; null where the client has closed.</returns>
    /// <exception cref="InvalidDataException">It is longer than 16 KiB, or cut off.</exception>
    public async Task<string?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var head = Encoding.Latin1.GetString(buffer, 0, end);
                filled -= end + 4;
                Buffer.BlockCopy(buffer, end + 4, buffer, 0, filled);
                return head;
            }
            if (filled == buffer.Length) throw new InvalidDataException("the head of the request is longer than 16 KiB");

            var count = await client.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None, cancellation);
            if (count == 0) return filled == 0 ? null : throw new InvalidDataException("the head of the request is cut off");
            filled += count;
        }
    }
}
