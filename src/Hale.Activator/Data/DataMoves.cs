using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>
/// Does what the journal says about data, takes it back, or ends it. Each is done anew after a crash and comes to the same: what is done
/// shows in which folders are there.
/// </summary>
internal static class DataMoves
{
    /// <summary>Before the switch, with all that write the data down.</summary>
    /// <exception cref="UserError">Something that writes them did not stop.</exception>
    /// <exception cref="IOException">A copy failed; what was done is taken back with <see cref="Undo"/>.</exception>
    internal static void Do(ActivationContext context, IReadOnlyList<DataMove> moves)
    {
        if (!MayBegin(context, moves))
            return;
        foreach (var move in moves)
        {
            switch (move.Kind)
            {
                case DataMoveKind.Snapshot:
                    Snapshots.Make(context.Files, move);
                    context.Did(StepKind.State, move.Name, "keep a snapshot of");
                    break;
                case DataMoveKind.Restore:
                    Snapshots.Await(context.Files, move);
                    Restore(context.Files, move, back: false);
                    context.Did(StepKind.State, move.Name, "put back the snapshot of");
                    break;
                default:
                    break;
            }

            DataRecord.Set(context.Files, move.Name, move.After);
        }
    }

    /// <summary>Whether anything is left to do; where nothing is, the software to come may run.</summary>
    /// <exception cref="UserError">Something is, and what writes the data runs.</exception>
    internal static bool MayBegin(ActivationContext context, IReadOnlyList<DataMove> moves)
    {
        if (moves.All(move => IsNoted(context.Files, move) && (move.Kind == DataMoveKind.Note || IsKept(context.Files, move))))
            return false;
        RequireDown(context, moves);
        return true;
    }

    /// <summary>The data as they were before.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="moves">What is taken back, in the order in which it was done.</param>
    /// <param name="untouched">Whether the software to come has not run: data that were only copied are as they were.</param>
    internal static void Undo(ActivationContext context, IReadOnlyList<DataMove> moves, bool untouched)
    {
        var files = context.Files;
        // What was put back, or never touched, may be in use again.
        if (!untouched)
            RequireDown(context, [.. moves.Where(move => IsKept(files, move))]);
        foreach (var move in moves.Reverse())
        {
            if (move.Kind == DataMoveKind.Restore)
                Restore(files, move, back: true);
            else if (move.Kind == DataMoveKind.Snapshot && !untouched && Snapshots.Find(files, move.Home, move.Name) is { } kept && Snapshots.IsOf(kept, move))
            {
                foreach (var folder in kept.Folders)
                    DataTree.Exchange(files, folder.Path, folder.Real, Snapshots.TreeOf(kept, folder), $"{Snapshots.TreeOf(kept, folder)}.left", keep: false);
                // What the new software made where no folder was has no copy, and goes.
                foreach (var (number, path) in move.Paths.Index().Where(made => kept.Folders.All(folder => folder.Path != made.Item)))
                    DataTree.Out(files, path, $"{Snapshots.FolderOf(move.Home, move.Name)}/made-{number}", keep: false);
                context.Did(StepKind.Revert, move.Name, "put back the data of");
            }

            Snapshots.Drop(files, move);
            // What the software made where nothing was stays, and so does what is known of it.
            if (move.HadData || !move.Paths.Any(path => DataFolder.HoldsAnything(files, path)))
                DataRecord.Set(files, move.Name, move.Before);
        }
    }

    /// <summary>Puts data right; where that cannot be, who writes them is held until it can.</summary>
    /// <exception cref="UserError">It could not be, and what ends that.</exception>
    internal static void Try(ActivationContext context, ActivationJournal journal, Action put)
    {
        try
        {
            put();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            var names = string.Join(", ", journal.Chain().SelectMany(j => j.Data).Where(move => move.Kind != DataMoveKind.Note).Select(move => move.Name).Distinct());
            if (names.Length == 0)
                throw;
            var reason = $"the data of {names} could not be put back: {e.Message}";
            DataHold.Begin(context, journal, reason);
            throw new UserError(
                $"{char.ToUpperInvariant(reason[0])}{reason[1..]}{(reason[^1] == '.' ? "" : ".")} Nothing that writes them starts until they are: {string.Join(", ", DataHold.Find(context.Files)?.Units ?? [])}.",
                "Mend what is in the way on the machine, and deploy again or systemctl restart hale-recover there: it is tried anew. Data that you have put right by hand: hale deploy HOST --adopt-data",
                e)
            { ExitCode = 7 };
        }
    }

    /// <summary>A person has put the data right: what lies there is what the system expects that runs, and snapshots stay where they are.</summary>
    internal static void Leave(ActivationContext context, ActivationJournal journal, SystemManifest? runs)
    {
        foreach (var name in journal.Chain().SelectMany(j => j.Data).Select(move => move.Name).Distinct(StringComparer.Ordinal))
        {
            var state = runs?.State.FirstOrDefault(state => state.Name == name);
            DataRecord.Set(context.Files, name, state is null ? null : new DataRecord(state.Identity, state.Format, context.Clock.GetUtcNow()));
            context.Report(new WarningEvent($"The data of {name} stay as they are, and count as what the system expects{(state is { Format.Length: > 0 } ? $": of the format {state.Format}" : "")}."));
        }
    }

    /// <summary>The new system has held: a snapshot that was put back is used up.</summary>
    internal static void End(ActivationContext context, ActivationJournal journal)
    {
        foreach (var move in journal.Chain().SelectMany(j => j.AtBoot && j != journal ? [] : j.Data).Where(move => move.Kind == DataMoveKind.Restore))
            if (Snapshots.Find(context.Files, move.From, move.Name) is { } kept && !kept.Folders.Any(folder => context.Files.Exists(Snapshots.TreeOf(kept, folder))))
                Snapshots.Remove(context.Files, move.From, move.Name);
    }

    /// <summary>After another boot, before any service starts: the data follow the system that the machine came up in.</summary>
    internal static void Booted(ActivationContext context, ActivationJournal journal, string? here)
    {
        // On its way back from a trial, the machine boots what it was on its way to, although nothing of that was committed.
        var cut = journal.Pending is not null && (journal.Phase is JournalPhase.Going or JournalPhase.Reverting);
        if (here == journal.New && !cut)
        {
            if (journal.AtBoot)
                Do(context, journal.Data);
            End(context, journal);
            return;
        }

        if (!journal.AtBoot)
            Undo(context, journal.Data, untouched: false);
        if (journal.Pending is { } pending)
            Booted(context, pending, here);
    }

    /// <summary>The generations that keep the data of an activation that has not ended for good.</summary>
    internal static IReadOnlyCollection<int> Homes(ActivationJournal? journal) =>
        [.. journal?.Chain().SelectMany(j => j.Data).Where(move => move.Kind != DataMoveKind.Note).SelectMany(move => new[] { move.Home, move.From }) ?? []];

    /// <summary>Whether a move has begun and was not taken back.</summary>
    private static bool IsKept(MachineFiles files, DataMove move) => Snapshots.IsOf(Snapshots.Find(files, move.Home, move.Name), move);

    /// <summary>Whether it is noted that a move is done; what cannot be read is noted anew.</summary>
    private static bool IsNoted(MachineFiles files, DataMove move)
    {
        try
        {
            return DataRecord.Read(files, move.Name) == move.After;
        }
        catch (UserError)
        {
            return false;
        }
    }

    private static void Restore(MachineFiles files, DataMove move, bool back)
    {
        if (Snapshots.Find(files, move.From, move.Name) is not { } from || Snapshots.Find(files, move.Home, move.Name) is not { } home || !Snapshots.IsOf(home, move))
            return;
        var (source, target) = back ? (home, from) : (from, home);
        foreach (var folder in source.Folders)
            DataTree.Exchange(files, folder.Path, folder.Real, Snapshots.TreeOf(source, folder), PlaceIn(target, folder));
        foreach (var folder in target.Folders.Where(folder => source.Folders.All(other => other.Path != folder.Path)))
            DataTree.Out(files, folder.Path, Snapshots.TreeOf(target, folder));
    }

    /// <summary>Where a folder goes in the other snapshot, also where that one did not know it.</summary>
    private static string PlaceIn(KeptData other, KeptFolder folder) =>
        other.Folders.FirstOrDefault(one => one.Path == folder.Path) is { } same ? Snapshots.TreeOf(other, same)
        : $"{Snapshots.FolderOf(other.Snapshot.Generation, other.Snapshot.Name)}/left-{folder.Number}";

    private static void RequireDown(ActivationContext context, IReadOnlyList<DataMove> moves)
    {
        var moved = moves.Where(move => move.Kind != DataMoveKind.Note).ToList();
        if (moved.Count == 0)
            return;
        var units = moved.SelectMany(move => move.Units).Distinct(StringComparer.Ordinal).ToList();
        var states = context.Systemd.States([.. units.Select(UnitPlanner.Pattern)]);
        if (units.SelectMany(name => UnitJobs.Instances(name, states)).FirstOrDefault(name => states.GetValueOrDefault(name, UnitState.Unknown).Runs) is { } running)
            throw new UserError(
                $"{running} does not stop, and writes data that must not change now ({string.Join(", ", moved.Select(move => move.Name))}).",
                $"Stop it on the machine and try again: systemctl stop {running}; journalctl -u {running}");
    }
}
