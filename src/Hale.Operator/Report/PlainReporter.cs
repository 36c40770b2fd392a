using Hale.Operator.Diagnose;

namespace Hale.Operator.Report;

/// <summary>Events as plain lines, for a pipe or a log.</summary>
/// <param name="output">Where the lines go.</param>
/// <param name="detail">How much to tell.</param>
/// <param name="color">Whether lines may be coloured.</param>
public sealed class PlainReporter(TextWriter output, Detail detail = Detail.Usual, bool color = false) : IReporter
{
    private readonly Lock writing = new();

    /// <inheritdoc/>
    public void Report(OperatorEvent happened)
    {
        lock (writing)
            foreach (var line in EventText.Lines(happened, new Ink(color), detail))
                output.WriteLine(line);
    }
}
