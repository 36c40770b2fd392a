using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SrvRecords;

namespace CallTokens.Tests;

/// <summary>SRV records, asked of a name server on loopback that answers as each test says.</summary>
public sealed class SrvTests
{
    private const string Name = "_matrix-fed._tcp.a.test";

    [Fact]
    public async Task Records_come_best_first_and_other_records_are_passed_over()
    {
        using var server = new NameServer(question => Answer(question, Record(5, [1, 2, 3]), Srv(20, 0, 1, "c.test"), Srv(10, 1, 2, "b.test"), Srv(10, 9, 3, "a.test")));

        Assert.Equal(
            [new SrvRecord(10, 9, 3, "a.test"), new SrvRecord(10, 1, 2, "b.test"), new SrvRecord(20, 0, 1, "c.test")],
            await server.FindAsync(Name));
    }

    [Fact]
    public async Task An_answer_that_was_cut_off_is_asked_for_again_over_TCP()
    {
        using var server = new NameServer(question => Answer(question, cut: true), question => Answer(question, Srv(1, 2, 3, "a.test")));

        Assert.Equal([new SrvRecord(1, 2, 3, "a.test")], await server.FindAsync(Name));
    }

    [Fact]
    public async Task Names_are_found_where_a_pointer_leads_and_a_pointer_to_itself_has_no_end()
    {
        // The target is "m", and a pointer to the name of the question after its first two labels.
        byte[] pointing = [0, 1, 0, 2, 0, 3, 1, (byte)'m', 0xc0, 12 + 12 + 5];
        using var server = new NameServer(question => Answer(question, Record(33, pointing)));
        Assert.Equal([new SrvRecord(1, 2, 3, "m.a.test")], await server.FindAsync(Name));

        using var trap = new NameServer(question => Answer(question, [0xc0, (byte)question.Length]));
        Assert.Empty(await trap.FindAsync(Name));
    }

    [Fact]
    public async Task What_does_not_answer_the_question_is_not_listened_to()
    {
        var answers = 0;
        using var server = new NameServer(question =>
        {
            var answer = Answer(question, Srv(1, 2, 3, ++answers == 1 ? "evil.test" : "a.test"));
            if (answers == 1)
                answer[0] ^= 0xff;
            return answer;
        }, twice: true);

        Assert.Equal([new SrvRecord(1, 2, 3, "a.test")], await server.FindAsync(Name));
    }

    [Fact]
    public async Task A_name_without_records_and_a_name_server_that_fails_have_none()
    {
        using var missing = new NameServer(question => Answer(question, code: 3));
        using var failing = new NameServer(question => Answer(question, code: 2));

        Assert.Empty(await missing.FindAsync(Name));
        Assert.Empty(await failing.FindAsync(Name));
        Assert.Empty(await failing.FindAsync(new string('x', 64) + ".test"));
    }

    [Fact]
    public void Broken_answers_of_any_kind_are_refused_and_never_an_error_of_another_kind()
    {
        var question = SrvMessage.Question(1, Name);
        var whole = Answer(question, Srv(1, 2, 3, "a.test"), Srv(1, 2, 3, "b.test"));
        var random = new Random(3);
        for (var round = 0; round < 20_000; round++)
        {
            var broken = whole[..random.Next(question.Length, whole.Length + 1)];
            for (var changes = random.Next(4); changes > 0; changes--)
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            try
            {
                SrvMessage.Records(broken, question.Length);
            }
            catch (FormatException)
            {
            }
        }
    }

    private static byte[] Answer(byte[] question, params byte[][] records) => Answer(question, 0, false, records);

    private static byte[] Answer(byte[] question, byte code = 0, bool cut = false, params byte[][] records)
    {
        byte[] message = [.. question, .. records.SelectMany(record => record)];
        message[2] = (byte)(0x81 | (cut ? 2 : 0));
        message[3] = code;
        message[7] = (byte)records.Length;
        return message;
    }

    private static byte[] Srv(ushort priority, ushort weight, ushort port, string target)
    {
        var data = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(data, priority);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), weight);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), port);
        return Record(33, [.. data, .. target.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0]);
    }

    // Of the name that the question has, by a pointer to it.
    private static byte[] Record(byte type, byte[] data) => [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data];

    /// <summary>A name server on one port of loopback, over UDP and TCP.</summary>
    private sealed class NameServer : IDisposable
    {
        private readonly UdpClient udp = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly TcpListener tcp;
        private readonly SrvResolver resolver;

        public NameServer(Func<byte[], byte[]> answer, Func<byte[], byte[]>? whole = null, bool twice = false)
        {
            var at = (IPEndPoint)udp.Client.LocalEndPoint!;
            tcp = new TcpListener(at);
            tcp.Start();
            resolver = new SrvResolver([at]);
            _ = ServeAsync(answer, twice);
            _ = ServeWholeAsync(whole ?? answer);
        }

        public Task<IReadOnlyList<SrvRecord>> FindAsync(string name) => resolver.FindAsync(name, CancellationToken.None);

        public void Dispose()
        {
            udp.Dispose();
            tcp.Dispose();
        }

        private async Task ServeAsync(Func<byte[], byte[]> answer, bool twice)
        {
            while (true)
            {
                var asked = await udp.ReceiveAsync();
                for (var times = twice ? 2 : 1; times > 0; times--)
                    await udp.SendAsync(answer(asked.Buffer), asked.RemoteEndPoint);
            }
        }

        private async Task ServeWholeAsync(Func<byte[], byte[]> answer)
        {
            while (true)
            {
                using var client = await tcp.AcceptTcpClientAsync();
                var size = new byte[2];
                await client.GetStream().ReadExactlyAsync(size);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(size)];
                await client.GetStream().ReadExactlyAsync(question);
                var reply = answer(question);
                await client.GetStream().WriteAsync((byte[])[(byte)(reply.Length >> 8), (byte)reply.Length, .. reply]);
            }
        }
    }
}
