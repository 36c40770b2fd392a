using System.CommandLine;

namespace Hale.Operator;

/// <summary><c>hale secrets list</c>: names, which anybody can read.</summary>
internal static class ListVerb
{
    public static Verb Create(VerbContext context)
    {
        var files = SecretsVerb.Files("Encrypted files; all below the folder of fleet.cs where none is named.");
        var verb = new Verb("list", "List the names of values. No key is needed, and no value is shown.")
        {
            Examples = [("hale secrets list", "of every encrypted file"), ("hale secrets list secrets.yaml", "of one")],
        };
        verb.Add(files);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var found = place.Files(parsed.GetValue(files) ?? []).Select(place.Read).ToList();
            return SecretsJson.Tell(
                context, parsed, [.. found.Select(file => new SecretFileResult(file.Name, null, file.Content.Names))],
                result => string.Join('\n', [result.File, .. (result.Names ?? []).Select(name => $"  {name}")]));
        });
        return verb;
    }
}
