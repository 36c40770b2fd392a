using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>
/// Keeps units from starting upon data that an activation moved and that are not put right yet. From before the first move until the journal
/// goes, a drop-in for each of the units lies in <c>/etc/hale/held</c>, where systemd does not look; at a boot the generator
/// (<see cref="BootGenerator"/>) hands them to it, before anything starts, and only recovery lets go. So nothing has to work
/// for the units to be held: neither the activator, nor the disk. Without a journal nobody is held: an older Hale ends one and knows of no
/// holds, and a person may remove one that cannot be read.
/// </summary>
internal static class DataHold
{
    /// <summary>What the generator hands to systemd in this boot: while units are held, their drop-ins.</summary>
    internal const string Held = "/run/hale/held";

    /// <summary>What the generator hands to systemd at the next boot.</summary>
    internal const string Prepared = "/etc/hale/held";

    private const string Reason = "/run/hale/held.reason";

    /// <summary>The last by name, so that no other drop-in empties the list of assertions after it.</summary>
    private const string DropIn = "zzz-hale-data.conf";

    /// <summary>
    /// Leads to the journal, so that one path is there as long as units are held and the journal is. One assertion that must hold by itself
    /// (no <c>|</c>) is none that a unit's own can outweigh.
    /// </summary>
    private const string Until = "until";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    private const string Text = $"""
        # Hale: an activation moved the data that this unit writes, and they are not put right yet. hale status HOST says why;
        # hale-recover.service or the next deployment ends it.
        [Unit]
        RequiresMountsFor=/var/lib/hale
        AssertPathExists=!{Held}/{Until}

        """;

    /// <summary>Before the first move: what another boot holds until it is settled.</summary>
    internal static void Prepare(MachineFiles files, ActivationJournal journal) => Write(files, Prepared, UnitsOf(journal));

    /// <summary>The data cannot be put right: their units are held at once, also in this boot, and it is noted why.</summary>
    internal static void Begin(ActivationContext context, ActivationJournal journal, string reason)
    {
        var (files, units) = (context.Files, UnitsOf(journal));
        if (units.Count == 0)
            return;
        files.MakeFolder(Path.GetDirectoryName(Held)!, FolderMode);
        files.Write(Reason, Encoding.UTF8.GetBytes(reason), FileMode);
        Write(files, Held, units);
        context.Systemd.Reread();
    }

    /// <summary>The data are right: their units may start.</summary>
    /// <returns>Whether somebody may have been held in this boot, and be due (<see cref="Resume"/>).</returns>
    internal static bool Release(ActivationContext context)
    {
        var held = Units(context.Files).ToList();
        if (held.Count == 0)
            return IsLeft(context.Files);
        // From here on nobody is held, whatever systemd has read.
        context.Files.Remove($"{Held}/{Until}");
        // What recovers at this moment stays until it has ended (FirstRecovery): without it, systemd would wait for that no longer.
        foreach (var unit in held)
            context.Files.RemoveFolder($"{Held}/{unit}.d");
        context.Files.RemoveFolderIfEmpty(Held);
        context.Files.Remove(Reason);
        context.Systemd.Reread();
        return true;
    }

    /// <summary>
    /// Who was held, or needs one that was, and asked to start meanwhile, was refused, and is asked to start now. The data are settled:
    /// where that cannot be asked, it is no reason to do anything about them anew.
    /// </summary>
    internal static void Resume(ActivationContext context, SystemManifest manifest)
    {
        try
        {
            if (UnitJobs.Behind(manifest, context.Systemd.States(UnitJobs.Asked(null, manifest))) is { Count: > 0 } due)
                context.Systemd.ResumeBoot(due);
        }
        catch (UserError e)
        {
            context.Report(new WarningEvent($"Not all that waited for data could be started: {e.Message}", "hale status HOST tells what does not run."));
        }
    }

    /// <summary>Whether a hold is there, in this boot or for the next.</summary>
    internal static bool IsLeft(MachineFiles files) => Units(files).Any() || files.Exists(Prepared);

    /// <summary>Ends a hold without a journal, which holds nobody.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="manifest">Of the system that runs; null where that cannot be read.</param>
    internal static void End(ActivationContext context, SystemManifest? manifest)
    {
        Release(context);
        Forget(context.Files);
        if (manifest is not null)
            Resume(context, manifest);
    }

    /// <summary>Nothing is unsettled any more.</summary>
    internal static void Forget(MachineFiles files)
    {
        foreach (var folder in (string[])[Prepared, Held])
            if (files.Exists(folder))
                files.RemoveFolder(folder);
    }

    /// <summary>Whether putting the data right was tried and failed.</summary>
    internal static bool HasFailed(MachineFiles files) => Units(files).Any() && files.Exists(Reason);

    /// <returns>Who is held and why; null where nobody is.</returns>
    internal static HeldUnits? Find(MachineFiles files)
    {
        if (!files.Exists(ActivationJournal.Place))
            return null;
        var units = Units(files).Order(StringComparer.Ordinal).ToList();
        return units.Count == 0 ? null : new HeldUnits(units, files.Read(Reason) is { } reason ? Encoding.UTF8.GetString(reason)
            : "hale-recover.service has not come to an end: journalctl -b -u 'hale-recover*'");
    }

    private static IEnumerable<string> Units(MachineFiles files) => files.Names(Held).Where(name => name.EndsWith(".d", StringComparison.Ordinal)).Select(name => name[..^2]);

    private static List<string> UnitsOf(ActivationJournal journal) =>
        [.. journal.Chain().SelectMany(j => j.Data).Where(move => move.Kind != DataMoveKind.Note).SelectMany(move => move.Units).SelectMany(StateWriters.Together)
            .Distinct(StringComparer.Ordinal)];

    private static void Write(MachineFiles files, string folder, List<string> units)
    {
        if (units.Count == 0)
            return;
        files.MakeFolder(folder, FolderMode);
        files.SetLink($"{folder}/{Until}", ActivationJournal.Place);
        var text = Encoding.ASCII.GetBytes(Text);
        foreach (var place in units.Select(unit => $"{folder}/{unit}.d/{DropIn}"))
        {
            files.MakeFolder(Path.GetDirectoryName(place)!, FolderMode);
            if (files.Read(place) is not { } there || !there.AsSpan().SequenceEqual(text))
                files.Write(place, text, FileMode);
        }
    }
}
