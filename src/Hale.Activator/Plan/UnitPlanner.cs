using Hale.Store.Closure;

namespace Hale.Activator.Plan;

/// <summary>What happens to each unit, by what kind of unit it is and what of it differs.</summary>
internal static class UnitPlanner
{
    internal static List<PlannedUnit> Plan(IReadOnlyList<ManifestUnit> old, IReadOnlyList<ManifestUnit> @new)
    {
        var before = old.ToDictionary(u => u.Name, StringComparer.Ordinal);
        var after = @new.ToDictionary(u => u.Name, StringComparer.Ordinal);
        var plan = before.Keys.Except(after.Keys)
            .Select(name => new PlannedUnit(name, Departure(name), UnitReason.Removed))
            .Concat(after.Values.Select(unit => before.TryGetValue(unit.Name, out var was) ? Changed(was, unit) : Added(unit)).OfType<PlannedUnit>())
            .ToDictionary(p => p.Name, StringComparer.Ordinal);
        foreach (var apart in ServicesOfSockets([.. plan.Values], before, after))
            plan[apart.Name] = apart;
        return InOrder(plan.Values);
    }

    /// <summary>As a plan lists them. By number: code for sorting by an enumeration would be compiled at run time.</summary>
    internal static List<PlannedUnit> InOrder(IEnumerable<PlannedUnit> units) =>
        [.. units.OrderBy(u => (int)u.Action).ThenBy(u => u.Name, StringComparer.Ordinal)];

    /// <summary>Stopping a slice or a target would stop whatever else is in it; what of it is Hale's is stopped by its own name.</summary>
    private static UnitAction Departure(string name) => Kind(name) is "slice" ? UnitAction.None : UnitAction.Stop;

    private static PlannedUnit Added(ManifestUnit unit) =>
        new(unit.Name, unit.WantedBy.Count > 0 ? UnitAction.Start : UnitAction.None, UnitReason.Added);

    private static PlannedUnit? Changed(ManifestUnit old, ManifestUnit @new)
    {
        if (old.Path != @new.Path)
            return new(@new.Name, OnFile(@new), UnitReason.FileChanged);
        if (Differing(old.RestartTriggers, @new.RestartTriggers) is { } trigger)
            return new(@new.Name, OnFile(@new), UnitReason.TriggerChanged, trigger);
        if (Differing(old.ReloadTriggers, @new.ReloadTriggers) is { } reload)
            return new(@new.Name, @new.OnChange == OnChange.Keep ? UnitAction.None : UnitAction.Reload, UnitReason.ReloadTriggerChanged, reload);
        if (@new.WantedBy.Except(old.WantedBy, StringComparer.Ordinal).Order(StringComparer.Ordinal).FirstOrDefault() is { } target)
            return new(@new.Name, UnitAction.Start, UnitReason.NewlyWanted, target);
        return null;
    }

    private static UnitAction OnFile(ManifestUnit unit) => Kind(unit.Name) switch
    {
        // Properties of a slice count from the daemon-reload on; restarting one would stop everything in it.
        "slice" => UnitAction.None,
        // Starting a reached target starts what it newly pulls in, and restarts nothing.
        "target" => UnitAction.Start,
        _ => unit.OnChange switch
        {
            OnChange.Reload => UnitAction.Reload,
            OnChange.StopStart => UnitAction.StopStart,
            OnChange.Keep => UnitAction.None,
            _ => UnitAction.Restart,
        },
    };

    /// <summary>
    /// systemd refuses to open a socket whose service runs, and an open socket starts its service again: so both stop before
    /// the switch, the socket opens after it, and the service comes back by a connection or because it is wanted by itself.
    /// </summary>
    private static IEnumerable<PlannedUnit> ServicesOfSockets(
        IReadOnlyList<PlannedUnit> plan, Dictionary<string, ManifestUnit> before, Dictionary<string, ManifestUnit> after)
    {
        foreach (var socket in plan.Where(p => Kind(p.Name) == "socket" && p.Action is UnitAction.Restart or UnitAction.StopStart))
        {
            var service = System.IO.Path.ChangeExtension(socket.Name, "service");
            if (!before.ContainsKey(service) || !after.TryGetValue(service, out var unit))
                continue;
            yield return socket with { Action = UnitAction.StopStart };
            var back = unit.WantedBy.Count > 0 ? UnitAction.StopStart : UnitAction.Stop;
            yield return new(service, back, UnitReason.SocketChanged, socket.Name);
        }
    }

    private static string? Differing(IReadOnlyList<string> old, IReadOnlyList<string> @new) =>
        @new.Except(old, StringComparer.Ordinal).Concat(old.Except(@new, StringComparer.Ordinal)).Order(StringComparer.Ordinal).FirstOrDefault() is { } path
            ? NameOf(path)
            : null;

    /// <summary>What a person knows a store path by: the name after its hash.</summary>
    private static string NameOf(string storePath)
    {
        var file = System.IO.Path.GetFileName(storePath);
        return file.Length > 33 && file[32] == '-' ? file[33..] : file;
    }

    internal static string Kind(string unit) => unit[(unit.LastIndexOf('.') + 1)..];

    internal static bool IsTemplate(string unit) => unit.Contains("@.", StringComparison.Ordinal);

    /// <summary>What systemd is asked for: of a template, its instances.</summary>
    internal static string Pattern(string unit) => IsTemplate(unit) ? unit.Replace("@.", "@*.", StringComparison.Ordinal) : unit;
}
