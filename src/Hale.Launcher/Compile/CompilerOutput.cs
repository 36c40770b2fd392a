using System.Globalization;
using System.Text.RegularExpressions;
using Hale.Launcher.Load;
using Hale.Operator;
using Hale.Operator.Diagnose;
using Hale.Store;

namespace Hale.Launcher.Compile;

/// <summary>The compiler's words as diagnostics: its own message, line and column.</summary>
internal static partial class CompilerOutput
{
    /// <summary>A program without a statement.</summary>
    private const string NoProgram = "CS5001";

    /// <summary>Tells warnings; refuses where there are errors.</summary>
    /// <param name="exit">The compiler's exit code.</param>
    /// <param name="output">All that it wrote.</param>
    /// <param name="place">Gives a diagnostic about a made project its place in fleet.cs.</param>
    /// <param name="surroundings">Where warnings go.</param>
    public static void Tell(int exit, string output, Func<Diagnostic, Diagnostic> place, Surroundings surroundings)
    {
        var found = Read(output).ConvertAll(one => place(one));
        var sources = new SourceText();
        if (exit == 0)
        {
            if (found.Count > 0)
                DiagnosticText.Write(found, sources, surroundings);
            return;
        }
        var errors = found.Where(one => !one.IsWarning).ToList();
        throw errors.Count > 0
            ? new RefusedException(errors, sources)
            : new UserError($"The compiler ended with code {exit}:\n{output.Trim()}", "");
    }

    private static List<Diagnostic> Read(string output)
    {
        var found = new List<Diagnostic>();
        foreach (var line in output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (Message().Match(line) is { Success: true } match)
                found.Add(new Diagnostic(match.Groups["text"].Value)
                {
                    File = match.Groups["file"].Success ? match.Groups["file"].Value.TrimEnd() : null,
                    Line = Number(match.Groups["line"]),
                    Column = Number(match.Groups["column"]),
                    Code = match.Groups["code"].Value,
                    Hint = match.Groups["code"].Value == NoProgram ? FleetProgram.LastLine : "",
                    IsWarning = match.Groups["kind"].Value == "warning",
                });
        return [.. found.DistinctBy(one => (one.File, one.Line, one.Column, one.Code, one.Message))];
    }

    private static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    /// <summary><c>FILE(LINE,COLUMN): error CODE: TEXT [PROJECT]</c>; the file and the project may be missing.</summary>
    [GeneratedRegex(@"^((?<file>/[^(]+|[A-Za-z]:[^(]+|[^(: ]+)(\((?<line>\d+),(?<column>\d+)(,\d+,\d+)?\))?\s*: )?(?<kind>error|warning) (?<code>[A-Z]+\d+): (?<text>.*?)( \[[^\]]+proj\])?$")]
    private static partial Regex Message();
}
