using Hale.Store.Closure;

namespace Hale.Activator.Plan;

/// <summary>Two systems in, one plan out. Knows nothing of the machine: what really runs is looked at by <see cref="UnitJobs"/>.</summary>
internal static class Planner
{
    internal const string SysusersFile = "/etc/sysusers.d/hale.conf";
    internal const string TmpfilesFile = "/etc/tmpfiles.d/hale.conf";
    private const string UnitFolder = "/etc/systemd/system/";

    internal static ActivationPlan Plan(SystemManifest? old, SystemManifest @new)
    {
        var files = Files(old, @new);
        var links = Links(old, @new);
        var units = UnitPlanner.Plan(old?.Units ?? [], @new.Units);
        return new ActivationPlan
        {
            Host = @new.Host,
            First = old is null,
            OldRevision = old?.Revision,
            NewRevision = @new.Revision,
            Units = units,
            Links = links,
            Files = files,
            DaemonReload = links.Count > 0
                || FilesDiffer(old, @new)
                || files.Any(f => f.Path.StartsWith(UnitFolder, StringComparison.Ordinal)),
            Sysusers = Written(files, SysusersFile),
            Tmpfiles = Written(files, TmpfilesFile),
            SecretsMade = NewSecrets(old, @new, SecretOrigin.Generated),
            SecretsAwaited = NewSecrets(old, @new, SecretOrigin.Provided),
            PortsOpened = Without(@new.Ports, old?.Ports ?? []),
            PortsClosed = Without(old?.Ports ?? [], @new.Ports),
            Packages = Packages(old, @new),
        };
    }

    private static bool FilesDiffer(SystemManifest? old, SystemManifest @new)
    {
        var before = (old?.Units ?? []).ToDictionary(u => u.Name, u => u.Path, StringComparer.Ordinal);
        return before.Count != @new.Units.Count || @new.Units.Any(u => before.GetValueOrDefault(u.Name) != u.Path);
    }

    private static bool Written(List<PlannedFile> files, string path) =>
        files.Any(f => f.Path == path && f.Change != Change.Removed);

    private static List<PlannedLink> Links(SystemManifest? old, SystemManifest @new)
    {
        var before = old is null ? [] : LinkSet.Units(old).Select(l => l.Path).ToHashSet(StringComparer.Ordinal);
        var after = LinkSet.Units(@new).Select(l => l.Path).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. after.Except(before).Select(p => new PlannedLink(p, Change.Added))
                .Concat(before.Except(after).Select(p => new PlannedLink(p, Change.Removed)))
                .OrderBy(l => l.Path, StringComparer.Ordinal),
        ];
    }

    private static List<PlannedFile> Files(SystemManifest? old, SystemManifest @new)
    {
        var before = (old?.Files ?? []).ToDictionary(f => f.Target, f => f.Path, StringComparer.Ordinal);
        var after = @new.Files.ToDictionary(f => f.Target, f => f.Path, StringComparer.Ordinal);
        return
        [
            .. before.Keys.Union(after.Keys)
                .Where(t => before.GetValueOrDefault(t) != after.GetValueOrDefault(t))
                .Select(t => new PlannedFile(t, !before.ContainsKey(t) ? Change.Added : after.ContainsKey(t) ? Change.Changed : Change.Removed))
                .OrderBy(f => f.Path, StringComparer.Ordinal),
        ];
    }

    private static List<string> NewSecrets(SystemManifest? old, SystemManifest @new, SecretOrigin origin) =>
        Without(Names(@new, origin), old is null ? [] : Names(old, origin));

    private static IEnumerable<string> Names(SystemManifest manifest, SecretOrigin origin) =>
        manifest.Secrets.Where(s => s.Origin == origin).Select(s => s.Name);

    private static List<string> Without(IEnumerable<string> all, IEnumerable<string> those) =>
        [.. all.Except(those, StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static List<PlannedPackage> Packages(SystemManifest? old, SystemManifest @new)
    {
        var before = old?.Packages ?? new Dictionary<string, string>();
        return
        [
            .. before.Keys.Union(@new.Packages.Keys)
                .Select(n => new PlannedPackage(n, before.GetValueOrDefault(n), @new.Packages.GetValueOrDefault(n)))
                .Where(p => p.Old != p.New)
                .OrderBy(p => p.Name, StringComparer.Ordinal),
        ];
    }
}
