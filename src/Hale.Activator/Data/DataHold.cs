using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>
/// Keeps units from starting upon data that an activation moved and that are not put right yet. From before the first move until the journal
/// goes, a drop-in for each of the units lies in <c>/etc/hale/held</c>, where systemd does not look; at a boot the generator
/// (<see cref="BootGenerator"/>) hands them to it, before anything starts, and only recovery lets go. So nothing has to work
/// for the units to be held: neither the activator, nor the disk.
/// </summary>
internal static class DataHold
{
    /// <summary>There while units are held.</summary>
    internal const string Held = "/run/hale/held";

    private const string Prepared = "/etc/hale/held";
    private const string Reason = "/run/hale/held.reason";
    private const string DropIn = "hale-data.conf";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    private const string Text = $"""
        # Hale: an activation moved the data that this unit writes, and they are not put right yet. hale status HOST says why;
        # hale-recover.service or the next deployment ends it.
        [Unit]
        AssertPathExists=!{Held}

        """;

    /// <summary>Before the first move: what another boot holds until it is settled.</summary>
    internal static void Prepare(MachineFiles files, ActivationJournal journal)
    {
        foreach (var unit in UnitsOf(journal))
            Write(files, Prepared, unit);
    }

    /// <summary>The data cannot be put right: their units are held at once, also in this boot, and it is noted why.</summary>
    internal static void Begin(ActivationContext context, ActivationJournal journal, string reason)
    {
        var (files, units) = (context.Files, UnitsOf(journal));
        if (units.Count == 0)
            return;
        files.MakeFolder(Path.GetDirectoryName(Held)!, FolderMode);
        files.Write(Reason, Encoding.UTF8.GetBytes(reason), FileMode);
        if (files.IsFolder(Held))
            return;
        foreach (var unit in units)
            Write(files, Held, unit);
        context.Systemd.Reread();
    }

    /// <summary>The data are right: their units may start.</summary>
    internal static void Release(ActivationContext context)
    {
        if (!context.Files.Exists(Held))
            return;
        context.Files.RemoveFolder(Held);
        context.Files.Remove(Reason);
        context.Systemd.Reread();
    }

    /// <summary>Nothing is unsettled any more.</summary>
    internal static void Forget(MachineFiles files)
    {
        if (files.Exists(Prepared))
            files.RemoveFolder(Prepared);
    }

    /// <summary>Whether putting the data right was tried and failed.</summary>
    internal static bool HasFailed(MachineFiles files) => files.Exists(Held) && files.Exists(Reason);

    /// <returns>Who is held and why; null where nobody is.</returns>
    internal static HeldUnits? Find(MachineFiles files) => !files.Exists(Held) ? null : new HeldUnits(
        [.. files.Names(Held).Where(name => name.EndsWith(".d", StringComparison.Ordinal)).Select(name => name[..^2]).Order(StringComparer.Ordinal)],
        files.Read(Reason) is { } reason ? Encoding.UTF8.GetString(reason)
            : "hale-recover.service has not come to an end: journalctl -b -u hale-recover");

    private static List<string> UnitsOf(ActivationJournal journal) =>
        [.. journal.Chain().SelectMany(j => j.Data).Where(move => move.Kind != DataMoveKind.Note).SelectMany(move => move.Units).SelectMany(StateWriters.Together)
            .Distinct(StringComparer.Ordinal)];

    private static void Write(MachineFiles files, string folder, string unit)
    {
        files.MakeFolder($"{folder}/{unit}.d", FolderMode);
        if (!files.Exists($"{folder}/{unit}.d/{DropIn}"))
            files.Write($"{folder}/{unit}.d/{DropIn}", Encoding.ASCII.GetBytes(Text), FileMode);
    }
}
