using System.Text.RegularExpressions;
using Hale.Declare;

namespace Hale.Operator.Diagnose;

/// <summary>Lines of the user's source, read when a diagnostic needs them and kept for the next one.</summary>
public sealed class SourceText
{
    private readonly Dictionary<string, string[]> files = new(StringComparer.Ordinal);

    /// <summary>A line without its end; null where the file or the line is not there.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="line">The line, from 1.</param>
    public string? Line(string file, int line)
    {
        var lines = Lines(file);
        return line >= 1 && line <= lines.Length ? lines[line - 1] : null;
    }

    /// <summary>
    /// The place of <c>Setting =</c> within the initialiser that begins at or after a line; the line itself (and column 0)
    /// where the setting is not written there.
    /// </summary>
    public (int Line, int Column) Refine(SourceLocation where, string setting)
    {
        ArgumentNullException.ThrowIfNull(where);
        if (setting.Length == 0)
            return (where.Line, 0);
        var lines = Lines(where.File);
        var depth = 0;
        var opened = false;
        for (var number = where.Line; number >= 1 && number <= lines.Length; number++)
        {
            var line = lines[number - 1];
            var match = Regex.Match(line, $@"(?<![\w.""]){Regex.Escape(setting)}\s*=(?![=>])");
            if (match.Success)
                return (number, match.Index + 1);
            // Braces inside strings are rare enough; at worst the search ends early and the module's own line stands.
            foreach (var c in line)
            {
                depth += c is '{' ? 1 : c is '}' ? -1 : 0;
                opened |= c is '{';
            }
            if (depth < 0 || (depth == 0 && (opened || line.TrimEnd().EndsWith(','))))
                break;
        }
        return (where.Line, 0);
    }

    /// <summary>The first line at or after one, within the same statement, that holds a value as a word of its own; the line itself where none does.</summary>
    public int FindValue(string file, int from, string value)
    {
        var lines = Lines(file);
        for (var number = from; value.Length > 0 && number >= 1 && number <= lines.Length; number++)
            if (Regex.IsMatch(lines[number - 1].Replace("_", "", StringComparison.Ordinal), $@"(?<!\w){Regex.Escape(value)}(?!\w)"))
                return number;
            else if (lines[number - 1].TrimEnd().EndsWith(';'))
                break;
        return from;
    }

    private string[] Lines(string file)
    {
        if (files.TryGetValue(file, out var lines))
            return lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            lines = []; // The diagnostic stands without an excerpt.
        }
        return files[file] = lines;
    }
}
