using System.CommandLine;
using Hale.Operator.Secrets;

namespace Hale.Operator;

/// <summary><c>hale secrets generate</c>: values that nobody has to think up.</summary>
internal static class GenerateVerb
{
    public static Verb Create(VerbContext context)
    {
        var names = new Argument<string[]>("NAME")
        {
            Description = "Secrets; all that are missing where none is named.",
            HelpName = "NAME",
            Arity = ArgumentArity.ZeroOrMore,
            DefaultValueFactory = _ => [],
        };
        var replace = new Option<string[]>("--replace")
        {
            Description = "Make a new value though there is one. Repeatable.",
            HelpName = "NAME",
            DefaultValueFactory = _ => [],
        };
        var verb = new Verb("generate", "Make the values that the fleet says how to make, where they are missing; what is there is kept.")
        {
            Examples =
            [
                ("hale secrets generate", "every missing one, into the file where its host looks first"),
                ("hale secrets generate vpn/key", "one; of a key pair the public half is printed"),
                ("hale secrets generate --replace bot/password", "a new value in place of the old one"),
            ],
        };
        verb.Add(names);
        verb.Add(replace);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var result = new SecretMaker(place, context.EvaluateAlone([])).Make(parsed.GetValue(names) ?? [], parsed.GetValue(replace) ?? []);
            if (parsed.GetValue(context.Options.Json))
                SecretsJson.Write(context, json => json.GenerateResult, result);
            else
                foreach (var line in Lines(result))
                    context.Surroundings.Out.WriteLine(line);
            return 0;
        });
        return verb;
    }

    private static IEnumerable<string> Lines(GenerateResult result)
    {
        foreach (var made in result.Made)
            yield return $"{made.File}: made {made.Key}{(made.Public is null ? "" : $", whose public half is: {made.Public}")}";
        if (result.Made.Count == 0)
            yield return "nothing to make";
        foreach (var missing in result.ToGive)
            yield return $"{missing.Name} is for you to give: hale secrets set {missing.File} {missing.Key}";
    }
}
