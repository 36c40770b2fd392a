using Hale.Activator.Plan;

namespace Hale.Activator.Machine;

/// <summary>
/// Whether a unit's files may have changed since systemd read them: whether one is newer than that, or a drop-in came or went. systemd answers the same
/// (<c>NeedDaemonReload</c>), but searches all folders for each unit, half a millisecond; here they are listed once. What is not certain here, it is asked.
/// </summary>
internal sealed class UnitFiles
{
    internal static readonly UnitFiles Unknown = new([], null);

    /// <summary>The kernel stamps files by a clock that goes in steps of up to ten milliseconds.</summary>
    private const long Step = 20_000;

    /// <summary>What the clock of the day may go slower or faster than the other, in microseconds; set by hand, it tells nothing of what is newer.</summary>
    private const long Leeway = 1_000_000;

    private readonly Dictionary<string, List<string>> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _dropIns = new(StringComparer.Ordinal);
    private readonly long? _since;

    /// <param name="folders">Where systemd looks for units.</param>
    /// <param name="since">What changed before, it has read: microseconds after the epoch; null where nobody knows.</param>
    internal UnitFiles(IReadOnlyList<string> folders, long? since)
    {
        _since = since;
        if (since is null)
            return;
        foreach (var folder in folders)
            foreach (var name in Native.Names(folder).Where(name => name.EndsWith(".d", StringComparison.Ordinal)))
            {
                if (!_folders.TryGetValue(name[..^2], out var all))
                    _folders[name[..^2]] = all = [];
                all.Add($"{folder}/{name}");
            }
    }

    /// <param name="loaded">When systemd began to read all units, in microseconds after the epoch.</param>
    /// <param name="monotonic">The same by the clock that nobody sets.</param>
    /// <param name="folders">Where it looks for units.</param>
    /// <param name="clock">Both clocks now.</param>
    internal static UnitFiles Since(ulong loaded, ulong monotonic, IReadOnlyList<string> folders, TimeProvider clock)
    {
        var now = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var passed = (clock.GetElapsedTime(0).Ticks / TimeSpan.TicksPerMicrosecond) - (long)monotonic;
        return new(folders, loaded > 0 && Math.Abs(now - passed - (long)loaded) < Leeway ? (long)loaded - Step : null);
    }

    /// <summary>Whether systemd must be asked.</summary>
    internal bool MayDiffer(UnitView unit) =>
        _since is null || IsNewer(unit.File) || IsNewer(unit.Source) || unit.DropIns.Any(IsNewer) || !Same(unit.DropIns, unit.Names.SelectMany(DropInsOf));

    private bool IsNewer(string path) =>
        path.Length > 0 && (PathStat.Of(path) is not { } own || own.Changed >= _since || (own.IsLink && (PathStat.Behind(path) is not { } file || file.Changed >= _since)));

    private static bool Same(IReadOnlyList<string> read, IEnumerable<string> there) => read.Order(StringComparer.Ordinal).SequenceEqual(there.Distinct().Order(StringComparer.Ordinal));

    /// <summary>The drop-ins that count for a name: systemd.unit(5). An instance has its template's too, and every unit those of its type.</summary>
    private IEnumerable<string> DropInsOf(string name) => Stems(name).SelectMany(DropIns);

    private IReadOnlyList<string> DropIns(string of)
    {
        if (!_folders.TryGetValue(of, out var folders))
            return [];
        if (!_dropIns.TryGetValue(of, out var all))
            _dropIns[of] = all =
            [
                .. folders.SelectMany(folder => Native.Names(folder).Where(name => name.EndsWith(".conf", StringComparison.Ordinal)).Select(name => $"{folder}/{name}")),
            ];
        return all;
    }

    /// <summary>What a folder may be called whose drop-ins count: <c>a-b@c.service</c>, <c>a-b@.service</c>, <c>a-@c.service</c>, <c>a-@.service</c>, <c>service</c>.</summary>
    internal static IEnumerable<string> Stems(string name)
    {
        var kind = UnitPlanner.Kind(name);
        yield return kind;
        var stem = name[..^(kind.Length + 1)];
        var at = stem.IndexOf('@', StringComparison.Ordinal);
        var (prefix, instance) = at < 0 ? (stem, "") : (stem[..at], stem[at..]);
        for (; prefix.Length > 0; prefix = prefix[..(prefix[..^1].LastIndexOf('-') + 1)])
        {
            yield return $"{prefix}{instance}.{kind}";
            if (instance.Length > 1)
                yield return $"{prefix}@.{kind}";
        }
    }
}
