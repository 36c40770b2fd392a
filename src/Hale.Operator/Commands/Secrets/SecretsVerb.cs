using System.CommandLine;
using Hale.Operator.Secrets;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale secrets</c>: what may be known to a few only, encrypted beside fleet.cs.</summary>
internal static class SecretsVerb
{
    /// <summary>The verb's name.</summary>
    public const string Name = "secrets";

    // These read the declaration; all others work on files alone.
    private static readonly string[] OfDeclaration = ["check", "generate"];

    /// <summary>The verb; its own verbs only where they may be meant, for every other command is made without them.</summary>
    public static Verb Create(VerbContext context, string[] args)
    {
        var verb = new Verb(Name, "Keep secrets encrypted beside fleet.cs: make, change and show them, and say who can decrypt them.")
        {
            Examples =
            [
                ("hale secrets init", "a key of your own, and .sops.yaml that names it"),
                ("hale secrets edit secrets.yaml", "all values of a file, in your editor"),
                ("hale secrets set secrets.yaml bot/access_token", "one value, asked for without showing it"),
                ("hale secrets generate", "values that nobody has to think up, where they are missing"),
                ("hale secrets check", "does every secret that the fleet names exist and decrypt?"),
                ("hale secrets recipients add age1…", "let somebody else decrypt too"),
            ],
        };
        if (CommandWords.Verb(args) is Name or null)
            foreach (var one in (Verb[])
                [InitVerb.Create(context), EditVerb.Create(context), SetVerb.Create(context), GetVerb.Create(context), ListVerb.Create(context),
                    UnsetVerb.Create(context), RecipientsVerb.Create(context), RotateVerb.Create(context), CheckSecretsVerb.Create(context), GenerateVerb.Create(context)])
                verb.Add(one);
        return verb;
    }

    /// <summary>Whether a command line works on files alone, so that the fleet need not even compile.</summary>
    public static bool NeedsNoDeclaration(IReadOnlyList<string> args) =>
        CommandWords.Of(args) is [Name, ..] words && !OfDeclaration.Contains(words.ElementAtOrDefault(1));

    /// <summary>What a verb does, with the library's failures told as every other one.</summary>
    public static void SetSecretsAction(this Verb verb, VerbContext context, Func<ParseResult, SecretsPlace, CancellationToken, Task<int>> run) =>
        verb.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                return await run(parsed, new SecretsPlace(context), cancellation).ConfigureAwait(false);
            }
            catch (SecretsError error)
            {
                throw new UserError(error.Message, error.Hint, error);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new UserError(error.Message, "Look at the file's owner and mode, and at the folder's.", error);
            }
        });

    /// <summary>The same for what need not wait.</summary>
    public static void SetSecretsAction(this Verb verb, VerbContext context, Func<ParseResult, SecretsPlace, int> run) =>
        verb.SetSecretsAction(context, (parsed, place, _) => Task.FromResult(run(parsed, place)));

    /// <summary>The file that a verb is about.</summary>
    public static Argument<string> File() => new("FILE") { Description = "The encrypted file, relative to the working folder.", HelpName = "FILE" };

    /// <summary>The value that a verb is about.</summary>
    public static Argument<string> Key() =>
        new("KEY") { Description = "The value's name: keys joined by slashes, such as bot/access_token.", HelpName = "KEY" };

    /// <summary>The files that a verb is about.</summary>
    public static Argument<string[]> Files(string description) => new("FILE")
    { Description = description, HelpName = "FILE", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
}
