using Hale.Operator.Diagnose;
using Hale.Operator.Secrets;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale secrets check</c>: does every secret that the fleet names exist and decrypt?</summary>
internal static class CheckSecretsVerb
{
    public static Verb Create(VerbContext context)
    {
        var verb = new Verb("check", "Say whether every secret that the fleet names exists and decrypts, and which are used by nobody.")
        {
            Examples = [("hale secrets check", "everything that is wrong at once; unused values and strange recipients are warnings")],
        };
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var (secrets, problems, sources) = new SecretsCheck(place, context.EvaluateAlone([]), context.FleetFile).Run();
            var wrong = problems.Any(problem => !problem.IsWarning);
            if (parsed.GetValue(context.Options.Json))
                SecretsJson.Write(
                    context, json => json.CheckSecretsResult,
                    new CheckSecretsResult(secrets, [.. problems.Select(JsonDiagnostic.From)]));
            else
            {
                if (problems.Count > 0)
                    DiagnosticText.Write(problems, sources, context.Surroundings);
                if (!wrong && !parsed.GetValue(context.Options.Quiet))
                    foreach (var host in secrets.GroupBy(secret => secret.Host))
                        context.Surroundings.Out.WriteLine($"{host.Key}: {(host.Count() == 1 ? "1 secret is" : $"{host.Count()} secrets are")} there, and can be decrypted here");
                if (!wrong && secrets.Count == 0)
                    context.Surroundings.Out.WriteLine("the fleet names no secret that is in a file");
            }
            return (wrong ? Outcome.Refused : Outcome.Done).ExitCode();
        });
        return verb;
    }
}
