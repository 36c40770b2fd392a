using System.CommandLine;
using Hale.Operator.Secrets.Editing;

namespace Hale.Operator;

/// <summary><c>hale secrets edit</c>: a whole file, in the user's editor.</summary>
internal static class EditVerb
{
    public static Verb Create(VerbContext context)
    {
        var file = SecretsVerb.File();
        var verb = new Verb("edit", "Edit a file in $VISUAL or $EDITOR, in the clear in memory only; a new file is made by .sops.yaml.")
        {
            Examples =
            [
                ("hale secrets edit secrets.yaml", "save and close the editor: it is encrypted again"),
                ("EDITOR='code --wait' hale secrets edit secrets/ohana.yaml", "an editor of windows must be told to wait"),
            ],
        };
        verb.Add(file);
        verb.SetSecretsAction(context, async (parsed, place, cancellation) =>
        {
            var path = place.PathOf(parsed.GetRequiredValue(file));
            var (changed, isNew) = await new EditSession(place).RunAsync(path, cancellation).ConfigureAwait(false);
            return SecretsJson.Tell(
                context, parsed, [new(place.NameOf(path), changed ? isNew ? "created" : "changed" : "unchanged")],
                result => result.Change == "unchanged" ? $"{result.File}: nothing changed, nothing was written" : $"{result.File}: {result.Change}");
        });
        return verb;
    }
}
