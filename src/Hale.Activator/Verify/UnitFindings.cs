using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>What systemd says of the units, against what was declared.</summary>
internal static class UnitFindings
{
    /// <param name="manifest">The current system's.</param>
    /// <param name="states">What systemd says.</param>
    /// <param name="explained">Units whose files or drop-ins differ on the disk: that they are not read again follows from that.</param>
    /// <param name="since">When the file came that a unit must have been started from, in seconds after the epoch.</param>
    internal static IEnumerable<Finding> Of(
        SystemManifest manifest, IReadOnlyDictionary<string, UnitState> states, IReadOnlySet<string> explained, Func<string, long?> since)
    {
        foreach (var unit in UnitJobs.Behind(manifest, states))
        {
            var state = states.GetValueOrDefault(unit, UnitState.Unknown);
            yield return new Finding
            {
                Kind = state.Failed ? FindingKind.UnitFailed : FindingKind.UnitStopped,
                Unit = unit,
                Expected = "running",
                Actual = state.Failed ? $"failed ({state.Result})" : "stopped",
            };
        }

        var declared = manifest.Units.ToDictionary(u => u.Name, StringComparer.Ordinal);
        foreach (var name in states.Keys.Order(StringComparer.Ordinal))
        {
            if (Template(name, declared) is not { } unit)
                continue;
            var state = states[name];
            if (state.Stale && !explained.Contains(name))
                yield return new Finding
                {
                    Kind = FindingKind.UnitNotReread,
                    Unit = name,
                    Expected = "as its file is",
                    Actual = "as it was when systemd last read it",
                };
            if (state.Frozen)
                yield return new Finding { Kind = FindingKind.UnitFrozen, Unit = name, Expected = "running", Actual = "frozen" };
            if (state.Runs && state.Started is { } started && unit.OnChange is OnChange.Restart or OnChange.StopStart && !explained.Contains(name)
                && since(unit.Name) is { } came && started < came)
                yield return new Finding
                {
                    Kind = FindingKind.UnitRunsOld,
                    Unit = name,
                    Expected = $"started from its file, which came at {At(came)}",
                    Actual = $"runs since {At(started)}",
                };
        }
    }

    private static ManifestUnit? Template(string name, Dictionary<string, ManifestUnit> declared) =>
        declared.GetValueOrDefault(name)
            ?? (UnitNames.TemplateOf(name) is { } template ? declared.GetValueOrDefault(template) : null);

    private static string At(long seconds) => $"{DateTimeOffset.FromUnixTimeSeconds(seconds):yyyy-MM-dd HH:mm:ss}Z";
}
