using Hale.Activator.Machine;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Paths;

namespace Hale.Activator.Verify;

/// <summary>Puts back modes, owners and times in the store where contents are right. What is damaged must come from the building computer.</summary>
internal static class StoreRepair
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    internal static void Run(MachineFiles files, Finding finding)
    {
        var (store, path) = (files.Store(), StorePath.Parse(finding.Path!));
        // Before the times are put back: what is damaged must go on being seen.
        if (!store.Verify(path))
            throw new UserError("its content is not what its hash says", "It must be sent again: hale verify HOST --repair overwrite");
        Seal(store.Real(path));
    }

    private static void Seal(string real)
    {
        if (PathStat.Of(real) is not { } stat)
            return;
        if (stat.IsFolder)
            foreach (var entry in Directory.EnumerateFileSystemEntries(real, "*", Everything))
                Seal(entry);
        if (!stat.IsLink)
            File.SetUnixFileMode(real, stat.IsFolder || (stat.Bits & 0b001_000_000) != 0 ? (UnixFileMode)0b101_101_101 : (UnixFileMode)0b100_100_100);
        if (Native.User() == 0 && Native.Own(real, 0, 0) != 0)
            throw Native.Failure("chown", real);
        if (stat.IsFolder)
            Directory.SetLastWriteTimeUtc(real, DateTime.UnixEpoch.AddSeconds(1));
        else
            File.SetLastWriteTimeUtc(real, DateTime.UnixEpoch.AddSeconds(1));
    }
}
