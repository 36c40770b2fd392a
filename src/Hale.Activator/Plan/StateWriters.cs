using Hale.Store.Closure;

namespace Hale.Activator.Plan;

/// <summary>Which units must be down while data are copied or put back: those that write them in either system, and what would start those. Pure.</summary>
internal static class StateWriters
{
    private static readonly string[] Starters = ["socket", "timer", "path"];

    /// <summary>The units of some data, by name.</summary>
    internal static IReadOnlyList<string> Of(string state, SystemManifest? old, SystemManifest @new) =>
    [
        .. (old?.State ?? []).Concat(@new.State).Where(s => s.Name == state).SelectMany(s => s.Units).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>The plan's units, and those of some data: stopped before the switch, started after it.</summary>
    internal static IReadOnlyList<PlannedUnit> With(IReadOnlyList<PlannedUnit> plan, SystemManifest? old, SystemManifest @new, IEnumerable<string> states)
    {
        var units = plan.ToDictionary(u => u.Name, StringComparer.Ordinal);
        var known = (old?.Units ?? []).Concat(@new.Units).Select(u => u.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var state in states)
            foreach (var unit in Of(state, old, @new).SelectMany(Together).Where(known.Contains))
                if (!units.TryGetValue(unit, out var planned))
                    units[unit] = new PlannedUnit(unit, UnitAction.StopStart, UnitReason.StateMoves, state);
                else if (planned.Action is not (UnitAction.Stop or UnitAction.StopStart))
                    units[unit] = planned with { Action = UnitAction.StopStart };
        return UnitPlanner.InOrder(units.Values);
    }

    /// <summary>A unit, and what would start it.</summary>
    internal static IEnumerable<string> Together(string unit) => Starters.Select(kind => System.IO.Path.ChangeExtension(unit, kind)).Prepend(unit);
}
