using Hale.Activator.Tests.Support;
using Hale.Store.Closure;

namespace Hale.Activator.Tests.Data;

/// <summary>What a snapshot costs on real file systems, that the plan says so before, and that it comes back whole from each.</summary>
public sealed class FileSystemTests
{
    private const int Size = 48 << 20;

    [Theory]
    [InlineData("btrfs", true)]
    [InlineData("xfs", true)]
    [InlineData("ext4", false)]
    public void A_snapshot_shares_blocks_where_the_file_system_can_and_comes_back_whole(string kind, bool shares)
    {
        using var disk = LoopDisk.Mount(kind);
        if (disk is null)
            return;
        using var on = new DataMachine(new TestMachine(disk.Root));
        on.First();
        var bytes = new byte[Size];
        new Random(7).NextBytes(bytes);
        File.WriteAllBytes(on.Machine.At($"{DataMachine.Place}/blob"), bytes);
        on.Write("small", "one\n");
        var (used, before) = (disk.Used(), on.Tree(DataMachine.Place));

        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("2")));

        var told = Assert.Single(Assert.Single(on.Machine.Events.OfType<PlanEvent>()).Plan.State);
        Assert.Equal((StateAction.Snapshot, shares), (told.Action, told.SharesBlocks));
        Assert.InRange(told.Bytes, Size, Size + (1 << 20));
        var grown = disk.Used() - used;
        if (shares)
            Assert.InRange(grown, long.MinValue, 4 << 20);
        else
            Assert.InRange(grown, Size, long.MaxValue);
        Assert.Equal(before, on.Tree("/var/lib/hale/generations/1/state/db/0"));

        // What is written now is written beside what the snapshot has.
        using (var blob = File.OpenWrite(on.Machine.At($"{DataMachine.Place}/blob")))
            blob.Write(new byte[8 << 20]);
        Assert.Equal(before, on.Tree("/var/lib/hale/generations/1/state/db/0"));
        DataMachine.AssertEnd(Outcome.Done, on.GoTo(1, restore: true));
        Assert.Equal(before, on.Tree(DataMachine.Place));
    }

    [Fact]
    public void A_disk_without_room_for_a_copy_has_room_for_a_snapshot_that_shares_blocks()
    {
        using var disk = LoopDisk.Mount("xfs");
        if (disk is null)
            return;
        using var on = new DataMachine(new TestMachine(disk.Root));
        on.First();
        using (var file = File.Create(on.Machine.At($"{DataMachine.Place}/blob")))
            file.Write(new byte[220 << 20]);

        DataMachine.AssertEnd(Outcome.Done, on.Activate(on.Put("2")));
        DataMachine.AssertEnd(Outcome.Done, on.GoTo(1, restore: true));
    }
}
