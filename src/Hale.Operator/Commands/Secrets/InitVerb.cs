using Hale.Operator.Secrets;

namespace Hale.Operator;

/// <summary><c>hale secrets init</c>: a key and rules, where there are none.</summary>
internal static class InitVerb
{
    public static Verb Create(VerbContext context)
    {
        var verb = new Verb("init", "Make a key of your own and .sops.yaml beside fleet.cs; what is there is kept.")
        {
            Examples =
            [
                ("hale secrets init", "the key goes to ~/.config/sops/age/keys.txt, where sops looks for it too"),
                ("SOPS_AGE_KEY_FILE=./key.txt hale secrets init", "to another place"),
            ],
        };
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var made = Beginning.Make(place);
            if (parsed.GetValue(context.Options.Json))
                SecretsJson.Write(context, json => json.Beginning, made);
            else
                foreach (var line in Lines(made))
                    context.Surroundings.Out.WriteLine(line);
            return 0;
        });
        return verb;
    }

    private static IEnumerable<string> Lines(Beginning made)
    {
        yield return $"your recipient: {made.Recipient}";
        yield return made.KeyIsNew ? $"  made its key: {made.KeyPlace}" : $"  its key was there: {made.KeyPlace}";
        if (made.KeyIsNew)
            yield return "  Back that file up where others cannot read it: without it nobody can decrypt what only it can open.";
        if (made.RulesAreNew)
            yield return $"made {made.Rules}: you can decrypt secrets.* and secrets/";
        else if (made.IsNamed)
            yield return $"{made.Rules} names it already";
        else
            yield return $"{made.Rules} is kept, and does not name you for secrets.* and secrets/. Whoever can decrypt them now runs: hale secrets recipients add {made.Recipient}";
        yield return "next: hale secrets edit secrets.yaml, and commit it with .sops.yaml; the machines' keys: hale machine-key HOST";
    }
}
