using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Operator.Diagnose;

/// <summary>A problem as a compiler would tell it: where, what, and what to do.</summary>
/// <param name="Message">What is wrong, with the value.</param>
public sealed record Diagnostic(string Message)
{
    /// <summary>The absolute path of the source file; null where no place is known.</summary>
    public string? File { get; init; }

    /// <summary>The line, from 1; 0 for the file as a whole.</summary>
    public int Line { get; init; }

    /// <summary>The column, from 1; 0 for the line as a whole.</summary>
    public int Column { get; init; }

    /// <summary>The compiler's number of the error: <c>CS0103</c>; empty for Hale's own.</summary>
    public string Code { get; init; } = "";

    /// <summary>What to do about it; empty where nothing better than the message is known.</summary>
    public string Hint { get; init; } = "";

    /// <summary>Other lines that have a part in it.</summary>
    public IReadOnlyList<SourceLocation> Also { get; init; } = [];

    /// <summary>The hosts that it was found on; empty for the fleet.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether it only warns.</summary>
    public bool IsWarning { get; init; }
}

/// <summary>From what evaluation found to diagnostics.</summary>
internal static class Diagnostics
{
    /// <summary>
    /// One diagnostic for each thing to mend: what one line causes on several hosts is told once. A problem that names a setting
    /// points at the setting's own line, where it can be found.
    /// </summary>
    public static IReadOnlyList<Diagnostic> From(IEnumerable<Problem> problems, string fleetFile, SourceText sources) =>
    [
        .. problems.GroupBy(problem => (problem.Message, problem.Hint, problem.Where, problem.Setting, problem.Also)).Select(group =>
        {
            var (message, hint, where, setting, also) = group.Key;
            var (line, column) = where is null ? (0, 0) : sources.Refine(where, setting);
            return new Diagnostic(message)
            {
                File = where?.File ?? fleetFile,
                Line = line,
                Column = column,
                Hint = hint,
                Also = [.. also.Select(other => other with { Line = sources.Refine(other, setting).Line })],
                Hosts = [.. group.Select(problem => problem.Host).Where(host => host.Length > 0).Distinct()],
            };
        }),
    ];
}
