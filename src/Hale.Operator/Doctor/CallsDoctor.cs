using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hale.Contribute;

namespace Hale.Operator.Doctor;

/// <summary>Looks whether the media of calls can come through: a TCP connection, and a binding request of STUN (RFC 8489, section 6) by UDP.</summary>
/// <param name="outside">The way there.</param>
internal sealed class CallsDoctor(Outside outside)
{
    private const int Tries = 3;
    private const uint MagicCookie = 0x2112A442;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task<IReadOnlyList<Diagnosis>> LookAsync(CallsOutside calls, CancellationToken cancellation) =>
        await Task.WhenAll(TcpAsync(calls, cancellation), UdpAsync(calls, cancellation)).ConfigureAwait(false);

    private async Task<Diagnosis> TcpAsync(CallsOutside calls, CancellationToken cancellation)
    {
        var what = $"calls by TCP, {calls.Name} port {calls.TcpPort}";
        try
        {
            (await outside.ConnectAsync(calls.Name, calls.TcpPort.Number, cancellation).ConfigureAwait(false)).Dispose();
            return Diagnosis.Well(what, "it connects");
        }
        catch (SocketException error)
        {
            return Diagnosis.Wrong(what, $"nobody answers ({error.SocketErrorCode})", "People whose network lets no UDP out cannot call: does the call server run, and is the port open at the provider?");
        }
    }

    private async Task<Diagnosis> UdpAsync(CallsOutside calls, CancellationToken cancellation)
    {
        var what = $"calls by UDP, {calls.Name} port {calls.UdpPort}";
        try
        {
            var address = (await outside.AddressesAsync(calls.Name, cancellation).ConfigureAwait(false))[0];
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(address, calls.UdpPort.Number, cancellation).ConfigureAwait(false);
            for (var tried = 0; tried < Tries; tried++)
            {
                await socket.SendAsync(Request(), cancellation).ConfigureAwait(false);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                limit.CancelAfter(Patience);
                try
                {
                    await socket.ReceiveAsync(new byte[1500], limit.Token).ConfigureAwait(false);
                    return Diagnosis.Well(what, "it answers");
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    // Datagrams get lost: ask again.
                }
            }
            return Diagnosis.Doubtful(
                what, "no answer, as from a port in a call, or from a firewall that swallows it",
                "Where calls have no sound, open the UDP range of the call server at the provider.");
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return Diagnosis.Well(what, "the way is open, and no call uses the port now");
        }
        catch (SocketException error)
        {
            return Diagnosis.Wrong(what, $"it cannot be sent to ({error.SocketErrorCode})", "Does the name lead to the host?");
        }
    }

    private static byte[] Request()
    {
        var request = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(request, 1);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(4), MagicCookie);
        RandomNumberGenerator.Fill(request.AsSpan(8));
        return request;
    }
}
