using Hale.Secrets;

namespace Hale.Operator.Secrets.Recipients;

/// <summary>Who can decrypt a file, and who should by the rules.</summary>
/// <param name="File">The file, for a person.</param>
/// <param name="Recipients">Who can.</param>
/// <param name="Missing">Whom .sops.yaml names and the file lacks.</param>
/// <param name="Extra">Whom the file has and .sops.yaml does not name.</param>
internal sealed record RecipientList(
    string File, IReadOnlyList<KnownRecipient> Recipients, IReadOnlyList<KnownRecipient> Missing, IReadOnlyList<KnownRecipient> Extra)
{
    /// <summary>Holds a file against the rules for it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="own">The recipients of the keys at hand.</param>
    /// <exception cref="SecretsError">There are rules, and they are malformed.</exception>
    public static RecipientList Of(EncryptedFile file, IReadOnlyCollection<string> own)
    {
        var rules = Find(file.Path);
        var wanted = rules is null ? null : Wanted(rules, file.Path);
        var has = file.Content.Recipients;
        return new(
            file.Name,
            [.. has.Select(Known)],
            wanted is null ? [] : [.. wanted.Except(has).Select(Known)],
            wanted is null ? [] : [.. has.Except(wanted).Select(Known)]);

        KnownRecipient Known(string recipient) => new(recipient, NameOf(rules, recipient), own.Contains(recipient));
    }

    private static SopsRules? Find(string path)
    {
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
            if (System.IO.File.Exists(Path.Combine(folder, SopsRules.FileName)))
                return SopsRules.Find(path);
        return null;
    }

    private static List<string>? Wanted(SopsRules rules, string path)
    {
        try
        {
            return [.. rules.For(path).Recipients.Select(recipient => recipient.ToString())];
        }
        catch (SecretsError)
        {
            return null; // No rule, or one that asks for other kinds of keys: nothing to hold the file against.
        }
    }

    private static string? NameOf(SopsRules? rules, string recipient)
    {
        try
        {
            return rules?.NameOf(AgeRecipient.Parse(recipient));
        }
        catch (SecretsError)
        {
            return null;
        }
    }
}

/// <summary>A recipient, and who that is.</summary>
/// <param name="Recipient">Its text.</param>
/// <param name="Name">What .sops.yaml calls it; null where it says nothing.</param>
/// <param name="IsYou">Whether a key at hand is its.</param>
internal sealed record KnownRecipient(string Recipient, string? Name, bool IsYou)
{
    /// <summary>The recipient, and in brackets who it is.</summary>
    public override string ToString() => (Name, IsYou) switch
    {
        (null, false) => Recipient,
        (null, true) => $"{Recipient} (you)",
        (_, true) => $"{Recipient} ({Name}, you)",
        _ => $"{Recipient} ({Name})",
    };
}
