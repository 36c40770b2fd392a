using System.Buffers.Binary;
using System.Text;

namespace Hale.Activator.Machine;

/// <summary>Bytes that grow: what is said to systemd, thousands of questions at a time.</summary>
internal sealed class BusWriter
{
    private byte[] _bytes = new byte[1 << 16];

    internal int Count { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    internal void Byte(byte value) => Room(1)[0] = value;

    internal void Number(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);

    /// <summary>Writes over a number that is there.</summary>
    internal void Number(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), value);

    internal void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    /// <summary>A text, its length before it and a zero behind it.</summary>
    internal void Text(string value, int from)
    {
        Align(from, 4);
        var length = Encoding.UTF8.GetByteCount(value);
        Number((uint)length);
        Encoding.UTF8.GetBytes(value, Room(length));
        Byte(0);
    }

    /// <summary>Zeros, so that what follows is aligned.</summary>
    /// <param name="from">Where alignment is counted from.</param>
    /// <param name="alignment">A power of two.</param>
    internal void Align(int from, int alignment) => Room((from - Count) & (alignment - 1)).Clear();

    private Span<byte> Room(int length)
    {
        if (Count + length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Count + length));
        Count += length;
        return _bytes.AsSpan(Count - length, length);
    }
}
