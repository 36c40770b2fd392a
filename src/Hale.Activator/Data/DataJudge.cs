using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>What somebody said about data when they asked for an activation.</summary>
/// <param name="Restore">Put an earlier snapshot back where the software needs it.</param>
/// <param name="Adopt">The data are what the system expects, whatever is noted of them or not.</param>
internal sealed record DataChoices(bool Restore = false, bool Adopt = false);

/// <summary>The data of one state directory as they are found.</summary>
/// <param name="HasData">Whether anything lies there.</param>
/// <param name="Where">Where it lies, for people.</param>
/// <param name="Record">What is noted of it; null for nothing.</param>
/// <param name="Snapshots">The whole snapshots of it, in any order.</param>
internal sealed record DataFound(bool HasData, string Where, DataRecord? Record, IReadOnlyList<StateSnapshot> Snapshots);

/// <summary>What comes of it.</summary>
/// <param name="Action">What has to be done; null for nothing.</param>
/// <param name="Snapshot">Of a restore, which.</param>
/// <param name="Reason">Of a refusal, why.</param>
/// <param name="Hint">Of a refusal, what to do.</param>
internal sealed record DataVerdict(StateAction? Action, StateSnapshot? Snapshot = null, string Reason = "", string Hint = "")
{
    internal static readonly DataVerdict Fine = new((StateAction?)null);
}

/// <summary>Whether a system's software can do with the data that lie on a machine, and what must be done before it starts. Pure.</summary>
internal static class DataJudge
{
    internal static DataVerdict Judge(ManifestState state, DataFound found, DataChoices choices, DateTimeOffset now)
    {
        // Also where nothing is any more, a snapshot that was asked for is put back.
        if (!found.HasData)
            return choices.Restore && state.Format.Length > 0 && found.Record is { } noted && noted.Format != state.Format && Fitting(state, found) is { } lost
                ? new DataVerdict(StateAction.Restore, lost)
                : DataVerdict.Fine;
        if (found.Record is not { } record)
            return Unknown(state, found, choices);
        if (state.Identity.Length > 0 && record.Identity.Length > 0 && state.Identity != record.Identity)
            return Refusal(
                $"The data in {found.Where} were made with the {state.IdentityName} {record.Identity}, and this system has the {state.IdentityName} {state.Identity}.",
                $"Set it back to {record.Identity}. To begin anew, stop what writes there and move the data away on the machine: mv {found.Where} {found.Where}.before",
                state);
        if (state.Format.Length == 0 || state.Format == record.Format)
            return DataVerdict.Fine;
        if (choices.Restore && Fitting(state, found) is { } wanted)
            return new DataVerdict(StateAction.Restore, wanted);
        if (record.Format.Length == 0)
            return Migrates(state);
        return FormatOrder.Compare(record.Format, state.Format) switch
        {
            0 => DataVerdict.Fine,
            < 0 => Upgrade(state, found, record, choices),
            > 0 when state.GoesBack => Migrates(state),
            > 0 when state.OnChange == FormatChange.Migrate => Downgrade(state, found, record, now),
            _ => Other(state, found, record, choices),
        };
    }

    private static DataVerdict Unknown(ManifestState state, DataFound found, DataChoices choices)
    {
        if (choices.Adopt)
            return Migrates(state);
        if (state.Identity.Length + state.Format.Length == 0)
            return DataVerdict.Fine;
        var expected = string.Join(" and ", (string[])[
            .. state.Identity.Length > 0 ? [$"made with the {state.IdentityName} {state.Identity}"] : Array.Empty<string>(),
            .. state.Format.Length > 0 ? [$"of the format {state.Format}{(state.OnChange == FormatChange.Migrate ? " or older" : "")}"] : Array.Empty<string>()]);
        return Refusal(
            $"There are data in {found.Where}, and nothing on this machine says by what they were made.",
            $"If they were {expected}, say --adopt-data. Otherwise move them away on the machine: mv {found.Where} {found.Where}.before", state);
    }

    private static DataVerdict Upgrade(ManifestState state, DataFound found, DataRecord record, DataChoices choices)
    {
        if (state.OnChange != FormatChange.Migrate)
            return Other(state, found, record, choices);
        return state.UpgradesFrom.Length == 0 || FormatOrder.Compare(record.Format, state.UpgradesFrom) >= 0
            ? new DataVerdict(StateAction.Snapshot)
            : Refusal(
                $"The data of {state.Name} are of the format {record.Format}, and {state.Format} migrates from {state.UpgradesFrom} on.",
                $"Deploy a version between the two first, {state.UpgradesFrom} or a little newer.", state);
    }

    private static DataVerdict Downgrade(ManifestState state, DataFound found, DataRecord record, DateTimeOffset now)
    {
        var what = $"The data of {state.Name} are of the format {record.Format}, which {state.Format} cannot read: there is no way back for them.";
        return Fitting(state, found) is not { } snapshot
            ? Refusal(
                $"{what} No snapshot in the format {state.Format} is left.",
                $"Stay with {record.Format} or newer, or put a backup from before the upgrade in the place of {found.Where}.", state)
            : Refusal(
                $"{what} Generation {snapshot.Generation} keeps a snapshot from before, of {snapshot.At:yyyy-MM-dd HH:mm:ss}Z. "
                    + $"With it, what was written since then, in {Lasted(now - snapshot.At)}, would be missing.",
                $"Where that is worth it, say --restore-data: the snapshot takes the place of today's data, which are kept with the generation that is left. Or stay with {record.Format} or newer.", state);
    }

    private static DataVerdict Other(ManifestState state, DataFound found, DataRecord record, DataChoices choices) => choices.Adopt ? DataVerdict.Fine : Refusal(
        $"The data in {found.Where} are of the format {record.Format}, and this system's {state.Name} is of {state.Format}: neither goes over to the other by itself.",
        $"Stay with {record.Format}, or bring the data over by hand and say --adopt-data.", state);

    private static DataVerdict Migrates(ManifestState state) =>
        state.OnChange == FormatChange.Migrate ? new DataVerdict(StateAction.Snapshot) : DataVerdict.Fine;

    /// <summary>The newest snapshot that the software reads as it is.</summary>
    private static StateSnapshot? Fitting(ManifestState state, DataFound found) => found.Snapshots
        .Where(s => s.Format == state.Format && (state.Identity.Length == 0 || s.Identity.Length == 0 || s.Identity == state.Identity))
        .MaxBy(s => s.At);

    private static DataVerdict Refusal(string reason, string hint, ManifestState state) =>
        new(StateAction.Refuse, null, reason, state.Advice.Length > 0 ? $"{hint} {state.Advice}" : hint);

    private static string Lasted(TimeSpan time) => time switch
    {
        { TotalMinutes: < 2 } => $"{Math.Max(0, (int)time.TotalSeconds)} s",
        { TotalHours: < 2 } => $"{(int)time.TotalMinutes} min",
        { TotalDays: < 2 } => $"{(int)time.TotalHours} h",
        _ => $"{(int)time.TotalDays} days",
    };
}
