using Hale.Activator.Staging;
using Hale.Store.Closure;

namespace Hale.Activator.Plan;

/// <summary>
/// Which units a change of secrets concerns: those that are handed one, and those that one says to restart or reload. No others.
/// </summary>
internal static class SecretUsers
{
    /// <param name="plan">What the two systems come to without their secrets.</param>
    /// <param name="new">The new system.</param>
    /// <param name="touched">Names below <c>/run/secrets</c> whose content differs.</param>
    internal static IReadOnlyList<PlannedUnit> With(ActivationPlan plan, SystemManifest @new, IReadOnlyCollection<string> touched)
    {
        if (touched.Count == 0)
            return plan.Units;
        var units = plan.Units.ToDictionary(u => u.Name, StringComparer.Ordinal);
        foreach (var (unit, action, secret) in Concerned(@new, touched))
            if (!units.TryGetValue(unit, out var planned) || Outdoes(action, planned))
                units[unit] = new PlannedUnit(unit, action, UnitReason.SecretChanged, secret);
        return UnitPlanner.InOrder(units.Values);
    }

    /// <summary>Restarts come first: a unit that restarts need not reload.</summary>
    private static IEnumerable<(string Unit, UnitAction Action, string Secret)> Concerned(
        SystemManifest manifest, IReadOnlyCollection<string> touched)
    {
        var kinds = manifest.Units.ToDictionary(u => u.Name, u => u.OnChange, StringComparer.Ordinal);
        var staged = StagedNames.All(manifest).Select(s => (Name: StagedItem.NameOf(s), Staged: s)).Where(s => touched.Contains(s.Name)).ToList();

        // Credentials are read when a unit starts; a reload would leave the old ones.
        foreach (var unit in manifest.Units)
            if (unit.Secrets.FirstOrDefault(touched.Contains) is { } handed)
                yield return (unit.Name, Restart(unit.Name), handed);
        foreach (var (name, secret) in staged)
            foreach (var unit in secret.Restart)
                yield return (unit, Restart(unit), name);
        foreach (var (name, secret) in staged)
            foreach (var unit in secret.Reload)
                yield return (unit, kinds.GetValueOrDefault(unit) == OnChange.Keep ? UnitAction.None : UnitAction.Reload, name);

        UnitAction Restart(string unit) => kinds.GetValueOrDefault(unit) switch
        {
            OnChange.Keep => UnitAction.None,
            OnChange.StopStart => UnitAction.StopStart,
            _ => UnitAction.Restart,
        };
    }

    private static bool Outdoes(UnitAction action, PlannedUnit planned) => action is UnitAction.Restart or UnitAction.StopStart
        && (planned.Action == UnitAction.Reload || planned.Reason == UnitReason.NewlyWanted);

    /// <summary>Units that secrets name and that need not be the system's own.</summary>
    internal static IEnumerable<string> Named(SystemManifest manifest) =>
        StagedNames.All(manifest).SelectMany(s => s.Restart.Concat(s.Reload));
}
