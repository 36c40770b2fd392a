using System.Text;
using Hale.Secrets;

namespace Hale.Operator.Secrets;

/// <summary>What a person needs before the first secret: a key of one's own, and rules that name it.</summary>
/// <param name="Recipient">The public half.</param>
/// <param name="KeyPlace">Where the key is: a file, or SOPS_AGE_KEY.</param>
/// <param name="KeyIsNew">Whether it was made now.</param>
/// <param name="Rules">The .sops.yaml.</param>
/// <param name="RulesAreNew">Whether it was made now.</param>
/// <param name="IsNamed">Whether the rules name the key for secrets.yaml and secrets/.</param>
internal sealed record Beginning(string Recipient, string KeyPlace, bool KeyIsNew, string Rules, bool RulesAreNew, bool IsNamed)
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Makes what is missing; what is there is kept.</summary>
    /// <exception cref="SecretsError">A key or rules are there and cannot be used.</exception>
    public static Beginning Make(SecretsPlace place)
    {
        var (recipient, keyPlace, keyIsNew) = Key(place);
        var path = Path.Combine(place.Root, SopsRules.FileName);
        var isNew = !File.Exists(path);
        if (isNew)
            WholeFile.Write(path, Encoding.UTF8.GetBytes(NewRules(recipient, place.Surroundings.Who)), Readable);
        var rules = SopsRules.Read(path);
        return new(recipient.ToString(), keyPlace, keyIsNew, place.NameOf(path), isNew, Names(rules, place.Root, recipient));
    }

    private static (AgeRecipient Recipient, string Place, bool IsNew) Key(SecretsPlace place)
    {
        var variable = place.Surroundings.EnvironmentVariable;
        if (variable("SOPS_AGE_KEY") is { Length: > 0 })
            return (place.Keys()[0].Recipient, "SOPS_AGE_KEY", false);
        var file = variable("SOPS_AGE_KEY_FILE") is { Length: > 0 } said ? place.PathOf(said)
            : SopsKeys.DefaultFile(variable) ?? throw new SecretsError("There is no home folder to keep a key in.", "Set SOPS_AGE_KEY_FILE.");
        if (File.Exists(file))
            return (AgeIdentity.ReadKeyFile(file)[0].Recipient, file, false);
        var key = AgeIdentity.Generate();
        key.WriteKeyFile(file, place.Now);
        return (key.Recipient, file, true);
    }

    // A list within one key group is what every sops understands, and the form in which each recipient has a line of its own.
    private static string NewRules(AgeRecipient recipient, string who) => $"""
        # Who can decrypt which file. For a new file the first rule counts whose path_regex matches its path.
        # Change recipients with hale secrets recipients, which encrypts the files again.
        creation_rules:
          - path_regex: ^secrets(/|\.)
            key_groups:
              - age:
                  - {recipient}  # {who}

        """;

    private static bool Names(SopsRules rules, string root, AgeRecipient recipient)
    {
        try
        {
            return ((string[])["secrets.yaml", "secrets/common.yaml"]).All(file => rules.For(Path.Combine(root, file)).Recipients.Contains(recipient));
        }
        catch (SecretsError)
        {
            return false;
        }
    }
}
