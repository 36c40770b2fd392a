using Hale.Operator.Diagnose;
using Hale.Store.Closure;

namespace Hale.Operator.Verify;

/// <summary>A finding as lines that a person reads: what and where, what is there and what was declared, the difference, what to try.</summary>
internal static class FindingText
{
    /// <summary>The lines of a finding.</summary>
    public static IEnumerable<string> Lines(Finding finding, Ink ink) =>
    [
        $"  {ink.Yellow("~")} {ink.Bold(finding.Subject)}: {finding.Actual}; declared: {finding.Expected}",
        .. finding.Diff.Select(line => $"      {Coloured(line, ink)}"),
        .. Hint(finding) is { Length: > 0 } hint ? [$"      {ink.Cyan("hint:")} {hint}"] : Array.Empty<string>(),
    ];

    /// <summary>The line of something that was put right.</summary>
    public static IEnumerable<string> Lines(RepairedEvent repaired, Ink ink) =>
        [$"  {ink.Green("✓")} put back {repaired.Finding.Subject}{(repaired.Aside is { } aside ? $" (kept: {aside})" : "")}"];

    private static string Hint(Finding finding) => finding.Kind switch
    {
        FindingKind.OwnFile => "it must be as Hale wrote it: at boot the machine finds its system by it",
        FindingKind.LinkReplaced or FindingKind.LinkElsewhere or FindingKind.UnitDropIn or FindingKind.UnitShadowed when finding.IsContent =>
            "say it in fleet.cs, where it lasts; --repair keep moves it aside, --repair overwrite discards it",
        FindingKind.UnitProperty => $"say it in fleet.cs; by hand: systemctl revert {finding.Unit}",
        FindingKind.UnitMasked => "a unit that must not run is taken out of fleet.cs",
        FindingKind.UnitDisabled => "a unit that must not start is taken out of fleet.cs",
        FindingKind.UnitWanted or FindingKind.UnitAlias => $"by hand: rm {finding.Path}",
        FindingKind.UnitNotReread => "by hand: systemctl daemon-reload",
        FindingKind.UnitRunsOld => $"by hand: systemctl restart {finding.Unit}",
        FindingKind.UnitStopped => $"by hand: systemctl start {finding.Unit}",
        FindingKind.UnitFailed => $"look why: journalctl -u {finding.Unit}",
        FindingKind.UnitFrozen => $"by hand: systemctl thaw {finding.Unit}",
        FindingKind.FolderMissing when finding.IsContent => "--repair keep moves what is there aside",
        FindingKind.Mode => $"by hand: chmod {finding.Expected} {finding.Path}",
        FindingKind.Owner => $"by hand: chown {finding.Expected} {finding.Path}",
        FindingKind.Sysctl => "another file of /etc/sysctl.d may set it too",
        FindingKind.SecretChanged => "a secret is changed in its sops file, and deployed",
        FindingKind.StoreMissing or FindingKind.StoreChanged => "--repair overwrite sends it again",
        _ => "",
    };

    private static string Coloured(string line, Ink ink) => line switch
    {
        ['+', ..] => ink.Green(line),
        ['-', ..] => ink.Red(line),
        ['@', ..] => ink.Cyan(line),
        _ => line,
    };
}
