using Hale.Declare;

namespace Hale.Operator.Diagnose;

/// <summary>Diagnostics as a person reads them: place and message, the line itself, other lines, the hint.</summary>
public static class DiagnosticText
{
    /// <summary>Writes all of them, and how many there are.</summary>
    /// <param name="diagnostics">What is wrong.</param>
    /// <param name="sources">The lines to quote.</param>
    /// <param name="surroundings">Where to write, and what paths are relative to.</param>
    public static void Write(IReadOnlyList<Diagnostic> diagnostics, SourceText sources, Surroundings surroundings)
    {
        ArgumentNullException.ThrowIfNull(diagnostics);
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(surroundings);
        var ink = new Ink(surroundings.Color);
        foreach (var diagnostic in diagnostics)
        {
            foreach (var line in Lines(diagnostic, sources, surroundings.WorkingDirectory, ink))
                surroundings.Error.WriteLine(line);
            surroundings.Error.WriteLine();
        }
        var (problems, warnings) = (diagnostics.Count(one => !one.IsWarning), diagnostics.Count(one => one.IsWarning));
        if (problems > 0)
            surroundings.Error.WriteLine(problems == 1 ? "1 problem" : $"{problems} problems");
        else if (warnings > 0)
            surroundings.Error.WriteLine(warnings == 1 ? "1 warning" : $"{warnings} warnings");
    }

    private static IEnumerable<string> Lines(Diagnostic diagnostic, SourceText sources, string from, Ink ink)
    {
        var kind = diagnostic.IsWarning ? ink.Yellow("warning") : ink.Red("error");
        var code = diagnostic.Code.Length == 0 ? "" : $" {diagnostic.Code}";
        var place = diagnostic.File is null ? "" : ink.Bold(Place(diagnostic.File, diagnostic.Line, diagnostic.Column, from)) + ": ";
        yield return $"{place}{kind}{code}: {diagnostic.Message}{On(diagnostic.Hosts)}";
        foreach (var line in Excerpt(diagnostic.File, diagnostic.Line, diagnostic.Column, sources, ink))
            yield return line;
        foreach (SourceLocation also in diagnostic.Also)
        {
            yield return $"  also {ink.Bold(Place(also.File, also.Line, 0, from))}";
            foreach (var line in Excerpt(also.File, also.Line, 0, sources, ink))
                yield return line;
        }
        if (diagnostic.Hint.Length > 0)
            yield return $"  {ink.Cyan("hint:")} {diagnostic.Hint}";
    }

    private static IEnumerable<string> Excerpt(string? file, int line, int column, SourceText sources, Ink ink)
    {
        if (file is null || line == 0 || sources.Line(file, line) is not { } text)
            yield break;
        var number = $"{line,5}";
        yield return $"{ink.Faint($"{number} |")} {text.TrimEnd().Replace("\t", "    ", StringComparison.Ordinal)}";
        if (column > 0 && column <= text.Length && !text.Contains('\t', StringComparison.Ordinal))
            yield return $"{ink.Faint($"{"",5} |")} {new string(' ', column - 1)}{ink.Red(new string('^', WordLength(text, column - 1)))}";
    }

    private static int WordLength(string text, int start)
    {
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        return Math.Max(1, end - start);
    }

    private static string On(IReadOnlyList<string> hosts) => hosts.Count switch
    {
        < 2 => "",
        <= 4 => $" (on {string.Join(", ", hosts)})",
        _ => $" (on {string.Join(", ", hosts.Take(3))} and {hosts.Count - 3} more hosts)",
    };

    private static string Place(string file, int line, int column, string from)
    {
        var path = Short(file, from);
        return line == 0 ? path : column == 0 ? $"{path}:{line}" : $"{path}:{line}:{column}";
    }

    /// <summary>A path as a person would write it from a folder: relative below it, absolute elsewhere.</summary>
    internal static string Short(string file, string from)
    {
        var relative = Path.GetRelativePath(from, file);
        return relative.StartsWith("../../", StringComparison.Ordinal) ? file : relative;
    }
}
