using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>Compares a machine with its current system. Changes nothing.</summary>
internal static class Verifier
{
    /// <param name="context">The machine; told how far hashing is.</param>
    /// <param name="system">What it must be.</param>
    /// <param name="depth">How much of the store is looked at.</param>
    /// <returns>Every difference, by kind and subject.</returns>
    internal static IReadOnlyList<Finding> Run(ActivationContext context, SystemClosure system, StoreDepth depth)
    {
        var (files, manifest) = (context.Files, system.Manifest);
        var states = Task.Run(() => context.Systemd.States(UnitJobs.Asked(null, manifest)));
        var store = Task.Run(() => StoreFindings.Of(files, system, depth, context.Report));
        var accounts = Accounts.Read(files);
        List<Finding> found =
        [
            .. Declared.Findings(files, system, accounts),
            .. LinkFindings.Of(files, manifest),
            .. UnitFolders.Of(files, manifest),
            .. FolderFindings.Of(files, manifest, accounts),
            .. UserFindings.Of(files, manifest, accounts),
            .. SysctlFindings.Of(files, manifest),
            .. SecretFindings.Of(context, manifest, accounts, depth),
        ];
        found.AddRange(store.GetAwaiter().GetResult());
        found.AddRange(UnitFindings.Of(manifest, states.GetAwaiter().GetResult(), Explained(found, manifest), Came(context, manifest)));
        return found.Count == 0 ? [] : [.. found.OrderBy(f => f.Kind).ThenBy(f => f.Subject, StringComparer.Ordinal)];
    }

    /// <summary>Units whose files differ on the disk: what systemd has read of them must differ too.</summary>
    private static HashSet<string> Explained(List<Finding> found, SystemManifest manifest)
    {
        var explained = found.Where(f => f.Kind <= FindingKind.UnitProperty).Select(f => f.Unit).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var written = found.Where(f => f.Kind >= FindingKind.StoreMissing).Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        explained.UnionWith(manifest.Units.Where(u => written.Contains(u.Path)).Select(u => u.Name));
        // A drop-in for all units of a kind names none.
        if (found.Any(f => f.Kind is FindingKind.UnitDropIn or FindingKind.UnitProperty && f.Unit is null))
            explained.UnionWith(manifest.Units.Select(u => u.Name));
        return explained;
    }

    /// <summary>
    /// When the file of a unit came: with the last switch, where the generation before had another; when its link was made, where that was
    /// later. Only what came since the machine booted counts: a unit that started at boot may have done so by a clock that was wrong.
    /// </summary>
    private static Func<string, long?> Came(ActivationContext context, SystemManifest manifest)
    {
        var files = context.Files;
        var booted = Booted(files);
        var switched = PathStat.Of(files.At(SystemClosure.RunningLink))?.Modified;
        // A system's folder has a link to each of its units, which is less to read than its manifest.
        var before = Before(context);
        var now = manifest.Units.ToDictionary(u => u.Name, u => u.Path, StringComparer.Ordinal);
        return unit =>
        {
            var linked = PathStat.Of(files.At($"/etc/systemd/system/{unit}"))?.Modified;
            var came = before is not null && files.Target($"{before}/units/{unit}") is { } path && path != now[unit] && switched > linked ? switched : linked;
            return came > booted ? came : null;
        };
    }

    /// <summary>When the machine booted, by the clock as it goes now: proc_stat(5).</summary>
    private static long Booted(MachineFiles files)
    {
        var line = Encoding.ASCII.GetString(files.Read("/proc/stat") ?? []).Split('\n').FirstOrDefault(line => line.StartsWith("btime ", StringComparison.Ordinal));
        return line is not null && long.TryParse(line["btime ".Length..], out var seconds) ? seconds : 0;
    }

    /// <summary>The system that the machine was in before; null for none, or where its record is damaged.</summary>
    private static string? Before(ActivationContext context)
    {
        try
        {
            return context.Generations.Before() is { } number ? context.Generations.Find(number)?.System : null;
        }
        catch (Hale.Store.UserError)
        {
            return null;
        }
    }
}
