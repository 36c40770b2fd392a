using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>The links that the system made: of units, of what wants them, of files.</summary>
internal static class LinkFindings
{
    private const string Null = "/dev/null";

    internal static IEnumerable<Finding> Of(MachineFiles files, SystemManifest manifest)
    {
        var units = manifest.Units.ToDictionary(u => u.Name, u => u.Path, StringComparer.Ordinal);
        foreach (var link in LinkSet.Units(manifest).Where(link => !files.Has(link)))
        {
            var unit = Path.GetFileName(link.Path);
            yield return Unit(files, link, unit, units[unit]);
        }

        foreach (var file in manifest.Files)
            if (LinkSet.Of(file) is var link && !files.Has(link))
                yield return Other(files, link, null, file.Path);
    }

    private static Finding Unit(MachineFiles files, Link link, string unit, string declared)
    {
        var wants = Path.GetDirectoryName(link.Path)!.EndsWith(".wants", StringComparison.Ordinal);
        if (!files.Exists(link.Path) && wants)
            return new Finding
            {
                Kind = FindingKind.UnitDisabled,
                Path = link.Path,
                Unit = unit,
                Expected = $"wanted by {Path.GetFileNameWithoutExtension(Path.GetDirectoryName(link.Path)!)}",
                Actual = "no such link: disabled",
            };
        return !wants && IsMask(files, link.Path) ? Masked(files, link.Path, unit, "a link to its file") : Other(files, link, unit, declared);
    }

    /// <summary>A link to nothing, or an empty file: either way systemd refuses to start the unit.</summary>
    internal static bool IsMask(MachineFiles files, string path) => files.Target(path) is { } target
        ? target == Null
        : PathStat.Of(files.At(path)) is { IsFile: true, Size: 0 };

    internal static Finding Masked(MachineFiles files, string path, string unit, string expected) => new()
    {
        Kind = FindingKind.UnitMasked,
        Path = path,
        Unit = unit,
        Expected = expected,
        Actual = $"{What(files, path)}: masked",
    };

    /// <param name="files">The machine.</param>
    /// <param name="link">The link that should be there.</param>
    /// <param name="unit">The unit it is of.</param>
    /// <param name="declared">The text it stands for; null where none may be shown.</param>
    internal static Finding Other(MachineFiles files, Link link, string? unit, string? declared)
    {
        var kind = !files.Exists(link.Path) ? FindingKind.LinkMissing
            : files.Target(link.Path) is null ? FindingKind.LinkReplaced : FindingKind.LinkElsewhere;
        return new Finding
        {
            Kind = kind,
            Path = link.Path,
            Unit = unit,
            Expected = $"a link to {link.Target}",
            Actual = What(files, link.Path),
            Diff = kind == FindingKind.LinkMissing || declared is null ? [] : Difference.Between(files, declared, link.Path, link.Path),
            IsContent = kind != FindingKind.LinkMissing && !LeadsToStore(files, link.Path),
        };
    }

    /// <summary>A link into the store is no work of a person's: systemctl writes such ones.</summary>
    private static bool LeadsToStore(MachineFiles files, string path) =>
        files.Target(path)?.StartsWith("/nix/store/", StringComparison.Ordinal) == true;

    internal static string What(MachineFiles files, string path) => files.Target(path) is { } target ? $"a link to {target}"
        : PathStat.Of(files.At(path)) switch
        {
            null => "nothing",
            { IsFolder: true } => "a folder",
            { IsFile: true, Size: var size } => size == 1 ? "a file of 1 byte" : $"a file of {size} bytes",
            _ => "something that is neither file nor folder",
        };
}
