using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SrvRecords;

/// <summary>Looks SRV records up at this computer's name servers, which .NET itself cannot.</summary>
internal sealed class SrvResolver(IReadOnlyList<IPEndPoint> nameServers)
{
    private const string Configuration = "/etc/resolv.conf";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The name servers of /etc/resolv.conf (resolv.conf(5)); the one on this computer where it names none.</summary>
    public static SrvResolver OfThisComputer()
    {
        var lines = File.Exists(Configuration) ? File.ReadAllLines(Configuration) : [];
        var servers = lines
            .Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["nameserver", _, ..])
            .Select(words => IPAddress.TryParse(words[1], out var address) ? new IPEndPoint(address, 53) : null)
            .OfType<IPEndPoint>()
            .Take(3)
            .ToList();
        return new SrvResolver(servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, 53)]);
    }

    /// <summary>The records of a name, best first; none where there are none, or no name server answers.</summary>
    public async Task<IReadOnlyList<SrvRecord>> FindAsync(string name, CancellationToken cancellation)
    {
        if (name.Length > 253 || name.Split('.').Any(label => label.Length is 0 or > 63))
            return [];
        foreach (var server in nameServers)
        {
            var question = SrvMessage.Question((ushort)RandomNumberGenerator.GetInt32(1 << 16), name);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Patience);
            try
            {
                var answer = await AskAsync(server, question, limit.Token);
                if (SrvMessage.IsCut(answer))
                    answer = await AskByTcpAsync(server, question, limit.Token);
                return SrvMessage.Records(answer, question.Length);
            }
            catch (Exception error) when (error is SocketException or IOException or FormatException or OperationCanceledException)
            {
                // The next one, while there is time.
                cancellation.ThrowIfCancellationRequested();
            }
        }
        return [];
    }

    private static async Task<byte[]> AskAsync(IPEndPoint server, byte[] question, CancellationToken cancellation)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        // Connected: datagrams from elsewhere do not arrive.
        await socket.ConnectAsync(server, cancellation);
        await socket.SendAsync(question, cancellation);
        var buffer = new byte[4096];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, cancellation);
            if (SrvMessage.Answers(buffer.AsSpan(0, length), question))
                return buffer[..length];
        }
    }

    private static async Task<byte[]> AskByTcpAsync(IPEndPoint server, byte[] question, CancellationToken cancellation)
    {
        using var client = new TcpClient(server.AddressFamily);
        await client.ConnectAsync(server, cancellation);
        var stream = client.GetStream();
        var framed = new byte[question.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)question.Length);
        question.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellation);
        var size = new byte[2];
        await stream.ReadExactlyAsync(size, cancellation);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(size)];
        await stream.ReadExactlyAsync(answer, cancellation);
        return SrvMessage.Answers(answer, question) ? answer : throw new FormatException("The name server answers another question.");
    }
}
