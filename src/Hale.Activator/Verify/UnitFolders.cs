using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>
/// What stands beside Hale's units in the folders where systemd looks (systemd.unit(5), "Unit File Load Path"): files that count before
/// them, drop-ins, masks, links that want them. Generators' folders are not looked at: what is there, a program made.
/// </summary>
internal static class UnitFolders
{
    private const string Administrator = "/etc/systemd/system";
    private const string Runtime = "/run/systemd/system";

    /// <summary>Where a file counts before <c>/etc/systemd/system</c>, the strongest first.</summary>
    private static readonly string[] Stronger = ["/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient"];

    private static readonly string[] Pulls = [".wants", ".requires", ".upholds"];

    internal static IEnumerable<Finding> Of(MachineFiles files, SystemManifest manifest)
    {
        var units = manifest.Units.ToDictionary(u => u.Name, u => u.Path, StringComparer.Ordinal);
        var own = LinkSet.All(manifest).Select(link => link.Path).ToHashSet(StringComparer.Ordinal);
        return Stronger.Append(Administrator).Append(Runtime).SelectMany(folder => files.Names(folder).Order(StringComparer.Ordinal).SelectMany(name =>
            Entry(files, folder, name, units, own)));
    }

    private static IEnumerable<Finding> Entry(
        MachineFiles files, string folder, string name, Dictionary<string, string> units, HashSet<string> own)
    {
        var path = $"{folder}/{name}";
        if (own.Contains(path))
            return [];
        if (name.EndsWith(".d", StringComparison.Ordinal))
            return Concerned(name[..^2], folder, units) is { Count: > 0 } concerned ? DropIns(files, path, concerned, own) : [];
        if (Array.Find(Pulls, pull => name.EndsWith(pull, StringComparison.Ordinal)) is { } ending)
            return Pulled(files, path, name[..^ending.Length], ending[1..], units, own);
        if (Declared(name, units) is { } declared)
            return [LinkFindings.IsMask(files, path) ? LinkFindings.Masked(files, path, name, "nothing here") : Shadow(files, path, name, declared)];
        return folder == Administrator && files.Target(path) is { } target && LeadsTo(target, units) is { } unit ? [Alias(path, target, unit)] : [];
    }

    private static Finding Shadow(MachineFiles files, string path, string unit, string declared) => new()
    {
        Kind = FindingKind.UnitShadowed,
        Path = path,
        Unit = unit,
        Expected = "nothing here",
        Actual = $"{LinkFindings.What(files, path)} {(path.StartsWith(Runtime + "/", StringComparison.Ordinal) ? "beside" : "in place of")} the unit's",
        Diff = Difference.Between(files, declared, path, path),
        IsContent = true,
    };

    private static IEnumerable<Finding> DropIns(MachineFiles files, string folder, List<string> concerned, HashSet<string> own)
    {
        foreach (var path in files.Names(folder).Where(name => name.EndsWith(".conf", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => $"{folder}/{name}").Where(path => !own.Contains(path)))
        {
            var property = folder.Contains("/system.control/", StringComparison.Ordinal);
            yield return new Finding
            {
                Kind = property ? FindingKind.UnitProperty : FindingKind.UnitDropIn,
                Path = path,
                Unit = concerned.Count == 1 ? concerned[0] : null,
                Expected = "nothing here",
                Actual = property ? "a property set by systemctl set-property"
                    : concerned.Count == 1 ? $"a drop-in of {concerned[0]}" : $"a drop-in of {concerned.Count} units",
                Diff = Difference.Between(files, null, path, path),
                IsContent = true,
            };
        }
    }

    private static IEnumerable<Finding> Pulled(
        MachineFiles files, string folder, string who, string how, Dictionary<string, string> units, HashSet<string> own) =>
        files.Names(folder).Order(StringComparer.Ordinal).Where(name => !own.Contains($"{folder}/{name}"))
            .Where(name => Declared(name, units) is not null || Declared(who, units) is not null)
            .Select(name => new Finding
            {
                Kind = FindingKind.UnitWanted,
                Path = $"{folder}/{name}",
                Unit = Declared(name, units) is not null ? name : who,
                Expected = "nothing here",
                Actual = $"{LinkFindings.What(files, $"{folder}/{name}")}, so that {who} {how} {name}",
            });

    private static Finding Alias(string path, string target, string unit) => new()
    {
        Kind = FindingKind.UnitAlias,
        Path = path,
        Unit = unit,
        Expected = "nothing here",
        Actual = $"a link to {target}, one more name of {unit}",
    };

    /// <summary>The units that a folder of drop-ins counts for: its own, those of a prefix (<c>a-.service.d</c>), all of a type.</summary>
    internal static List<string> Concerned(string of, string folder, Dictionary<string, string> units)
    {
        if (Declared(of, units) is not null)
            return [of];
        if (!of.Contains('.', StringComparison.Ordinal))
            // Machines in containers get such drop-ins at run time from the outside: LXC's for every service.
            return folder == Runtime ? [] : [.. units.Keys.Where(unit => UnitPlanner.Kind(unit) == of)];
        var (stem, kind) = (of[..of.LastIndexOf('.')], UnitPlanner.Kind(of));
        return stem.EndsWith('-')
            ? [.. units.Keys.Where(unit => unit.StartsWith(stem, StringComparison.Ordinal) && UnitPlanner.Kind(unit) == kind)]
            : [];
    }

    /// <summary>The file of a declared unit, also of an instance of a declared template.</summary>
    private static string? Declared(string name, Dictionary<string, string> units) =>
        units.GetValueOrDefault(name) ?? (UnitNames.TemplateOf(name) is { } template ? units.GetValueOrDefault(template) : null);

    private static string? LeadsTo(string target, Dictionary<string, string> units) =>
        units.Keys.FirstOrDefault(unit => target == $"{LinkSet.Through}/units/{unit}" || target == $"{Administrator}/{unit}" || target == unit
            || target == units[unit]);
}
