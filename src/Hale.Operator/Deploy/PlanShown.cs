using Hale.Operator.Report;
using Hale.Store.Closure;

namespace Hale.Operator.Deploy;

/// <summary>A plan that was told before its activation, and all that was told with it: it is not told twice.</summary>
/// <param name="told">What was told.</param>
internal sealed class PlanShown(IReadOnlyList<OperatorEvent> told)
{
    private readonly IReadOnlyList<ActivationEvent> events = [.. told.OfType<FromMachine>().Select(one => one.Event)];

    /// <summary>The system that the machine ran then; null for none.</summary>
    public string? OldSystem => Detail?.OldSystem;

    /// <summary>The generation that the machine was in then; null for none.</summary>
    public int? OldGeneration => Detail?.OldGeneration;

    /// <summary>Whether nothing would differ: the machine is in that very system, and nobody changed it by hand.</summary>
    public bool IsNothing => Detail is { } detail && detail.OldSystem == detail.NewSystem && Plan!.IsEmpty && events.Count == 1;

    private ActivationPlan? Plan => events.OfType<PlanEvent>().LastOrDefault()?.Plan;

    private PlanDetail? Detail => Plan?.Detail;

    /// <summary>Passes on what is new.</summary>
    public IReporter Without(IReporter reporter) =>
        new WithoutPlan(new NewFindingsReporter(reporter, [.. events.OfType<FindingEvent>().Select(one => one.Finding)]));

    private sealed class WithoutPlan(IReporter reporter) : IReporter
    {
        public void Report(OperatorEvent happened)
        {
            if (happened is not FromMachine { Event: PlanEvent })
                reporter.Report(happened);
        }
    }
}
