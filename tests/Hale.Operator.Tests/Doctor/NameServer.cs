using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hale.Operator.Tests.Doctor;

/// <summary>A name server on loopback that knows SRV records, and of no other name.</summary>
internal sealed class NameServer : IDisposable
{
    private const int HeaderSize = 12;
    private readonly UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));

    public NameServer() => _ = ServeAsync();

    /// <summary>What <c>--dns</c> takes.</summary>
    public string At => socket.Client.LocalEndPoint!.ToString()!;

    /// <summary>Records by name: priority, weight, port and target, which is empty for none.</summary>
    public Dictionary<string, (ushort Priority, ushort Weight, int Port, string Target)[]> Records { get; } = [];

    /// <summary>The names that it was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public void Dispose() => socket.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var asked = await socket.ReceiveAsync();
                await socket.SendAsync(Answer(asked.Buffer), asked.RemoteEndPoint);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(byte[] question)
    {
        var labels = new List<string>();
        for (var at = HeaderSize; question[at] > 0; at += 1 + question[at])
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
        var name = string.Join('.', labels);
        Asked.Enqueue(name);
        var found = Records.GetValueOrDefault(name) ?? [];
        byte[] message = [.. question, .. found.SelectMany(record => Record(record.Priority, record.Weight, (ushort)record.Port, record.Target))];
        // An answer, recursion available; no such name (RFC 1035, 4.1.1).
        (message[2], message[3], message[7]) = (0x81, (byte)(found.Length > 0 ? 0x80 : 0x83), (byte)found.Length);
        return message;
    }

    private static byte[] Record(ushort priority, ushort weight, ushort port, string target)
    {
        byte[] name = target.Length == 0 ? [0] : [.. target.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
        var numbers = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(numbers, priority);
        BinaryPrimitives.WriteUInt16BigEndian(numbers.AsSpan(2), weight);
        BinaryPrimitives.WriteUInt16BigEndian(numbers.AsSpan(4), port);
        // Of the name that was asked for, by a pointer to it; type SRV, class Internet, a minute.
        return [0xc0, HeaderSize, 0, 33, 0, 1, 0, 0, 0, 60, 0, (byte)(numbers.Length + name.Length), .. numbers, .. name];
    }
}
