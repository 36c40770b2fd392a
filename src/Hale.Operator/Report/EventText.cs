using Hale.Operator.Diagnose;
using Hale.Operator.Verify;
using Hale.Store.Closure;

namespace Hale.Operator.Report;

/// <summary>Events as lines that a person reads; the same for a pipe and above the live view.</summary>
internal static class EventText
{
    private const double WorthTelling = 0.05;

    /// <summary>The lines of an event; none for what only a live view can show.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="ink">Colours.</param>
    /// <param name="detail">How much a person wants to read.</param>
    public static IEnumerable<string> Lines(OperatorEvent happened, Ink ink, Detail detail) => (happened, detail) switch
    {
        (OfHost of, _) => HostText.Lines(of, ink, detail),
        (Warned warned, _) => Warning(warned.Text, warned.Hint, ink),
        (FromMachine { Event: WarningEvent warning }, _) => Warning(warning.Message, warning.Hint ?? "", ink),
        (FromMachine { Event: CheckEvent { State: Progress.Failed } check }, _) => [$"  {ink.Red("✗")} {check.Name}: {check.Detail}"],
        (FromMachine { Event: StepEvent { State: Progress.Failed } step }, _) => [$"  {ink.Red("✗")} {Name(step)}"],
        (FromMachine { Event: FindingEvent found }, _) => FindingText.Lines(found.Finding, ink),
        (_, Detail.Quiet) => [],
        (FromMachine { Event: RepairedEvent repaired }, _) => FindingText.Lines(repaired, ink),
        (Said said, _) => [said.Text],
        (WorkEnded { Succeeded: true } ended, _) when ended.Detail.Length > 0 || detail == Detail.All =>
            [$"  {ink.Green("✓")} {ended.Work}{Colon(ended.Detail)}{Took(ended.Seconds, ink)}"],
        (WorkEnded { Succeeded: false } ended, _) => [$"  {ink.Red("✗")} {ended.Work}"],
        (FromMachine { Host: var host, Event: GarbageEvent garbage }, _) => GarbageText.Lines(host, garbage, detail),
        // Links follow from units and files, which are told: each is a line only for who asks for every step.
        (FromMachine { Event: PlanEvent plan }, _) => PlanText.Lines(detail == Detail.All ? plan.Plan : plan.Plan with { Links = [] }, detail is Detail.All or Detail.Differences).Select(line => Coloured(line, ink)),
        (FromMachine { Event: StepEvent { State: Progress.Done, Step: StepKind.Links } }, Detail.Usual) => [],
        (FromMachine { Event: StepEvent { State: Progress.Done, Subject.Length: > 0 } step }, _) => [$"  {ink.Green("✓")} {Name(step)}"],
        (FromMachine { Event: StepEvent { State: Progress.Done } step }, Detail.All) => [$"  {ink.Green("✓")} {Name(step)}"],
        (FromMachine { Event: CheckEvent { State: Progress.Done } check }, _) =>
            [$"  {ink.Green("✓")} {check.Name}{Took(check.Seconds, ink)}"],
        _ => [],
    };

    /// <summary>A step in few words: <c>restart caddy.service</c>.</summary>
    public static string Name(StepEvent step)
    {
        var name = step.Step.ToString().ToLowerInvariant();
        return (step.Detail.Length, step.Subject.Length) switch
        {
            (_, > 0) when step.Step == StepKind.Switch => $"switch to {step.Subject}",
            (_, > 0) when step.Step == StepKind.Commit => $"commit to {step.Subject}",
            (0, 0) => name,
            (0, _) => $"{name} {step.Subject}",
            _ => $"{step.Detail} {step.Subject}".TrimEnd(),
        };
    }

    private static IEnumerable<string> Warning(string text, string hint, Ink ink) =>
        hint.Length == 0 ? [$"{ink.Yellow("warning:")} {text}"] : [$"{ink.Yellow("warning:")} {text}", $"  {ink.Cyan("hint:")} {hint}"];

    private static string Coloured(string line, Ink ink) => line.TrimStart() switch
    {
        ['+', ..] => ink.Green(line),
        ['-', ..] => ink.Red(line),
        ['~', ..] => ink.Yellow(line),
        ['@', '@', ..] => ink.Cyan(line),
        _ => line.StartsWith(' ') ? line : ink.Bold(line),
    };

    private static string Colon(string detail) => detail.Length == 0 ? "" : $": {detail}";

    private static string Took(double seconds, Ink ink) => seconds < WorthTelling ? "" : " " + ink.Faint($"({seconds:0.0} s)");
}

/// <summary>How much a person wants to read.</summary>
public enum Detail
{
    /// <summary>Only what is wrong.</summary>
    Quiet,

    /// <summary>What happens.</summary>
    Usual,

    /// <summary>What happens, and of a plan every line of every difference.</summary>
    Differences,

    /// <summary>Also that nothing happened.</summary>
    All,
}
