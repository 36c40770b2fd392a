using System.CommandLine;
using Hale.Operator.Secrets;
using Hale.Operator.Secrets.Recipients;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale secrets recipients</c>: who can decrypt, and changes of that.</summary>
internal static class RecipientsVerb
{
    private const string AllFiles = "Encrypted files; all below the folder of .sops.yaml where none is named. Its rules change for every file that they hold for.";

    public static Verb Create(VerbContext context)
    {
        var verb = new Verb("recipients", "Say who can decrypt which file, and change it.")
        {
            Examples =
            [
                ("hale secrets recipients", "of every encrypted file, held against .sops.yaml"),
                ("hale secrets recipients add age1… --name anna@laptop", "one more for all files"),
                ("hale secrets recipients remove age1…", "one less; a new data key for each file"),
            ],
        };
        verb.Add(Add(context));
        verb.Add(Remove(context));
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var own = place.Keys().Select(key => key.Recipient.ToString()).ToList();
            var lists = place.Files([]).Select(path => RecipientList.Of(place.Read(path), own)).ToList();
            if (parsed.GetValue(context.Options.Json))
                SecretsJson.Write(context, json => json.RecipientsResult, new RecipientsResult(lists));
            else
                foreach (var line in lists.SelectMany(Lines))
                    context.Surroundings.Out.WriteLine(line);
            return 0;
        });
        return verb;
    }

    private static IEnumerable<string> Lines(RecipientList list) =>
    [
        list.File,
        .. list.Recipients.Select(one => $"  {one}{(list.Extra.Contains(one) ? $" is not in {SopsRules.FileName}" : "")}"),
        .. list.Missing.Select(one => $"  {one} is in {SopsRules.FileName} and cannot decrypt it: hale secrets recipients add {one.Recipient} {list.File}"),
    ];

    private static Verb Add(VerbContext context)
    {
        var recipient = Recipient();
        var files = SecretsVerb.Files(AllFiles);
        var name = new Option<string?>("--name") { Description = "Who that is, for a comment in .sops.yaml.", HelpName = "NAME" };
        var verb = new Verb("add", "Let somebody decrypt: names them in .sops.yaml, and encrypts the files to them too.")
        {
            Examples =
            [
                ("hale secrets recipients add age1… --name anna@laptop", "for all files"),
                ("hale secrets recipients add \"$(cat id_ed25519.pub)\" secrets/common.yaml", "an SSH key, for the files of one rule"),
            ],
        };
        verb.Add(recipient);
        verb.Add(files);
        verb.Add(name);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var who = AgeRecipient.Parse(parsed.GetRequiredValue(recipient));
            var given = (parsed.GetValue(files) ?? []).Select(place.PathOf).ToList();
            return Tell(context, parsed, new RecipientChange(place, who).Add(given, parsed.GetValue(name)), "can be decrypted by it now", []);
        });
        return verb;
    }

    private static Verb Remove(VerbContext context)
    {
        var recipient = Recipient();
        var files = SecretsVerb.Files(AllFiles);
        var yes = new Option<bool>("--yes") { Description = "Do not ask, even if it is your own key." };
        var verb = new Verb("remove", "Let somebody no longer decrypt: removes them from .sops.yaml, and encrypts the files with a new data key.")
        {
            Examples = [("hale secrets recipients remove age1…", "from all files"), ("hale secrets recipients remove age1… secrets/common.yaml", "from the files of one rule")],
        };
        verb.Add(recipient);
        verb.Add(files);
        verb.Add(yes);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var who = AgeRecipient.Parse(parsed.GetRequiredValue(recipient));
            if (!parsed.GetValue(yes) && place.Keys().Any(key => key.Recipient.Equals(who))
                && !(place.Surroundings.Prompt?.Confirm($"{who} is your own key; afterwards you cannot decrypt these files. Remove it?") ?? false))
                throw new UserError($"{who} is your own key: without it you could not decrypt these files any more. Nothing was changed.", "If you mean it, add --yes.");
            var given = (parsed.GetValue(files) ?? []).Select(place.PathOf).ToList();
            return Tell(
                context, parsed, new RecipientChange(place, who).Remove(given), "has a new data key that it does not get",
                ["Whoever had its key has seen the values as they were, and older commits still open with it: change the values, and where they are used."]);
        });
        return verb;
    }

    private static Argument<string> Recipient() => new("RECIPIENT") { Description = "age1…, or the line of an ssh-ed25519 public key.", HelpName = "RECIPIENT" };

    private static int Tell(VerbContext context, ParseResult parsed, RecipientsChanged result, string what, IReadOnlyList<string> warning)
    {
        if (parsed.GetValue(context.Options.Json))
        {
            SecretsJson.Write(context, json => json.RecipientsChanged, result);
            return 0;
        }
        var output = context.Surroundings.Out;
        foreach (var rules in result.Rules)
            output.WriteLine($"{rules}: changed");
        foreach (var file in result.Files)
            output.WriteLine($"{file}: {what}");
        if (result.Rules.Count + result.Files.Count == 0)
            output.WriteLine("nothing to do");
        else if (result.Files.Count > 0)
            foreach (var line in warning)
                output.WriteLine(line);
        return 0;
    }
}
