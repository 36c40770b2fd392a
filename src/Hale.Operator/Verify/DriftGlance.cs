using Hale.Operator.Deploy;
using Hale.Produce;
using Hale.Store.Closure;

namespace Hale.Operator.Verify;

/// <summary>
/// Whether a machine that is in the very system that was built may have been changed by hand, or is not well: then its activator looks closely.
/// A suspicion that comes to nothing costs that look, so what can only be known there is not guessed here. Pure.
/// </summary>
internal static class DriftGlance
{
    private static readonly string[] Folders = [".d", ".wants", ".requires", ".upholds"];
    private static readonly string[] True = ["1", "yes", "true", "on"];

    /// <summary>Whether anything speaks for a closer look.</summary>
    /// <param name="manifest">The system that the machine is in.</param>
    /// <param name="declared">Its units as they were declared.</param>
    /// <param name="facts">What the machine said; null for nothing.</param>
    public static bool Suspects(SystemManifest manifest, IEnumerable<Unit> declared, DriftFacts? facts)
    {
        if (facts is null)
            return true;
        var units = manifest.Units.ToDictionary(unit => unit.Name, StringComparer.Ordinal);
        return facts.Links != manifest.Units.Sum(unit => 1 + unit.WantedBy.Count)
            || facts.Files != manifest.Files.Count
            || facts.Written.Count > 0
            || facts.Beside.Any(entry => Concerns(entry.Path, entry.Target, units))
            || declared.Any(unit => !Stands(unit, facts.Units));
    }

    private static bool Concerns(string path, string target, Dictionary<string, ManifestUnit> units)
    {
        var folder = Path.GetFileName(Path.GetDirectoryName(path)!);
        var ending = Array.Find(Folders, one => folder.EndsWith(one, StringComparison.Ordinal));
        if (ending is null || ending != ".d")
        {
            var who = ending is null ? "" : folder[..^ending.Length];
            return Is(Path.GetFileName(path), units) || Is(who, units) || Is(Path.GetFileName(target), units)
                || units.Values.Any(unit => unit.Path == target);
        }

        var of = folder[..^ending.Length];
        return path.EndsWith(".conf", StringComparison.Ordinal) && (Is(of, units)
            || (!of.Contains('.', StringComparison.Ordinal) && !path.StartsWith("/run/systemd/system/", StringComparison.Ordinal))
            || (of.LastIndexOf('.') is > 0 and var dot && of[dot - 1] == '-' && units.Keys.Any(unit => unit.StartsWith(of[..dot], StringComparison.Ordinal))));
    }

    /// <summary>Whether a name is a unit's, or an instance's of its template.</summary>
    private static bool Is(string name, Dictionary<string, ManifestUnit> units) => units.ContainsKey(name)
        || (UnitNames.TemplateOf(name) is { } template && units.ContainsKey(template));

    /// <summary>Whether a unit runs, or need not.</summary>
    private static bool Stands(Unit unit, IReadOnlyDictionary<string, string> states)
    {
        var state = states.GetValueOrDefault(unit.Name, "inactive");
        if (state == "failed")
            return false;
        var due = !unit.Name.Contains("@.", StringComparison.Ordinal) && unit.WantedBy.Any(target => states.GetValueOrDefault(target) == "active");
        return state != "inactive" || !due || MayRest(unit.Body);
    }

    /// <summary>A oneshot rests once it has done its work, and a unit with conditions where they do not hold.</summary>
    private static bool MayRest(UnitBody body) =>
        body.Any(line => line.Key.StartsWith("Condition", StringComparison.Ordinal) || line.Key.StartsWith("Assert", StringComparison.Ordinal))
        || (body.Any(line => line is { Section: "Service", Key: "Type" } && line.Value.ToString() == "oneshot")
            && !body.Any(line => line is { Section: "Service", Key: "RemainAfterExit" } && True.Contains(line.Value.ToString())));
}
