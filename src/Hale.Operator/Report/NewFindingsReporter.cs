using Hale.Store.Closure;

namespace Hale.Operator.Report;

/// <summary>Passes everything on but findings that were told before: a machine looks again before it acts.</summary>
internal sealed class NewFindingsReporter(IReporter reporter, IReadOnlyList<Finding> known) : IReporter
{
    public void Report(OperatorEvent happened)
    {
        if (happened is FromMachine { Event: FindingEvent { Finding: var finding } }
            && known.Any(one => (one.Kind, one.Subject, one.Actual) == (finding.Kind, finding.Subject, finding.Actual)))
            return;
        reporter.Report(happened);
    }
}
