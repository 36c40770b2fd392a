using System.Buffers.Binary;
using System.Text;

namespace Hale.Activator.Machine;

/// <summary>One question to systemd: a method of an object, with arguments that are texts, and then lists of texts.</summary>
internal sealed record BusCall(string Path, string Interface, string Member, IReadOnlyList<string> Texts, params IReadOnlyList<IReadOnlyList<string>> Lists);

/// <summary>Its answer: what the method gave back, or the text of its error.</summary>
internal sealed record BusReply(byte[] Body, string? Error);

/// <summary>
/// The marshalled form of D-Bus (D-Bus Specification, "Marshaling (Wire Format)" and "Message Protocol"), as far as questions to systemd need it:
/// little-endian, which all processors are that Hale builds for.
/// </summary>
internal static class BusMessage
{
    internal const int FixedPart = 16;
    private const byte Little = (byte)'l';
    private const byte Method = 1;
    private const byte Return = 2;
    private const byte Failure = 3;
    private const byte Version = 1;
    private const byte PathField = 1;
    private const byte InterfaceField = 2;
    private const byte MemberField = 3;
    private const byte ReplyField = 5;
    private const byte SignatureField = 8;

    /// <summary>Appends a call.</summary>
    internal static void Write(BusWriter to, BusCall call, uint serial)
    {
        var start = to.Count;
        to.Bytes([Little, Method, 0, Version]);
        to.Number(0);
        to.Number(serial);
        to.Number(0);
        Field(to, start, PathField, 'o', call.Path);
        Field(to, start, InterfaceField, 's', call.Interface);
        Field(to, start, MemberField, 's', call.Member);
        to.Align(start, 8);
        to.Bytes([SignatureField, 1, (byte)'g', 0, (byte)(call.Texts.Count + (2 * call.Lists.Count))]);
        for (var i = 0; i < call.Texts.Count; i++)
            to.Byte((byte)'s');
        for (var i = 0; i < call.Lists.Count; i++)
            to.Bytes("as"u8);
        to.Byte(0);
        to.Number(start + 12, to.Count - start - FixedPart);
        to.Align(start, 8);

        var body = to.Count;
        foreach (var text in call.Texts)
            to.Text(text, body);
        foreach (var list in call.Lists)
        {
            to.Align(body, 4);
            var length = to.Count;
            to.Number(0);
            foreach (var text in list)
                to.Text(text, body);
            to.Number(length, to.Count - length - 4);
        }

        to.Number(start + 4, to.Count - body);
    }

    /// <summary>The bytes of the message that begins here, by its fixed part.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static int Length(ReadOnlySpan<byte> fixedPart)
    {
        if (fixedPart[0] != Little)
            throw new InvalidDataException("systemd's message is not little-endian");
        var (body, fields) = (BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[4..]), BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[12..]));
        // The specification's limits: 128 MiB in all, 64 MiB of fields.
        return body <= 1 << 27 && fields <= 1 << 26 ? FixedPart + (int)((fields + 7) & ~7u) + (int)body : throw new InvalidDataException("systemd's message is too long");
    }

    /// <summary>Reads a whole message.</summary>
    /// <returns>What it answers, and the answer; null for a signal, which systemd tells everybody.</returns>
    internal static (uint To, BusReply Reply)? Read(ReadOnlySpan<byte> message)
    {
        var kind = message[1];
        if (kind is not (Return or Failure))
            return null;
        var body = Length(message) - (int)BinaryPrimitives.ReadUInt32LittleEndian(message[4..]);
        var fields = new BusReader(message[..body], at: 12);
        uint answers = 0;
        for (var end = fields.Array(8); fields.At < end;)
        {
            fields.Align(8);
            var field = fields.Byte();
            var type = fields.Signature();
            if (field == ReplyField)
                answers = fields.Number();
            else
                fields.Skip(type);
        }

        var content = message[body..].ToArray();
        return (answers, new BusReply(content, kind == Failure ? Error(content) : null));
    }

    private static string Error(byte[] body) => body.Length > 4 ? new BusReader(body).Text() : "an error without a word";

    private static void Field(BusWriter to, int start, byte field, char type, string value)
    {
        to.Align(start, 8);
        to.Bytes([field, 1, (byte)type, 0]);
        to.Text(value, start);
    }
}

/// <summary>Reads marshalled values one after the other.</summary>
internal ref struct BusReader(ReadOnlySpan<byte> bytes, int at = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal int At { get; private set; } = at;

    internal void Align(int alignment) => At = (At + alignment - 1) / alignment * alignment;

    internal byte Byte() => _bytes[At++];

    internal uint Number()
    {
        Align(4);
        At += 4;
        return BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(At - 4)..]);
    }

    internal bool Flag() => Number() != 0;

    internal ulong Long()
    {
        Align(8);
        At += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(At - 8)..]);
    }

    internal string Text()
    {
        var length = (int)Number();
        At += length + 1;
        return Encoding.UTF8.GetString(_bytes.Slice(At - length - 1, length));
    }

    internal string Signature()
    {
        var length = Byte();
        At += length + 1;
        return Encoding.ASCII.GetString(_bytes.Slice(At - length - 1, length));
    }

    internal ReadOnlySpan<byte> Bytes()
    {
        var length = (int)Number();
        At += length;
        return _bytes.Slice(At - length, length);
    }

    internal List<string> Texts()
    {
        var texts = new List<string>();
        for (var end = Array(4); At < end;)
            texts.Add(Text());
        return texts;
    }

    /// <summary>Enters an array.</summary>
    /// <returns>Where it ends.</returns>
    internal int Array(int alignment)
    {
        var length = (int)Number();
        Align(alignment);
        return At + length;
    }

    /// <summary>Passes over values of the types of a signature.</summary>
    internal void Skip(ReadOnlySpan<char> signature)
    {
        while (!signature.IsEmpty)
        {
            var type = signature[..First(signature)];
            signature = signature[type.Length..];
            switch (type[0])
            {
                case 'y':
                    At++;
                    break;
                case 'n' or 'q':
                    Align(2);
                    At += 2;
                    break;
                case 'x' or 't' or 'd':
                    Long();
                    break;
                case 's' or 'o':
                    var length = (int)Number();
                    At += length + 1;
                    break;
                case 'g':
                    Signature();
                    break;
                case 'v':
                    Skip(Signature());
                    break;
                case 'a':
                    At = Array(type[1] is '(' or '{' or 'x' or 't' or 'd' ? 8 : type[1] is 'y' or 'g' or 'v' ? 1 : type[1] is 'n' or 'q' ? 2 : 4);
                    break;
                case '(' or '{':
                    Align(8);
                    Skip(type[1..^1]);
                    break;
                default:
                    Number();
                    break;
            }
        }
    }

    /// <summary>How many characters the first whole type of a signature has.</summary>
    private static int First(ReadOnlySpan<char> signature)
    {
        if (signature[0] == 'a')
            return 1 + First(signature[1..]);
        var (depth, length) = (0, 0);
        do
            depth += signature[length++] switch { '(' or '{' => 1, ')' or '}' => -1, _ => 0 };
        while (depth > 0);
        return length;
    }
}
