using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Hale.Operator.Secrets;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale secrets set</c>: one value, from standard input or a prompt; never from an argument, which every user of the computer can read.</summary>
internal static class SetVerb
{
    public static Verb Create(VerbContext context)
    {
        var file = SecretsVerb.File();
        var key = SecretsVerb.Key();
        var keepNewline = new Option<bool>("--keep-newline") { Description = "Keep the line end after a piped value." };
        var verb = new Verb("set", "Set a value: what is piped in, or typed without being shown.")
        {
            Examples =
            [
                ("hale secrets set secrets.yaml invite_code", "asks for it"),
                ("pass show bot | hale secrets set secrets.yaml bot/access_token", "takes what is piped in, without its last line end"),
                ("hale secrets set secrets.yaml tls/key --keep-newline < key.pem", "a file as it is"),
            ],
        };
        verb.Add(file);
        verb.Add(key);
        verb.Add(keepNewline);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var name = parsed.GetRequiredValue(key);
            var at = place.ReadOrBegin(place.PathOf(parsed.GetRequiredValue(file)));
            RequireName(at, name);
            using var content = at.Content.Decrypt(place.OwnKeys());
            var value = Value(place.Surroundings, name, parsed.GetValue(keepNewline));
            SopsFile changed;
            try
            {
                changed = content.Set(name, value, place.Now);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(value);
            }
            if (changed != content.File)
                at.Write(changed);
            return SecretsJson.Tell(
                context, parsed, [new(at.Name, changed == content.File ? "unchanged" : at.IsNew ? "created" : "changed", [name])],
                result => result.Change == "unchanged" ? $"{result.File}: {name} has that value already" : $"{result.File}: {name} is set");
        });
        return verb;
    }

    /// <summary>A binary file is one value, and has but the name that sops gives it.</summary>
    private static void RequireName(EncryptedFile file, string name)
    {
        if (file.Content.Format == SopsFormat.Binary && name != "data")
            throw new UserError(
                $"{file.Name} is a binary file: it holds one value, whose name is data, and not {name}.",
                "Use data for KEY; or a file whose name ends in .yaml, which holds many.")
            { ExitCode = HaleCommand.Usage };
    }

    private static byte[] Value(Surroundings surroundings, string name, bool keepNewline)
    {
        byte[] value;
        if (surroundings.Prompt is { } prompt)
            value = Encoding.UTF8.GetBytes(prompt.Hidden($"value of {name}") ?? "");
        else
        {
            using var input = surroundings.OpenInput();
            using var piped = new MemoryStream();
            input.CopyTo(piped);
            var length = (int)piped.Length;
            if (!keepNewline && length > 0 && piped.GetBuffer()[length - 1] == '\n')
                length -= length > 1 && piped.GetBuffer()[length - 2] == '\r' ? 2 : 1;
            value = piped.GetBuffer()[..length];
            CryptographicOperations.ZeroMemory(piped.GetBuffer());
        }
        return value.Length > 0 ? value : throw new UserError(
            $"No value for {name} came in; nothing was written.", $"printf %s VALUE | hale secrets set FILE {name}; or run it on a terminal to be asked.");
    }
}
