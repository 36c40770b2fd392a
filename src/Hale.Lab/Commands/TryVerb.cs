using System.CommandLine;
using Hale.Operator;

namespace Hale.Lab.Commands;

/// <summary><c>hale try HOST</c>: the declared host as a machine on this computer.</summary>
internal static class TryVerb
{
    public static Verb Create(VerbContext context)
    {
        var host = new Argument<string?>("HOST") { Description = "The host; the only one of a fleet of one.", HelpName = "HOST", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => null };
        host.CompletionSources.Add(_ => context.HostNames);
        var exit = new Option<bool>("--exit") { Description = "End the machine once all health checks have passed, instead of keeping it until Ctrl-C." };
        var verb = new Verb("try", "Boots the host as a Debian machine on this computer, deploys to it, and prints where to open it.")
        {
            Examples =
            [
                ("hale try ohana", "keeps the machine until Ctrl-C; edit fleet.cs and say it again in a second terminal: the same machine follows"),
                ("hale try ohana --exit", "does it come up? for a script"),
            ],
            WritesJsonLines = true,
        };
        verb.Add(host);
        verb.Add(exit);
        verb.SetAction((parsed, cancellation) => new Trial(context, parsed, parsed.GetValue(exit)).RunAsync(parsed.GetValue(host), cancellation));
        return verb;
    }
}
