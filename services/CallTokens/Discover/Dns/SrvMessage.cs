using System.Buffers.Binary;
using System.Text;

namespace SrvRecords;

/// <summary>Questions for SRV records and their answers, in the format of RFC 1035, section 4. Pure: bytes in, bytes or records out.</summary>
internal static class SrvMessage
{
    private const int HeaderSize = 12;
    private const ushort Srv = 33;
    private const ushort Internet = 1;

    /// <summary>Where a chain of compressed names ends at the latest; a longer one is a trap.</summary>
    private const int MostJumps = 20;

    /// <summary>A question, with recursion desired.</summary>
    public static byte[] Question(ushort id, string name)
    {
        var message = new List<byte> { (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (var label in name.Split('.'))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }
        message.AddRange([0, 0, (byte)Srv, 0, (byte)Internet]);
        return [.. message];
    }

    /// <summary>Whether a message answers this question; what came from elsewhere or late does not.</summary>
    public static bool Answers(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question) =>
        message.Length >= question.Length && message[..2].SequenceEqual(question[..2]) && (message[2] & 0x80) != 0
        && BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == 1
        && Ascii.EqualsIgnoreCase(message[HeaderSize..question.Length], question[HeaderSize..]);

    /// <summary>Whether it was cut off, and should be asked for again over TCP.</summary>
    public static bool IsCut(ReadOnlySpan<byte> message) => (message[2] & 0x02) != 0;

    /// <summary>The records of an answer, best first.</summary>
    /// <exception cref="FormatException">The name server failed, or the message is none.</exception>
    public static IReadOnlyList<SrvRecord> Records(ReadOnlySpan<byte> message, int questionLength)
    {
        const int noSuchName = 3;
        var code = message[3] & 0x0f;
        if (code == noSuchName)
            return [];
        if (code != 0)
            throw new FormatException($"The name server answers with error {code}.");
        try
        {
            var records = new List<SrvRecord>();
            var at = questionLength;
            for (int count = BinaryPrimitives.ReadUInt16BigEndian(message[6..]); count > 0; count--)
            {
                Name(message, ref at);
                var type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
                var length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
                at += 10;
                if (type == Srv)
                {
                    var data = message[at..];
                    var targetAt = at + 6;
                    records.Add(new SrvRecord(
                        BinaryPrimitives.ReadUInt16BigEndian(data), BinaryPrimitives.ReadUInt16BigEndian(data[2..]),
                        BinaryPrimitives.ReadUInt16BigEndian(data[4..]), Name(message, ref targetAt)));
                }
                at += length;
            }
            // Within a priority the heavier first: the lot that RFC 2782 draws spreads load, which one request is not.
            return [.. records.OrderBy(record => record.Priority).ThenByDescending(record => record.Weight)];
        }
        catch (Exception error) when (error is ArgumentException or IndexOutOfRangeException)
        {
            throw new FormatException("The name server's answer ends too early.", error);
        }
    }

    private static string Name(ReadOnlySpan<byte> message, ref int at)
    {
        var labels = new List<string>();
        var (position, jumps) = (at, 0);
        while (message[position] is > 0 and var length)
        {
            if ((length & 0xc0) == 0xc0)
            {
                if (jumps == 0)
                    at = position + 2;
                if (++jumps > MostJumps)
                    throw new FormatException("A name of the name server's answer has no end.");
                position = BinaryPrimitives.ReadUInt16BigEndian(message[position..]) & 0x3fff;
                continue;
            }
            labels.Add(Encoding.ASCII.GetString(message.Slice(position + 1, length)));
            if (labels.Count > 127)
                throw new FormatException("A name of the name server's answer has no end.");
            position += 1 + length;
        }
        if (jumps == 0)
            at = position + 1;
        return string.Join('.', labels);
    }
}
