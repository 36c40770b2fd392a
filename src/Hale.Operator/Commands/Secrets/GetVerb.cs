using System.CommandLine;
using System.Security.Cryptography;

namespace Hale.Operator;

/// <summary><c>hale secrets get</c>: the one command that prints a value.</summary>
internal static class GetVerb
{
    public static Verb Create(VerbContext context)
    {
        var file = SecretsVerb.File();
        var key = SecretsVerb.Key();
        var verb = new Verb("get", "Print one value, and nothing else.")
        {
            Examples =
            [
                ("hale secrets get secrets.yaml invite_code", "on a terminal with a line end after it"),
                ("hale secrets get secrets.yaml bot/access_token | wl-copy", "piped on byte for byte"),
            ],
        };
        verb.Add(file);
        verb.Add(key);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var name = parsed.GetRequiredValue(key);
            var at = place.Read(place.PathOf(parsed.GetRequiredValue(file)));
            using var content = at.Content.Decrypt(place.OwnKeys());
            if (parsed.GetValue(context.Options.Json))
            {
                SecretsJson.Write(context, json => json.SecretValueResult, new SecretValueResult(at.Name, name, content.GetString(name)));
                return 0;
            }
            var value = content.GetBytes(name);
            using var output = context.Surroundings.OpenOutput();
            output.Write(value);
            if (context.Surroundings.IsTerminal)
                output.Write("\n"u8);
            CryptographicOperations.ZeroMemory(value);
            return 0;
        });
        return verb;
    }
}
