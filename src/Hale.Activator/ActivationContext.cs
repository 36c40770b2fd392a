using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator;

/// <summary>The machine that is activated and where its events go.</summary>
/// <param name="Files">Its file system.</param>
/// <param name="Systemd">Its systemd.</param>
/// <param name="Clock">Its clock.</param>
/// <param name="Report">Takes each event as it happens; may be called from several threads.</param>
internal sealed record ActivationContext(MachineFiles Files, ISystemd Systemd, TimeProvider Clock, Action<ActivationEvent> Report)
{
    internal GenerationStore Generations { get; } = new(Files);

    /// <summary>Tells that a step begins, does it, and tells how it ended; a step with nothing to do is passed over in silence.</summary>
    internal void Step(StepKind kind, bool needed, Action step)
    {
        if (!needed)
            return;
        Report(new StepEvent(kind, Progress.Started));
        try
        {
            step();
        }
        catch
        {
            Report(new StepEvent(kind, Progress.Failed));
            throw;
        }

        Report(new StepEvent(kind, Progress.Done));
    }

    internal void Did(StepKind kind, string subject, string detail) => Report(new StepEvent(kind, Progress.Done, subject, detail));

    internal ResultEvent Result(Outcome outcome, IReadOnlyList<ActivationError>? errors = null)
    {
        var current = Generations.Current();
        return new ResultEvent
        {
            Outcome = outcome,
            Generation = current?.Number,
            System = SystemClosure.CurrentPath(Files),
            Errors = errors ?? [],
        };
    }
}
