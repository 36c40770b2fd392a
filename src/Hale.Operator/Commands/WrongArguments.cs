using System.CommandLine;
using System.CommandLine.Parsing;
using Hale.Operator.Diagnose;

namespace Hale.Operator;

/// <summary>Says what is wrong with the arguments, and what was probably meant.</summary>
internal static class WrongArguments
{
    /// <summary>Writes it and gives the exit code.</summary>
    public static int Tell(ParseResult parsed, RootCommand root, VerbContext context)
    {
        var verbs = root.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name).ToList();
        var at = parsed.CommandResult.Command;
        var stray = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0]
            : parsed.Tokens.FirstOrDefault(token => token.Type == TokenType.Argument && token.Value is ['-', not (>= '0' and <= '9'), ..])?.Value;
        var diagnostic = (at, stray) switch
        {
            (RootCommand, null) => new Diagnostic("No verb is given.")
            { Hint = $"Say what to do: {string.Join(", ", verbs)}. Help: hale --help" },
            (RootCommand, { } word) when !word.StartsWith('-') => new Diagnostic($"There is no verb \"{word}\".")
            { Hint = Nearest.Hint(word, verbs, "The verbs are") },
            ({ Subcommands.Count: > 0, Arguments.Count: 0 }, { } word) when !word.StartsWith('-') => new Diagnostic($"There is no verb \"{word}\" of {Path(at)}.")
            { Hint = Nearest.Hint(word, [.. at.Subcommands.Select(verb => verb.Name)], "There are") },
            ({ Subcommands.Count: > 0, Arguments.Count: 0 }, null) => new Diagnostic($"What about {at.Name}?")
            { Hint = $"Say what to do: {string.Join(", ", at.Subcommands.Select(verb => verb.Name))}. Help: hale {Path(at)} --help" },
            (_, { } word) when word.StartsWith('-') => new Diagnostic($"There is no option \"{word}\".")
            {
                Hint = Nearest.Hint(word, [.. at.Options.Concat(root.Options).Select(option => option.Name).Distinct()], "The options are"),
            },
            _ => new Diagnostic(string.Join(' ', parsed.Errors.Select(error => error.Message)))
            { Hint = $"Help: hale {(at is RootCommand ? "" : Path(at) + " ")}--help" },
        };
        if (parsed.GetValue(context.Options.Json))
            context.Surroundings.Out.WriteLine(DiagnosticJson.Document([diagnostic]));
        else
            foreach (var line in (string[])[$"hale: {diagnostic.Message}", $"  hint: {diagnostic.Hint}"])
                context.Surroundings.Error.WriteLine(line);
        return HaleCommand.Usage;
    }

    /// <summary>A verb with those it belongs to.</summary>
    private static string Path(Command command) =>
        command.Parents.OfType<Verb>().FirstOrDefault() is { } above ? $"{Path(above)} {command.Name}" : command.Name;
}
