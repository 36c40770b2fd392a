using System.CommandLine;
using Hale.Operator.Diagnose;
using Hale.Operator.Secrets;
using Hale.Secrets;

namespace Hale.Operator;

/// <summary><c>hale secrets rotate</c>: a new data key.</summary>
internal static class RotateVerb
{
    public static Verb Create(VerbContext context)
    {
        var files = SecretsVerb.Files("Encrypted files; all below the folder of fleet.cs where none is named.");
        var verb = new Verb("rotate", "Encrypt files again with a new data key; their values and recipients stay.")
        {
            Examples = [("hale secrets rotate", "all of them, or none where one cannot be opened"), ("hale secrets rotate secrets.yaml", "one")],
        };
        verb.Add(files);
        verb.SetSecretsAction(context, (parsed, place) =>
        {
            var keys = place.OwnKeys();
            var rotated = new List<(EncryptedFile File, SopsFile Now)>();
            var problems = new List<Diagnostic>();
            foreach (var path in place.Files(parsed.GetValue(files) ?? []))
                try
                {
                    var file = place.Read(path);
                    using var content = file.Content.Decrypt(keys);
                    rotated.Add((file, content.Rotate(place.Now)));
                }
                catch (SecretsError error)
                {
                    problems.Add(new Diagnostic(error.Message) { Hint = error.Hint });
                }
            if (problems.Count > 0)
                throw new RefusedException(problems, new SourceText());
            foreach (var (file, now) in rotated)
                file.Write(now);
            return SecretsJson.Tell(
                context, parsed, [.. rotated.Select(one => new SecretFileResult(one.File.Name, "changed"))], result => $"{result.File}: has a new data key");
        });
        return verb;
    }
}
