using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;
using Hale.Store.Paths;

namespace Hale.Activator.Verify;

/// <summary>Which units a repair reloads, restarts and starts: what runs from something that was altered begins anew from what was declared.</summary>
internal sealed class RepairJobs(MachineFiles files, SystemManifest manifest, RepairOptions options)
{
    internal UnitJobs Of(IReadOnlyList<Finding> found, IReadOnlyDictionary<string, UnitState> states)
    {
        var altered = found.Where(IsAltered).SelectMany(Concerned).Concat(FromReplaced())
            .Concat(found.Where(f => f.Kind == FindingKind.UnitRunsOld).Select(f => f.Unit!)).ToHashSet(StringComparer.Ordinal);
        var triggered = found.Where(f => f.Kind is FindingKind.LinkReplaced or FindingKind.LinkElsewhere && f.Unit is null)
            .Select(f => manifest.Files.FirstOrDefault(file => file.Target == f.Path)?.Path).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var reload = new HashSet<string>(StringComparer.Ordinal);
        var restart = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, state) in states)
            if (state.Runs && !options.Except.Contains(name) && Declared(name) is { OnChange: not OnChange.Keep } unit)
            {
                if (altered.Contains(name) || altered.Contains(unit.Name))
                    (unit.OnChange == OnChange.Reload && state.Active == "active" ? reload : restart).Add(name);
                else if (unit.RestartTriggers.Any(triggered.Contains))
                    restart.Add(name);
                else if (unit.ReloadTriggers.Any(triggered.Contains))
                    reload.Add(name);
            }

        // An open socket cannot be opened anew while its service runs.
        restart.UnionWith(restart.Where(name => UnitPlanner.Kind(name) == "socket").Select(name => Path.ChangeExtension(name, "service"))
            .Where(service => states.GetValueOrDefault(service, UnitState.Unknown).Runs).ToList());
        restart.RemoveWhere(name => UnitPlanner.Kind(name) is "slice" or "target");
        reload.ExceptWith(restart);
        var start = options.Start ? found.Where(f => f.Kind is FindingKind.UnitStopped or FindingKind.UnitFailed).Select(f => f.Unit!) : [];
        return UnitJobs.OfRepair(reload, restart, start.Where(name => !options.Except.Contains(name)));
    }

    private static bool IsAltered(Finding finding) => finding.Kind == FindingKind.UnitDropIn
        || (finding.Unit is not null && finding.Kind is FindingKind.LinkReplaced or FindingKind.LinkElsewhere or FindingKind.UnitShadowed);

    private IEnumerable<string> Concerned(Finding finding) => finding.Unit is { } unit ? [unit]
        : UnitFolders.Concerned(
            Path.GetFileNameWithoutExtension(Path.GetDirectoryName(finding.Path)!), Path.GetDirectoryName(Path.GetDirectoryName(finding.Path))!,
            manifest.Units.ToDictionary(u => u.Name, u => u.Path, StringComparer.Ordinal));

    /// <summary>Units whose file needs, over however many steps, a path that came anew.</summary>
    private IEnumerable<string> FromReplaced()
    {
        if (options.Replaced.Count == 0)
            return [];
        var (store, needs) = (files.Store(), new Dictionary<string, bool>(StringComparer.Ordinal));
        foreach (var path in options.Replaced)
            needs[path] = true;
        return manifest.Units.Where(unit => Needs(unit.Path) || unit.RestartTriggers.Concat(unit.ReloadTriggers).Any(Needs)).Select(unit => unit.Name);

        bool Needs(string path)
        {
            if (needs.TryGetValue(path, out var known))
                return known;
            needs[path] = false;
            return needs[path] = StorePath.TryParse(path, out var parsed) && store.Find(parsed) is { } info
                && info.References.Any(reference => Needs(reference.ToString()));
        }
    }

    private ManifestUnit? Declared(string name) => manifest.Units.FirstOrDefault(unit => unit.Name == name)
        ?? (UnitNames.TemplateOf(name) is { } template ? manifest.Units.FirstOrDefault(unit => unit.Name == template) : null);
}
