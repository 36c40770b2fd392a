using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using Hale.Declare;
using Hale.Operator.Diagnose;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary>The front door: a fleet and arguments in, an exit code out. The last line of a fleet.cs calls it.</summary>
public static class HaleCommand
{
    /// <summary>Wrong arguments, or no fleet to be found.</summary>
    public const int Usage = 2;

    private const int Interrupted = 130;
    private const string LastBeforeOthers = "deploy";

    /// <summary>Runs a verb over a fleet: <c>return await HaleCommand.RunAsync(args, fleet);</c></summary>
    /// <param name="args">The arguments, the verb first.</param>
    /// <param name="fleet">The declaration.</param>
    /// <param name="fleetFile">The file that declares it; the compiler fills it in.</param>
    /// <returns>The process exit code, 0 to 9; 130 when interrupted.</returns>
    public static Task<int> RunAsync(string[] args, Fleet fleet, [CallerFilePath] string fleetFile = "") =>
        RunAsync(args, fleet, fleetFile, Surroundings.OfProcess(), CancellationToken.None);

    /// <summary>The same with surroundings of one's own, as tests have.</summary>
    public static Task<int> RunAsync(
        string[] args, Fleet fleet, string fleetFile, Surroundings surroundings, CancellationToken cancellation) =>
        RunAsync(args, new VerbContext { Fleet = fleet, FleetFile = fleetFile, Surroundings = surroundings }, cancellation);

    /// <summary>Runs where there is no fleet: help, version and completion work, everything else says why there is none.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="why">Why there is none.</param>
    /// <param name="surroundings">What the command runs in.</param>
    /// <param name="fleetFile">The fleet.cs that was found and not read; empty where there is none.</param>
    public static Task<int> RunWithoutFleetAsync(string[] args, UserError why, Surroundings surroundings, string fleetFile = "") =>
        RunAsync(
            args, new VerbContext { Fleet = new Fleet("example.org"), FleetFile = fleetFile, WhyNoFleet = why, Surroundings = surroundings },
            CancellationToken.None);

    /// <summary>Whether a command works without the declaration, so that the fleet need not even compile: those on encrypted files alone.</summary>
    /// <param name="args">The arguments.</param>
    public static bool NeedsNoDeclaration(IReadOnlyList<string> args) => SecretsVerb.NeedsNoDeclaration(args);

    /// <summary>The same with everything said, such as where hosts are reached.</summary>
    public static async Task<int> RunAsync(string[] args, VerbContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(context);
        if (args is [])
        {
            // Help is what a person wants then; a script that lost its verb must not take it for success.
            await RunAsync(["--help"], context, cancellation).ConfigureAwait(false);
            return Usage;
        }
        if (args is ["help", .. var asked])
            args = [.. asked, "--help"];
        var root = Root(context, args);
        var parsed = root.Parse(args);
        var surroundings = context.Surroundings;
        try
        {
            if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
                return WrongArguments.Tell(parsed, root, context);
            var configuration = new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(30), // A machine of the lab takes this long to stop, at worst.
            };
            return await parsed.InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (RefusedException refused)
        {
            Refuse(refused.Diagnostics, refused.Sources, Outcome.Refused.ExitCode());
            return Outcome.Refused.ExitCode();
        }
        catch (UserError error)
        {
            Refuse([new Diagnostic(error.Message) { Hint = error.Hint }], new SourceText(), error.ExitCode);
            return error.ExitCode;
        }
        catch (OperationCanceledException)
        {
            surroundings.Error.WriteLine("interrupted");
            return Interrupted;
        }

        void Refuse(IReadOnlyList<Diagnostic> diagnostics, SourceText sources, int exitCode)
        {
            if (!parsed.GetValue(context.Options.Json))
                DiagnosticText.Write(diagnostics, sources, surroundings);
            else if (parsed.CommandResult.Command is Verb { WritesJsonLines: true })
                surroundings.Out.WriteLine(Report.Ending.Line(exitCode, diagnostics));
            else
                surroundings.Out.WriteLine(DiagnosticJson.Document(diagnostics));
        }
    }

    private static RootCommand Root(VerbContext context, string[] args)
    {
        var root = new RootCommand("Makes plain Debian machines what one C# file declares.")
        {
            context.Options.Json, context.Options.Fleet, context.Options.Override, context.Options.Locked, context.Options.Quiet,
                context.Options.Verbose,
        };
        foreach (var verb in Verbs(context, args))
            root.Add(verb);
        root.TreatUnmatchedTokensAsErrors = true;
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples();
            foreach (var alias in (string[])["-?", "/?", "/h"])
                help.Aliases.Remove(alias);
        }
        return root;
    }

    /// <summary>The verb that is named, alone, for each costs every command a little; all of them where none is, or one of another assembly.</summary>
    private static List<Verb> Verbs(VerbContext context, string[] args)
    {
        // Help lists them in the order in which people come to need them.
        (string Name, Func<Verb> Create)[] own =
        [
            ("check", () => CheckVerb.Create(context)), ("build", () => BuildVerb.Create(context)), ("plan", () => PlanVerb.Create(context)),
            (LastBeforeOthers, () => DeployVerb.Create(context)), ("rollback", () => RollbackVerb.Create(context)),
            ("generations", () => GenerationsVerb.Create(context)), ("gc", () => GcVerb.Create(context)),
            ("history", () => HistoryVerb.Create(context)), ("verify", () => VerifyVerb.Create(context)),
            ("status", () => StatusVerb.Create(context)), ("doctor", () => DoctorVerb.Create(context)),
            ("invite", () => InviteVerb.Create(context)), ("update", () => UpdateVerb.Create(context)),
            (SecretsVerb.Name, () => SecretsVerb.Create(context, args)), (MachineKeyVerb.Name, () => MachineKeyVerb.Create(context, args)),
            ("completion", () => CompletionVerb.Create(context)),
        ];
        var word = CommandWords.Verb(args);
        foreach (var (name, create) in own)
            if (name == word)
                return [create()];
        var verbs = new List<Verb>();
        foreach (var (name, create) in own)
        {
            verbs.Add(create());
            if (name == LastBeforeOthers)
                verbs.AddRange(OtherVerbs.Of(context)); // `hale try` among them.
        }
        return verbs;
    }
}
