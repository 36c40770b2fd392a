namespace Hale.Store.Closure;

/// <summary>A plan as lines that a person reads; the same for <c>--dry-run</c>, for a deployment and for the goldens of the tests.</summary>
public static partial class PlanText
{
    /// <summary>The lines of a plan, without colour; one line saying so where there is nothing to do.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="whole">Whether all lines of differences are wanted, also of what comes or goes as a whole.</param>
    /// <returns>Lines without line ends, each a mark (<c>+</c> comes, <c>~</c> changes, <c>-</c> goes), what, and why.</returns>
    public static IEnumerable<string> Lines(ActivationPlan plan, bool whole = false)
    {
        if (plan.IsEmpty)
            return [plan.Detail is null || plan.Detail.OldSystem == plan.Detail.NewSystem ? $"{plan.Host}: nothing to do" : $"{Title(plan).TrimEnd(':')}: nothing on the machine would differ; it is recorded as a generation"];
        return
        [
            Title(plan),
            .. plan.Packages.GroupBy(p => p.Name.Split('/')[0]).SelectMany(Packages),
            .. plan.Files.Select(f => $"  {Mark(f.Change)} file    {f.Path}"),
            .. plan.Links.Select(l => $"  {Mark(l.Change)} link    {l.Path}"),
            .. plan.SecretsMade.Select(s => $"  + secret  {s} (made on the machine where it is missing)"),
            .. plan.SecretsAwaited.Select(s => $"  + secret  {s} (from its sops file)"),
            .. plan.SecretsChanged.Select(s => $"  ~ secret  {s}"),
            .. plan.SecretsUnknown ? ["  ~ secrets (which ones, the machine can tell once it has the new files)"] : Array.Empty<string>(),
            .. plan.PortsOpened.Select(p => $"  + port    {p}"),
            .. plan.PortsClosed.Select(p => $"  - port    {p}"),
            .. plan.Sysusers ? ["  ~ users   systemd-sysusers"] : Array.Empty<string>(),
            .. plan.Tmpfiles ? ["  ~ folders systemd-tmpfiles"] : Array.Empty<string>(),
            .. plan.DaemonReload ? ["  ~ systemd reads its units again"] : Array.Empty<string>(),
            .. plan.State.Select(State),
            .. plan.Units.Select(u => $"  {Mark(u.Reason)} unit    {Verb(u)} {u.Name} ({Why(u)})"),
            .. plan.Detail is { } detail ? Detail(detail, whole) : [],
        ];
    }

    /// <summary>One line for each package; a root that is new as a whole is one line, for its packages are no change that anyone weighs.</summary>
    private static IEnumerable<string> Packages(IGrouping<string, PlannedPackage> root)
    {
        var packages = root.ToList();
        if (packages.Count < 4 || packages.Any(p => p.Old is not null))
            return packages.Select(p => $"  {Mark(p.Old is null, p.New is null)} package {p.Name} {Versions(p)}");
        var itself = packages.FirstOrDefault(p => p.Name == $"{root.Key}/{root.Key}");
        return [$"  + package {root.Key}{(itself is null ? "" : $" {itself.New}")} ({packages.Count} packages)"];
    }

    private static string Title(ActivationPlan plan)
    {
        if (plan.First)
            return $"{plan.Host}: first activation{At(plan.NewRevision)}";
        var after = plan.Detail?.OldGeneration is { } number ? $" after generation {number}:" : "";
        return plan.OldRevision == plan.NewRevision ? $"{plan.Host}:{after}"
            : $"{plan.Host}:{after} {plan.OldRevision ?? "no revision"} -> {plan.NewRevision ?? "no revision"}";
    }

    private static string At(string? revision) => revision is null ? "" : $" of {revision}";

    private static string Versions(PlannedPackage package) => package switch
    {
        { Old: null } => package.New!,
        { New: null } => package.Old,
        _ => $"{package.Old} -> {package.New}",
    };

    private static string Verb(PlannedUnit unit) => unit switch
    {
        { Action: UnitAction.None, Reason: UnitReason.Added } => "add",
        { Action: UnitAction.None, Reason: UnitReason.Removed } => "drop",
        { Action: UnitAction.None } => "keep",
        { Action: UnitAction.StopStart } => "stop, start",
        _ => unit.Action.ToString().ToLowerInvariant(),
    };

    private static string Why(PlannedUnit unit) => unit.Reason switch
    {
        UnitReason.Added => "new",
        UnitReason.Removed => "gone",
        UnitReason.FileChanged => "unit file changed",
        UnitReason.TriggerChanged or UnitReason.ReloadTriggerChanged => $"{unit.Detail} changed",
        UnitReason.NewlyWanted => $"wanted by {unit.Detail}",
        UnitReason.SecretChanged => $"secret {unit.Detail} changed",
        UnitReason.StateMoves => $"its data {unit.Detail}",
        _ => $"socket {unit.Detail} changed",
    };

    private static char Mark(UnitReason reason) => Mark(reason == UnitReason.Added, reason == UnitReason.Removed);

    private static char Mark(Change change) => Mark(change == Change.Added, change == Change.Removed);

    private static char Mark(bool comes, bool goes) => comes ? '+' : goes ? '-' : '~';
}
