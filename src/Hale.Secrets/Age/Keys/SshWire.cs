using System.Buffers.Binary;
using System.Text;

namespace Hale.Secrets;

/// <summary>Reads SSH's wire format (RFC 4251, 5): big-endian numbers, and strings with their length before them.</summary>
internal ref struct SshWire(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> rest = data;

    internal readonly bool AtEnd => rest.IsEmpty;

    internal readonly ReadOnlySpan<byte> Rest => rest;

    /// <summary>False where the data ends before it.</summary>
    internal bool TryNumber(out uint value)
    {
        value = 0;
        if (rest.Length < 4)
            return false;
        value = BinaryPrimitives.ReadUInt32BigEndian(rest);
        rest = rest[4..];
        return true;
    }

    /// <summary>False where the data ends before it.</summary>
    internal bool TryString(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryNumber(out var length) || length > rest.Length)
            return false;
        value = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }

    /// <summary>Whether a string comes next that says exactly this.</summary>
    internal bool Expects(string text) => TryString(out var value) && value.SequenceEqual(Encoding.ASCII.GetBytes(text));

    /// <summary>Strings, each with its length before it.</summary>
    internal static byte[] Write(params ReadOnlySpan<byte[]> strings)
    {
        var stream = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var value in strings)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
            stream.Write(length);
            stream.Write(value);
        }

        return stream.ToArray();
    }
}
