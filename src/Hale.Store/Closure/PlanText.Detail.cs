using Hale.Store.Text;

namespace Hale.Store.Closure;

// What the lines of a plan say of data, sizes, interruption and differences.
public static partial class PlanText
{
    /// <summary>Lines of one difference, and of all together, that are shown unless all are wanted.</summary>
    private const int MostOfOne = 24, MostOfAll = 80;

    private static IEnumerable<string> Detail(PlanDetail detail, bool whole) =>
        [.. Interrupted(detail.Interruption), Size(detail), .. Differences(detail.Differences, whole)];

    private static IEnumerable<string> Interrupted(Interruption what)
    {
        if (what.Restarted.Count > 0)
            yield return $"  interrupted while restarting: {string.Join(", ", what.Restarted)}";
        if (what.Waited.Count > 0)
            yield return $"  connections wait while restarting: {string.Join(", ", what.Waited)}";
        if (what.Stopped.Count > 0)
            yield return $"  stopped for good: {string.Join(", ", what.Stopped)}";
        if (what.Reloaded.Count > 0)
            yield return $"  goes on answering while reloading: {string.Join(", ", what.Reloaded)}";
    }

    /// <summary>How fast a disk of no great merit copies, in bytes a second: for an estimate that names it.</summary>
    private const long CopySpeed = 100_000_000;

    private static string State(PlannedState state)
    {
        var down = state.Units.Count == 0 ? "" : $" while {string.Join(", ", state.Units)} {(state.Units.Count == 1 ? "is" : "are")} down";
        var formats = $"{(state.OldFormat.Length == 0 ? "unknown format" : state.OldFormat)} -> {state.NewFormat}";
        return state.Action switch
        {
            StateAction.Refuse => $"  ! data    {state.Name}: {formats}, refused",
            StateAction.Restore => $"  ~ data    {state.Name}: {formats}, the snapshot of {state.SnapshotAt:yyyy-MM-dd HH:mm:ss}Z is put back{down}; today's {ByteSize.Text(state.Bytes)} are kept with the generation that is left",
            _ when state.SharesBlocks => $"  ~ data    {state.Name}: {formats}, migrated; a snapshot of {ByteSize.Text(state.Bytes)} is made first{down}, sharing its blocks with the data: little is copied",
            _ => $"  ~ data    {state.Name}: {formats}, migrated; a snapshot of {ByteSize.Text(state.Bytes)} is copied first{down}, about {Math.Max(1, state.Bytes / CopySpeed)} s at 100 MB/s",
        };
    }

    private static string Size(PlanDetail detail)
    {
        var size = detail.OldSize is { } old && old > 0 ? $"{ByteSize.Text(old)} -> {ByteSize.Text(detail.NewSize)}" : ByteSize.Text(detail.NewSize);
        var copied = detail.MissingPaths == 0 ? "nothing is copied"
            : $"{detail.MissingPaths} of {detail.Paths} store paths are copied, {ByteSize.Text(detail.MissingBytes)}";
        return $"  size: {size}; {copied}";
    }

    private static IEnumerable<string> Differences(IReadOnlyList<PlannedDifference> differences, bool whole)
    {
        var (room, hidden, passed) = (whole ? int.MaxValue : MostOfAll, 0, 0);
        foreach (var one in differences)
        {
            // What comes or goes as a whole is a line already.
            if (!whole && one.Change != Change.Changed)
            {
                passed++;
                continue;
            }

            var shown = Math.Min(whole ? int.MaxValue : MostOfOne, room);
            if (one.Lines.Count > 0 && shown > 0)
                yield return $"  {one.Path}:";
            foreach (var line in one.Lines.Take(shown))
                yield return $"    {line}".TrimEnd();
            if (one.Rebuilt.Count > 0 && shown > 0)
                yield return one.Lines.Count == 0 ? $"  {one.Path}: the same, with another {string.Join(", ", one.Rebuilt)}"
                    : $"    and another {string.Join(", ", one.Rebuilt)}";
            hidden += Math.Max(0, one.Lines.Count - shown);
            room -= Math.Min(shown, one.Lines.Count);
        }

        if (hidden + passed > 0)
            yield return "  " + string.Join(" and ", (string[])[
                .. hidden > 0 ? [hidden == 1 ? "1 more line of differences" : $"{hidden} more lines of differences"] : Array.Empty<string>(),
                .. passed > 0 ? [passed == 1 ? "1 whole text" : $"{passed} whole texts"] : Array.Empty<string>()]) + " with --diff";
    }
}
