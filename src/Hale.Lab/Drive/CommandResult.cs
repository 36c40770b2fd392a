namespace Hale.Lab;

/// <summary>A command that ran to its end.</summary>
/// <param name="Command">The command, as it was given.</param>
/// <param name="ExitCode">0 to 255; 128 and the signal's number where a signal ended it.</param>
/// <param name="Output">What it wrote to standard output, as UTF-8.</param>
/// <param name="Error">What it wrote to standard error, as UTF-8.</param>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    private const int LongestOutput = 20_000;

    /// <summary>Whether the exit code is 0.</summary>
    public bool Succeeded => ExitCode == 0;

    /// <summary>The command, its exit code and its output (the last 20,000 characters of each stream), for an error message.</summary>
    public string Describe() => string.Join('\n', Lines());

    private IEnumerable<string> Lines()
    {
        yield return $"  command: {Command}";
        yield return $"  exit code: {ExitCode}";
        if (Output.Length > 0) yield return $"  stdout:\n{Indented(Output)}";
        if (Error.Length > 0) yield return $"  stderr:\n{Indented(Error)}";
    }

    private static string Indented(string text)
    {
        var end = text.Length > LongestOutput ? text[^LongestOutput..] : text;
        return "    " + end.TrimEnd().ReplaceLineEndings("\n    ");
    }
}
