using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>What a repair is told.</summary>
internal sealed record RepairOptions
{
    /// <summary>Whether what a person wrote is copied aside first.</summary>
    internal bool Keep { get; init; }

    /// <summary>Whether units that should run are started; an activation that follows does it with their new files.</summary>
    internal bool Start { get; init; } = true;

    /// <summary>Units that are left alone because an activation that follows stops or restarts them anyway.</summary>
    internal IReadOnlySet<string> Except { get; init; } = new HashSet<string>();

    /// <summary>Store paths that came anew: what runs from them must start again.</summary>
    internal IReadOnlyList<string> Replaced { get; init; } = [];
}

/// <summary>
/// Puts a machine back as it was declared, in the order of an activation: users, directories, files and links, kernel settings, units. What
/// cannot be put right is told, and the rest goes on.
/// </summary>
internal sealed class Repair(ActivationContext context, SystemClosure system, RepairOptions options)
{
    private static readonly FindingKind[] OfFiles =
    [
        FindingKind.LinkMissing, FindingKind.LinkReplaced, FindingKind.LinkElsewhere, FindingKind.UnitMasked, FindingKind.UnitShadowed,
        FindingKind.UnitDropIn, FindingKind.UnitProperty, FindingKind.UnitDisabled, FindingKind.UnitWanted, FindingKind.UnitAlias,
    ];

    private readonly List<ActivationError> _errors = [];
    private readonly Dictionary<Finding, string> _kept = [];

    private MachineFiles Files => context.Files;

    /// <returns>What could not be put right.</returns>
    internal IReadOnlyList<ActivationError> Run(IReadOnlyList<Finding> found)
    {
        if (options.Keep)
            Keep(found);
        var own = LinkSet.All(system.Manifest).Concat(StagedLinks.Of(system.Manifest)).Concat(Declared.Pointers(Files, system))
            .ToDictionary(link => link.Path, StringComparer.Ordinal);
        var settings = new SettingRepair(context, system.Manifest);
        Each(found, FindingKind.UserMissing, FindingKind.UserChanged, settings.User);
        Each(found, FindingKind.FolderMissing, FindingKind.FolderMissing, settings.Folder);
        Each(found, FindingKind.Mode, FindingKind.Owner, settings.Access);
        foreach (var finding in found.Where(f => OfFiles.Contains(f.Kind)))
            Try(finding, () => File(finding, own));
        Each(found, FindingKind.OwnFile, FindingKind.OwnFile, _ => Generator());
        Each(found, FindingKind.Sysctl, FindingKind.Sysctl, settings.Sysctl);
        Secrets([.. found.Where(f => f.Kind == FindingKind.SecretChanged)]);
        Each(found, FindingKind.StoreChanged, FindingKind.StoreMode, finding => StoreRepair.Run(Files, finding));
        Units(found);
        return _errors;
    }

    private void Keep(IReadOnlyList<Finding> found)
    {
        var aside = new Aside(Files, context.Clock.GetUtcNow());
        foreach (var finding in found.Where(f => f is { IsContent: true, Path: not null } && Files.Exists(f.Path)))
            _kept[finding] = aside.Keep(finding.Path!);
        // On the disk before the first of them is overwritten.
        if (_kept.Count > 0)
            Files.SyncAll();
    }

    private void Each(IReadOnlyList<Finding> found, FindingKind first, FindingKind last, Action<Finding> put)
    {
        foreach (var finding in found.Where(f => f.Kind >= first && f.Kind <= last))
            Try(finding, () => put(finding));
    }

    private void Try(Finding finding, Action put)
    {
        try
        {
            put();
            Told(finding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserError)
        {
            _errors.Add(new ActivationError($"{finding.Subject} could not be put right: {e.Message}", (e as UserError)?.Hint, finding.Unit));
        }
    }

    private void Told(Finding finding) => context.Report(new RepairedEvent(finding, _kept.GetValueOrDefault(finding)));

    private void File(Finding finding, Dictionary<string, Link> own)
    {
        var path = finding.Path!;
        if (!own.TryGetValue(path, out var link))
        {
            Clear(Files, path);
            for (var folder = Path.GetDirectoryName(path)!; IsOfUnits(folder); folder = Path.GetDirectoryName(folder)!)
                Files.RemoveFolderIfEmpty(folder);
            return;
        }

        if (Files.IsFolder(path))
            Clear(Files, path);
        Files.MakeFolder(Path.GetDirectoryName(path)!, (UnixFileMode)0b111_101_101);
        Files.SetLink(path, link.Target);
        // What runs was started from that file, as far as anyone knows: a link that is made anew is no newer file.
        if (finding.Kind is FindingKind.LinkMissing or FindingKind.UnitMasked)
            System.IO.File.SetLastWriteTimeUtc(Files.At(path), DateTime.UnixEpoch.AddSeconds(1));
    }

    private void Generator()
    {
        Clear(Files, BootGenerator.Place);
        BootGenerator.Install(Files);
    }

    private static bool IsOfUnits(string folder) => Path.GetExtension(folder) is ".d" or ".wants" or ".requires" or ".upholds" or ".control";

    internal static void Clear(MachineFiles files, string path)
    {
        if (files.IsFolder(path))
            files.RemoveFolder(path);
        else
            files.Remove(path);
    }

    /// <summary>All at once, as at boot: staged anew beside what is there, and switched to.</summary>
    private void Secrets(IReadOnlyList<Finding> found)
    {
        if (found.Count == 0)
            return;
        foreach (var stranger in found.Where(f => f.Expected == "nothing here"))
            Clear(Files, stranger.Path!);
        var errors = Restaging.Run(context).Errors;
        _errors.AddRange(errors);
        if (errors.Count == 0)
            foreach (var finding in found)
                Told(finding);
    }

    private void Units(IReadOnlyList<Finding> found)
    {
        var reread = found.Any(f => f.Kind == FindingKind.UnitNotReread
            || (OfFiles.Contains(f.Kind) && f.Path!.Contains("/systemd/", StringComparison.Ordinal)));
        var frozen = found.Where(f => f.Kind == FindingKind.UnitFrozen).Select(f => f.Unit!).ToList();
        context.Systemd.Run(UnitVerb.Thaw, frozen);
        var states = context.Systemd.States(UnitJobs.Asked(null, system.Manifest));
        var due = new RepairJobs(Files, system.Manifest, options).Of(found, states);
        var errors = Steps.Units.Run(context, reread, due);
        _errors.AddRange(errors);
        foreach (var finding in found.Where(f => f.Kind is FindingKind.UnitNotReread or FindingKind.UnitFrozen or FindingKind.UnitRunsOld
            || (f.Kind is FindingKind.UnitStopped or FindingKind.UnitFailed && due.Start.Contains(f.Unit!))))
            if (!errors.Any(error => error.Unit == finding.Unit))
                Told(finding);
    }
}
