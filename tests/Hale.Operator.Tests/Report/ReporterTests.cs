using Hale.Operator.Report;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Operator.Tests.Report;

public sealed class ReporterTests
{
    private static readonly OperatorEvent[] Deployment =
    [
        new WorkBegan("build caddy"),
        new WorkEnded("build caddy", true, 3.21, "6 packages"),
        new WorkBegan("build hello"),
        new WorkEnded("build hello", true, 0.001),
        new Warned("OVERRIDE: caddy is taken from /x, and not from hale.lock."),
        new WorkAdvanced("copy 2 paths to one", 10, 20),
        new WorkEnded("copy 2 paths to one", true, 0.5, "20 kB"),
        new FromMachine("one", new PlanEvent(new ActivationPlan
        {
            Host = "one",
            Packages = [new("caddy/caddy", "2.6", "2.7")],
            Units = [new("caddy.service", UnitAction.Restart, UnitReason.FileChanged)],
        })),
        new FromMachine("one", new StepEvent(StepKind.Units, Progress.Started)),
        new FromMachine("one", new StepEvent(StepKind.Units, Progress.Done, "caddy.service", "restart")),
        new FromMachine("one", new StepEvent(StepKind.Units, Progress.Done)),
        new FromMachine("one", new CheckEvent("Caddy answers", "caddy.service", Progress.Done, 1.5)),
        new FromMachine("one", new WarningEvent("The clock is wrong.", "Mend it.")),
        new FromMachine("one", new ResultEvent { Outcome = Outcome.Done, Generation = 3 }),
    ];

    [Theory]
    [InlineData(Detail.Quiet, "events-quiet.txt")]
    [InlineData(Detail.Usual, "events.txt")]
    [InlineData(Detail.All, "events-verbose.txt")]
    public void A_pipe_gets_plain_lines(Detail detail, string golden)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var reporter = new PlainReporter(output, detail);
        foreach (var happened in Deployment)
            reporter.Report(happened);
        Golden.Matches(golden, output.ToString());
    }

    [Fact]
    public void With_json_each_event_is_a_line()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var reporter = new JsonReporter(output);
        foreach (var happened in Deployment)
            reporter.Report(happened);
        Golden.Matches("events.jsonl", output.ToString());
    }

    [Fact]
    public async Task The_live_view_shows_the_same_lines_and_leaves_them()
    {
        using var output = new StringWriter { NewLine = "\n" };
        await using (var reporter = new LiveReporter(output, Detail.Usual, color: false))
            foreach (var happened in Deployment)
                reporter.Report(happened);
        foreach (var line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "events.txt")))
            Assert.Contains(line, output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1_500, "1.5 kB")]
    [InlineData(70_000_000, "70 MB")]
    [InlineData(2_340_000_000, "2.34 GB")]
    public void Sizes_are_readable(long bytes, string text) => Assert.Equal(text, ByteSize.Text(bytes));

    [Fact]
    public async Task Work_that_is_stopped_because_something_else_failed_is_no_failure_of_its_own()
    {
        var output = new StringWriter();
        var reporter = new PlainReporter(output);

        await Assert.ThrowsAsync<OperationCanceledException>(() => reporter.RunAsync<int>("build caddy", TimeProvider.System, () => throw new OperationCanceledException()));
        Assert.Equal("", output.ToString());

        await Assert.ThrowsAsync<InvalidOperationException>(() => reporter.RunAsync<int>("build caddy", TimeProvider.System, () => throw new InvalidOperationException()));
        Assert.Equal("  ✗ build caddy\n", output.ToString());
    }
}
