using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hale.Activator.Machine;

/// <summary>What the file system says of one name, following no link.</summary>
/// <param name="Mode">Type and mode, as in <c>st_mode</c>.</param>
/// <param name="User">The owner's number.</param>
/// <param name="Group">The group's number.</param>
/// <param name="Size">Bytes; of a link, those of its target.</param>
/// <param name="Modified">Seconds after the epoch.</param>
internal readonly partial record struct PathStat(int Mode, uint User, uint Group, long Size, long Modified)
{
    private const int Types = 0xF000;
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint Basic = 0x7FF;
    private const int BufferSize = 256;

    internal bool IsFolder => (Mode & Types) == 0x4000;

    internal bool IsFile => (Mode & Types) == 0x8000;

    internal bool IsLink => (Mode & Types) == 0xA000;

    /// <summary>The twelve bits of the mode alone.</summary>
    internal int Bits => Mode & 0xFFF;

    /// <returns>Null where nothing has that name, or it cannot be looked at.</returns>
    internal static unsafe PathStat? Of(string path)
    {
        // struct statx of the kernel, the same on every architecture: include/uapi/linux/stat.h.
        Span<byte> buffer = stackalloc byte[BufferSize];
        fixed (byte* at = buffer)
            if (statx(CurrentFolder, path, NoFollow, Basic, at) != 0)
                return null;
        return new PathStat(
            BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(buffer[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(buffer[112..]));
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* buffer);
}
