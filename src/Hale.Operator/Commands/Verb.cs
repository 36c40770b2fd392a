using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Diagnostics.CodeAnalysis;

namespace Hale.Operator;

/// <summary>A verb of the command line, with examples for its help.</summary>
/// <param name="name">The verb.</param>
/// <param name="description">What it does, in a sentence.</param>
[SuppressMessage("Design", "CA1010", Justification = "A command is enumerable for collection initialisers alone.")]
public sealed class Verb(string name, string description) : Command(name, description)
{
    /// <summary>What people type, and why.</summary>
    public IReadOnlyList<(string Line, string Meaning)> Examples { get; init; } = [];

    /// <summary>Whether <c>--json</c> gives events, one a line, instead of one document.</summary>
    public bool WritesJsonLines { get; init; }
}

/// <summary>Verbs that another assembly brings along; the type with this interface is made without arguments.</summary>
public interface IVerbProvider
{
    /// <summary>The verbs.</summary>
    /// <param name="context">What a verb is made with.</param>
    IEnumerable<Verb> Verbs(VerbContext context);

    /// <summary>The machine that one of the verbs keeps on this computer for a host.</summary>
    /// <param name="context">Which fleet's.</param>
    /// <param name="host">The host's name.</param>
    /// <returns>The machine; null where none is kept at this moment.</returns>
    TriedMachine? Kept(VerbContext context, string host);
}

/// <summary>The help of a command, its examples, and for the whole program the exit codes.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private static readonly (string Line, string Meaning)[] FirstSteps =
    [
        ("hale check", "is the fleet sound? says everything that is not"),
        ("hale try ohana", "boot the host as a machine on this computer, and deploy to it"),
        ("hale plan ohana", "what would a deployment change?"),
        ("hale deploy ohana", "make it so"),
        ("hale rollback ohana", "go back to the generation before"),
    ];

    private static readonly (string Code, string Meaning)[] ExitCodes =
    [
        ("0", "done, or nothing to do"),
        ("1", "refused: the declaration, the lock or a check before the first step"),
        ("2", "wrong arguments, or no fleet"),
        ("3", "the new generation failed, and the machine went back by itself"),
        ("4", "the new generation failed, and so did going back"),
        ("5", "the machine cannot be reached"),
        ("6", "done, but something counts only after a reboot"),
        ("7", "activation failed"),
        ("8", "the machine was changed by hand, and was left so"),
        ("9", "the doctor found something wrong"),
    ];

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var standard = new StringWriter();
        parseResult.InvocationConfiguration.Output = standard;
        new HelpAction().Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        // The library calls the program by the file that runs; people call it by the script.
        output.Write(standard.ToString().Replace(RootCommand.ExecutableName, "hale", StringComparison.Ordinal).TrimEnd('\n') + "\n\n");
        var command = parseResult.CommandResult.Command;
        var examples = command is Verb verb ? verb.Examples : FirstSteps;
        if (examples.Count > 0)
            Table(output, "Examples:", examples);
        if (command is RootCommand)
            Table(output, "Exit codes:", ExitCodes);
        return 0;
    }

    private static void Table(TextWriter output, string title, IReadOnlyList<(string Left, string Right)> rows)
    {
        var width = rows.Max(row => row.Left.Length);
        output.WriteLine(title);
        foreach (var (left, right) in rows)
            output.WriteLine($"  {left.PadRight(width)}  {right}");
        output.WriteLine();
    }
}
