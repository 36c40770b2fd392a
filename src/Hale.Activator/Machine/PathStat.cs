namespace Hale.Activator.Machine;

/// <summary>What the file system says of one name, following no link.</summary>
/// <param name="Mode">Type and mode, as in <c>st_mode</c>.</param>
/// <param name="User">The owner's number.</param>
/// <param name="Group">The group's number.</param>
/// <param name="Size">Bytes; of a link, those of its target.</param>
/// <param name="Modified">Seconds after the epoch.</param>
internal readonly record struct PathStat(int Mode, uint User, uint Group, long Size, long Modified)
{
    private const int Types = 0xF000;

    /// <summary>The file's number on its file system; names with one number are one file.</summary>
    internal ulong Inode { get; init; }

    /// <summary>How many names the file has.</summary>
    internal uint Names { get; init; }

    /// <summary>Bytes that it takes on the disk; fewer than <see cref="Size"/> where it has holes.</summary>
    internal long Taken { get; init; }

    /// <summary>The mount that it is seen through.</summary>
    internal ulong Mount { get; init; }

    /// <summary>When anything of it changed last, its mode and names too: microseconds after the epoch. Nobody can set this time.</summary>
    internal long Changed { get; init; }

    /// <summary>The file system that it lies on.</summary>
    internal ulong Device { get; init; }

    internal bool IsFolder => (Mode & Types) == 0x4000;

    internal bool IsFile => (Mode & Types) == 0x8000;

    internal bool IsLink => (Mode & Types) == 0xA000;

    /// <summary>The twelve bits of the mode alone.</summary>
    internal int Bits => Mode & 0xFFF;

    /// <returns>Null where nothing has that name, or it cannot be looked at.</returns>
    internal static PathStat? Of(string path) => Native.Status(path);

    /// <summary>The same of what a link leads to, over all links.</summary>
    /// <returns>Null where it leads nowhere.</returns>
    internal static PathStat? Behind(string path) => Native.Status(path, follow: true);
}
