using System.Globalization;

/// <summary>One figure, as every runner of bench/ tells it. Every bench project compiles this file.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Runs">What each run took; the median is told.</param>
internal sealed record Figure(string Name, IReadOnlyList<double> Runs)
{
    /// <summary>The unit of the runs, of the goal and of the baseline.</summary>
    public string Unit { get; init; } = "s";

    /// <summary>The most that the median may be; null for no goal of its own.</summary>
    public double? Goal { get; init; }

    /// <summary>The most that the median may be of the baseline's; null for no such goal.</summary>
    public double? GoalRatio { get; init; }

    /// <summary>What it is held against.</summary>
    public string Baseline { get; init; } = "";

    /// <summary>The baseline's runs, of the same minutes.</summary>
    public IReadOnlyList<double> BaselineRuns { get; init; } = [];

    /// <summary>
    /// Tells it on standard output: the word <c>figure</c>, then name, runs, median, goal, baseline, ratio, verdict and the load of the last minute,
    /// apart by tabs.
    /// </summary>
    public void Print()
    {
        var median = Median(Runs);
        var ratio = BaselineRuns.Count > 0 ? median / Median(BaselineRuns) : (double?)null;
        var passes = (Goal is null || median <= Goal) && (GoalRatio is null || ratio <= GoalRatio);
        Console.WriteLine(string.Join('\t',
            "figure", Name, Runs.Count, Told(median),
            Goal is { } goal ? Told(goal) : GoalRatio is { } most ? $"ratio {Number(most, "0.00")}" : "-",
            ratio is null ? "-" : $"{Baseline}: {Told(Median(BaselineRuns))}",
            ratio is { } times ? Number(times, times < 100 ? "0.00" : "0") : "-",
            Goal is null && GoalRatio is null ? "-" : passes ? "PASS" : "MISS",
            Load()));
    }

    /// <summary>The middle one; of an even number the upper of the two.</summary>
    public static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "-";

    private string Told(double value) => $"{Number(value, value < 10 ? "0.###" : value < 100 ? "0.#" : "0")} {Unit}";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
