using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Activator.Data;

/// <summary>What an activation would do about the data that services keep: for people, and for the journal.</summary>
/// <param name="Planned">What is told; refusals among it.</param>
/// <param name="Moves">What is done.</param>
internal sealed record DataPlan(IReadOnlyList<PlannedState> Planned, IReadOnlyList<DataMove> Moves)
{
    /// <summary>What the migration itself needs beside the snapshot, in tenths of the data: a guess, for no software says it.</summary>
    private const long Tenths = 1;

    /// <summary>Every reason for which the system is refused.</summary>
    internal IEnumerable<ActivationError> Errors =>
        Planned.Where(p => p.Action == StateAction.Refuse).Select(p => new ActivationError(p.Reason!, p.Hint));

    /// <summary>Looks; touches nothing. Data that change nothing cost one small file read each.</summary>
    internal static DataPlan Of(ActivationContext context, SystemManifest? old, SystemManifest @new, DataChoices choices)
    {
        var (planned, moves) = (new List<PlannedState>(), new List<DataMove>());
        if (@new.State.Count == 0)
            return new DataPlan(planned, moves);
        var (files, now) = (context.Files, context.Clock.GetUtcNow());
        var home = context.Generations.Current()?.Number ?? context.Generations.Next();
        foreach (var state in @new.State.Where(DataRecord.IsSound))
        {
            var found = new DataFound(
                state.Paths.Any(path => DataFolder.HoldsAnything(files, path)), DataFolder.Real(files, Holding(files, state)), DataRecord.Read(files, state.Name), []);
            var verdict = DataJudge.Judge(state, found, choices, now);
            // Snapshots are looked for only where they may help.
            if (verdict.Action is not null || choices.Restore)
                verdict = DataJudge.Judge(state, found = found with { Snapshots = Kept(context, state.Name) }, choices, now);
            var units = StateWriters.Of(state.Name, old, @new);
            if (verdict.Action is { } action)
                planned.Add(Told(files, state, found, verdict, action, units, planned));
            if (verdict.Action == StateAction.Refuse)
                continue;
            var after = new DataRecord(
                state.Identity.Length > 0 ? state.Identity : found.Record?.Identity ?? "", state.Format.Length > 0 ? state.Format : found.Record?.Format ?? "", now);
            if (verdict.Action is not null || !after.SaysWhat(found.Record))
                moves.Add(new DataMove
                {
                    Name = state.Name,
                    Kind = verdict.Action switch { StateAction.Snapshot => DataMoveKind.Snapshot, StateAction.Restore => DataMoveKind.Restore, _ => DataMoveKind.Note },
                    Paths = state.Paths,
                    Units = units,
                    HadData = found.HasData,
                    Before = found.Record,
                    After = after,
                    Home = home,
                    From = verdict.Snapshot?.Generation ?? 0,
                });
        }

        return new DataPlan(planned, moves);
    }

    /// <summary>A plan with what only the machine knows: which data are moved, and whom that stops.</summary>
    internal ActivationPlan AddTo(ActivationPlan plan, SystemManifest? old, SystemManifest @new) => Planned.Count == 0 ? plan : plan with
    {
        State = Planned,
        Units = StateWriters.With(plan.Units, old, @new, Planned.Where(p => p.Action != StateAction.Refuse).Select(p => p.Name)),
    };

    private static IReadOnlyList<StateSnapshot> Kept(ActivationContext context, string name) =>
        [.. context.Generations.All().SelectMany(g => Snapshots.Of(context.Files, g.Number)).Where(s => s.Name == name)];

    private static string Holding(MachineFiles files, ManifestState state) =>
        state.Paths.FirstOrDefault(path => DataFolder.HoldsAnything(files, path)) ?? state.Paths[0];

    private static PlannedState Told(
        MachineFiles files, ManifestState state, DataFound found, DataVerdict verdict, StateAction action, IReadOnlyList<string> units, IEnumerable<PlannedState> others)
    {
        var told = new PlannedState
        {
            Name = state.Name,
            Action = action,
            OldFormat = found.Record?.Format ?? "",
            NewFormat = state.Format,
            Units = units,
            SnapshotAt = verdict.Snapshot?.At,
        };
        if (action == StateAction.Refuse)
            return told with { Reason = verdict.Reason, Hint = verdict.Hint };
        var weights = state.Paths.Select(path => DataFolder.Weigh(files, path)).ToList();
        if (weights.SelectMany(w => w.Mounts).FirstOrDefault() is { } mount)
            return told with
            {
                Action = StateAction.Refuse,
                Reason = $"A file system is mounted in the data of {state.Name}, at {mount}: no snapshot can hold both.",
                Hint = "Declare that folder as one of the state directory's Paths, or mount it elsewhere.",
            };
        told = told with
        {
            Bytes = weights.Sum(w => w.Bytes),
            SharesBlocks = weights.All(w => w.Sample is null || Native.SharesBlocks(w.Sample, Above(files))),
        };
        // What lies on the same file system changes places without a copy.
        var moved = action == StateAction.Restore && state.Paths.Select(path => PathStat.Of(files.At(DataFolder.Real(files, path)))).OfType<PathStat>()
            .All(its => its.Device == PathStat.Of(Above(files))?.Device);
        if (!moved && Native.FreeNames(Above(files)) is { } left && weights.Sum(w => w.Names) is var names && names > left)
            return told with
            {
                Action = StateAction.Refuse,
                Reason = $"The machine's disk is full: a snapshot of {state.Name} takes {names} files and folders, and {left} more are possible in /var/lib/hale, however many bytes are free.",
                Hint = "Make room on the machine: hale gc deletes generations and their snapshots; df -i shows what is full.",
            };
        var copied = others.Where(other => other is { Action: StateAction.Snapshot, SharesBlocks: false }).Sum(other => other.Bytes);
        return moved || told.SharesBlocks || new DriveInfo(Above(files)).AvailableFreeSpace - copied is var free && free >= told.Bytes + (told.Bytes * Tenths / 10) ? told : told with
        {
            Action = StateAction.Refuse,
            Reason = $"The machine's disk is full: a snapshot of {state.Name} takes {ByteSize.Text(told.Bytes)}, a tenth of it is for the migration, and {ByteSize.Text(free)} are free in /var/lib/hale{(copied > 0 ? " beside the other snapshots" : "")}.",
            Hint = "Make room on the machine: hale gc deletes generations and their snapshots; df -h shows what is full.",
        };
    }

    /// <summary>Where snapshots will lie, or the nearest folder above that is there.</summary>
    private static string Above(MachineFiles files) =>
        files.At(new[] { "/var/lib/hale/generations", "/var/lib/hale", "/var/lib" }.FirstOrDefault(files.IsFolder) ?? "/");
}
