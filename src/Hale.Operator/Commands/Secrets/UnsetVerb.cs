using System.CommandLine;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale secrets unset</c>: takes a value out.</summary>
internal static class UnsetVerb
{
    public static Verb Create(VerbContext context)
    {
        var file = SecretsVerb.File();
        var key = SecretsVerb.Key();
        var yes = new Option<bool>("--yes") { Description = "Remove a map or list with all that is in it." };
        var verb = new Verb("unset", "Remove a value.") { Examples = [("hale secrets unset secrets.yaml bot/access_token", "that one value")] };
        verb.Add(file);
        verb.Add(key);
        verb.Add(yes);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var name = parsed.GetRequiredValue(key);
            var at = place.Read(place.PathOf(parsed.GetRequiredValue(file)));
            var below = at.Content.Names.Where(one => one.StartsWith(name + "/", StringComparison.Ordinal)).ToList();
            if (below.Count > 0 && !at.Content.Names.Contains(name) && !parsed.GetValue(yes))
                throw new UserError(
                    $"{at.Name}: {name} is no value, but holds {below.Count}: {string.Join(", ", below.Take(5))}{(below.Count > 5 ? ", …" : "")}.",
                    "To remove all that is in it, add --yes.");
            using var content = at.Content.Decrypt(place.OwnKeys());
            at.Write(content.Remove(name, place.Now));
            return SecretsJson.Tell(
                context, parsed, [new(at.Name, "changed", below.Count > 0 ? below : [name])],
                result => $"{result.File}: {string.Join(", ", result.Names ?? [])} {(result.Names is [_] ? "is" : "are")} removed. Older commits still hold what was there.");
        });
        return verb;
    }
}
