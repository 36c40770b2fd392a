using System.CommandLine;
using System.Globalization;
using Hale.Operator.Deploy;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale rollback</c>: an earlier generation of a machine, exactly as it was.</summary>
internal static class RollbackVerb
{
    public static Verb Create(VerbContext context)
    {
        var host = new Argument<string?>("HOST") { Description = "The host.", HelpName = "HOST", Arity = ArgumentArity.ZeroOrOne };
        host.CompletionSources.Add(_ => context.HostNames);
        var to = new Option<int?>("--to")
        {
            Description = "The generation's number. Where not said, the one before the current; or what a deployment that only the next boot settles found.",
            HelpName = "N",
            CustomParser = GenerationNumbers.One,
        };
        var verb = new Verb("rollback", "Put a machine back into an earlier generation.")
        {
            WritesJsonLines = true,
            Examples = [("hale rollback ohana", "to the generation before"),
                ("hale rollback ohana --to 3", "to that one; hale generations lists them"),
                ("hale rollback ohana --restore-data", "back before an upgrade that has migrated data: with the snapshot from then")],
        };
        verb.Add(host);
        verb.Add(to);
        verb.Add(context.Options.Tried);
        var switching = SwitchingOptions.AddTo(verb, modes: false);
        verb.SetAction((parsed, cancellation) =>
        {
            var hosts = context.Chosen(parsed.GetValue(host) is { } name ? [name] : [], all: false);
            string[] target = parsed.GetValue(to) is { } number ? ["--to", number.ToString(CultureInfo.InvariantCulture)] : [];
            return MachineVerbs.RunAsync(
                context, parsed, hosts, ["rollback", .. target, "--by", context.Surroundings.Who, .. switching.Of(parsed).Arguments], Tell, cancellation,
                switching.Of(parsed).Window);

            int Tell(string machine, IReadOnlyList<ActivationEvent> events)
            {
                var result = events.OfType<ResultEvent>().LastOrDefault()
                    ?? throw new UserError("The activator ended without saying how.", $"hale status {machine}")
                    { ExitCode = Outcome.Failed.ExitCode() };
                new MachineResults(context, parsed).Tell(new DeploymentResult(machine, result.Outcome)
                { Generation = result.Generation, Errors = result.Errors });
                return result.Outcome.ExitCode();
            }
        });
        return verb;
    }
}
