namespace Hale.Operator.Report;

/// <summary>Tells nobody: for work whose events are read from its result, or are no news.</summary>
internal sealed class SilentReporter : IReporter
{
    private SilentReporter()
    {
    }

    public static SilentReporter Instance { get; } = new();

    public void Report(OperatorEvent happened)
    {
    }
}
