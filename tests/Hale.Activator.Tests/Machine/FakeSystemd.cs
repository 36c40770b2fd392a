using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Hale.Activator.Machine;

namespace Hale.Activator.Tests.Machine;

/// <summary>Answers as systemd does at its socket: targets are active, and what is no target has no name that it accepts.</summary>
internal sealed class FakeSystemd : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hale-bus-").FullName;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _runs;

    /// <param name="resets">How often it closes the connection before it answers, and listens no more for a while.</param>
    internal FakeSystemd(int resets) => _runs = Task.Run(() => RunAsync(resets));

    internal string Address => Path.Combine(_folder, "private");

    public void Dispose()
    {
        _end.Cancel();
        Assert.True(_runs.Wait(TimeSpan.FromSeconds(60)));
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task RunAsync(int resets)
    {
        try
        {
            for (; resets > 0; resets--)
            {
                using (var listener = Listen())
                using (var first = await listener.AcceptAsync(_end.Token))
                    if (resets % 2 == 0)
                        await GreetAsync(first);
                await Task.Delay(300, _end.Token);
                File.Delete(Address);
            }

            using var last = Listen();
            while (true)
            {
                using var client = await last.AcceptAsync(_end.Token);
                await AnswerAsync(client);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private Socket Listen()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Address));
        listener.Listen();
        return listener;
    }

    /// <summary>What follows the greeting, as far as it was read with it.</summary>
    private async Task<List<byte>> GreetAsync(Socket client)
    {
        var read = new List<byte>();
        while (Encoding.ASCII.GetString([.. read]).IndexOf("BEGIN\r\n", StringComparison.Ordinal) is var at)
        {
            if (at >= 0)
            {
                await client.SendAsync(Encoding.ASCII.GetBytes("OK 0123\r\n"), _end.Token);
                return read[(at + 7)..];
            }

            await ReadAsync(client, read);
        }

        return [];
    }

    private async Task<bool> ReadAsync(Socket client, List<byte> to)
    {
        var some = new byte[4096];
        var count = await client.ReceiveAsync(some, _end.Token);
        to.AddRange(some.AsSpan(0, count));
        return count > 0;
    }

    private async Task AnswerAsync(Socket client)
    {
        var read = await GreetAsync(client);
        do
        {
            while (read.Count >= BusMessage.FixedPart && BusMessage.Length(read.ToArray()) is var length && read.Count >= length)
            {
                await client.SendAsync(Answer(read[..length].ToArray()), _end.Token);
                read.RemoveRange(0, length);
            }
        }
        while (await ReadAsync(client, read));
    }

    /// <summary>The first field of a question is the path of its object.</summary>
    private static byte[] Answer(byte[] call)
    {
        var serial = BinaryPrimitives.ReadUInt32LittleEndian(call.AsSpan(8));
        var path = new BusReader(call, at: BusMessage.FixedPart + 4).Text();
        var label = path[(path.LastIndexOf('/') + 1)..];
        var good = label.EndsWith("_2etarget", StringComparison.Ordinal);
        var body = new List<byte>();
        if (good)
        {
            Number(body, 0);
            Align(body, 8);
            var start = body.Count;
            Property(body, "Names", "as");
            Align(body, 4);
            Number(body, 0);
            var names = body.Count;
            Text(body, label.Replace("_2d", "-", StringComparison.Ordinal).Replace("_2e", ".", StringComparison.Ordinal));
            Set(body, names - 4, body.Count - names);
            Property(body, "ActiveState", "s");
            Text(body, "active");
            Set(body, 0, body.Count - start);
        }
        else
        {
            Text(body, "Unit name is not valid.");
        }

        // The one field is the serial that is answered.
        var message = new List<byte> { (byte)'l', (byte)(good ? 2 : 3), 0, 1 };
        Number(message, (uint)body.Count);
        Number(message, 1);
        Number(message, 8);
        message.AddRange([5, 1, (byte)'u', 0]);
        Number(message, serial);
        return [.. message, .. body];
    }

    private static void Property(List<byte> to, string name, string type)
    {
        Align(to, 8);
        Text(to, name);
        to.AddRange([(byte)type.Length, .. Encoding.ASCII.GetBytes(type), 0]);
    }

    private static void Text(List<byte> to, string text)
    {
        Align(to, 4);
        Number(to, (uint)text.Length);
        to.AddRange([.. Encoding.ASCII.GetBytes(text), 0]);
    }

    private static void Align(List<byte> to, int alignment)
    {
        while (to.Count % alignment != 0)
            to.Add(0);
    }

    private static void Number(List<byte> to, uint value) => to.AddRange(BitConverter.GetBytes(value));

    private static void Set(List<byte> to, int at, int value)
    {
        var bytes = BitConverter.GetBytes(value);
        for (var i = 0; i < 4; i++)
            to[at + i] = bytes[i];
    }
}
