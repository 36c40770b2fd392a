using Hale.Operator.Diagnose;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Operator.Report;

/// <summary>Tells which of several hosts an event is of.</summary>
/// <param name="inner">Who is told.</param>
/// <param name="host">The host's name.</param>
internal sealed class HostReporter(IReporter inner, string host) : IReporter
{
    /// <inheritdoc/>
    public void Report(OperatorEvent happened) => inner.Report(new OfHost(host, happened));
}

/// <summary>What is said of one of several hosts: lines with its name before them, and in few words what it does now. Pure.</summary>
internal static class HostText
{
    /// <summary>The lines of an event, each with the host's name before it; those of a plan and of findings have a title that names it.</summary>
    public static IEnumerable<string> Lines(OfHost of, Ink ink, Detail detail)
    {
        var lines = EventText.Lines(of.Event, ink, detail);
        return of.Event is FromMachine { Event: PlanEvent or GarbageEvent } ? lines
            : lines.Select(line => $"{ink.Bold(of.Host)}: {(line.StartsWith("  ", StringComparison.Ordinal) ? line[2..] : line)}");
    }

    /// <summary>What the host does from this event on; null where the event says nothing of it.</summary>
    public static string? Doing(OperatorEvent happened) => happened switch
    {
        WorkBegan began => began.Work,
        WorkAdvanced { Total: > 0 } advanced => $"{advanced.Work}: {ByteSize.Text(advanced.Done)} of {ByteSize.Text(advanced.Total)}",
        WorkEnded { Succeeded: false } ended => $"failed to {ended.Work}",
        FromMachine { Event: StepEvent { State: Progress.Started } step } => EventText.Name(step),
        FromMachine { Event: StepEvent { Subject.Length: > 0 } step } => EventText.Name(step),
        FromMachine { Event: CheckEvent { State: Progress.Started } check } => $"waiting until {check.Name}",
        FromMachine { Event: AwaitingEvent } => "healthy; to be confirmed over a new connection",
        FromMachine { Event: PlanEvent } => "planned",
        FromMachine { Event: ResultEvent result } => result.Outcome switch
        {
            Outcome.Done => $"generation {result.Generation} is running",
            Outcome.NeedsReboot => $"generation {result.Generation} is running until the next boot",
            Outcome.Nothing => "nothing to do",
            Outcome.RolledBack => $"failed, and is back in generation {result.Generation}",
            Outcome.Refused or Outcome.Drifted => "refused",
            _ => "failed",
        },
        _ => null,
    };
}
