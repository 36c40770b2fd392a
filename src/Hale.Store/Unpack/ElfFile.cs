using System.Buffers.Binary;

namespace Hale.Store.Unpack;

/// <summary>Programs as the kernel knows them (elf(5)): enough of them to tell which processors they are for.</summary>
internal static class ElfFile
{
    private const int MachineOffset = 18;

    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>The architecture of a folder's programs where none of them is for the one that is needed; null where one is, or where there is no program.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="architecture">Debian's name of the architecture that is needed.</param>
    public static string? Foreign(string folder, string architecture)
    {
        var found = new DirectoryInfo(folder).EnumerateFiles("*", Everything)
            .Where(file => (file.UnixFileMode & UnixFileMode.UserExecute) != 0)
            .Select(file => Architecture(file.FullName)).OfType<string>().Distinct().ToList();
        return found.Count == 0 || found.Contains(architecture) ? null : found[0];
    }

    private static string? Architecture(string file)
    {
        using var stream = File.OpenRead(file);
        var head = new byte[MachineOffset + 2];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || head is not [0x7f, (byte)'E', (byte)'L', (byte)'F', ..])
            return null;
        return BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(MachineOffset)) switch
        {
            62 => "amd64",
            183 => "arm64",
            3 => "i386",
            40 => "armhf",
            243 => "riscv64",
            var machine => $"the machine type {machine}",
        };
    }
}
