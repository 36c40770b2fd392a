using Hale.Operator.Diagnose;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets.Recipients;

/// <summary>
/// Adds or removes a recipient: in the rules of .sops.yaml that hold for some files, and in every file that these rules hold for.
/// All of it is made in memory first: where one file cannot be opened, nothing is written.
/// </summary>
/// <param name="place">Where the command works.</param>
/// <param name="recipient">Who.</param>
internal sealed class RecipientChange(SecretsPlace place, AgeRecipient recipient)
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly Dictionary<string, (SopsRules Old, SopsRules New, HashSet<int> Touched)> rules = new(StringComparer.Ordinal);
    private readonly List<(EncryptedFile File, SopsFile Changed)> changed = [];
    private readonly List<string> unchanged = [];

    /// <summary>Lets somebody decrypt.</summary>
    /// <param name="files">For which files, absolute paths; all that there are, where empty.</param>
    /// <param name="name">What .sops.yaml shall call the recipient; null for nothing.</param>
    public RecipientsChanged Add(IReadOnlyList<string> files, string? name)
    {
        Edit(files, (all, rule) => all.With(rule, recipient, name));
        ReEncrypt(Governed(), file => file.Recipients.Contains(recipient.ToString()), content => content.WithRecipients([.. Of(content.File), recipient]));
        return Write();
    }

    /// <summary>Lets somebody no longer decrypt: files get a new data key too.</summary>
    /// <param name="files">Of which files, absolute paths; all that there are, where empty.</param>
    public RecipientsChanged Remove(IReadOnlyList<string> files)
    {
        Edit(files, (all, rule) => all.Without(rule, recipient));
        // A file that no rule holds for is open to the recipient all the same.
        ReEncrypt(
            Governed().Concat(files.Count > 0 ? files.Where(File.Exists) : SecretsPlace.EncryptedBelow(place.Root)).Distinct(),
            file => !file.Recipients.Contains(recipient.ToString()),
            Shut);
        return Write();
    }

    private SopsFile Shut(SopsContent content)
    {
        var left = Of(content.File).Where(one => !one.Equals(recipient)).ToList();
        if (left.Count == 0)
            throw new SecretsError(
                $"{content.File.Name}: {recipient} is the last recipient; without it nobody could decrypt the file.",
                "Add another one first: hale secrets recipients add.");
        // The new data key first: whoever removes himself can still open the file for it.
        using var rotated = content.Rotate(place.Now).Decrypt(place.OwnKeys());
        return rotated.WithRecipients(left);
    }

    private static IEnumerable<AgeRecipient> Of(SopsFile file) => file.Recipients.Select(AgeRecipient.Parse);

    private void Edit(IReadOnlyList<string> files, Func<SopsRules, SopsRule, SopsRules> edit)
    {
        if (files.Count > 0)
            foreach (var file in files)
                Edit(SopsRules.Find(file), found => found.For(file), edit);
        else
        {
            // Any file would do: it is the folder's rules that are looked for.
            var found = SopsRules.Find(Path.Combine(place.Root, "secrets.yaml"));
            var all = SecretsPlace.EncryptedBelow(Path.GetDirectoryName(found.Name)!).ToList();
            foreach (var file in all)
                if (RuleOf(found, file) is not null)
                    Edit(found, rules => rules.For(file), edit);
            if (rules.Count == 0)
                foreach (var rule in found.All)
                    Edit(found, rules => rules.All[rule.Index], edit);
        }
    }

    private void Edit(SopsRules found, Func<SopsRules, SopsRule> which, Func<SopsRules, SopsRule, SopsRules> edit)
    {
        var (old, now, touched) = rules.GetValueOrDefault(found.Name, (found, found, []));
        var rule = which(now);
        touched.Add(rule.Index);
        rules[found.Name] = (old, edit(now, rule), touched);
    }

    /// <summary>Every encrypted file that a touched rule holds for.</summary>
    private IEnumerable<string> Governed() => rules.Values.SelectMany(edited =>
        SecretsPlace.EncryptedBelow(Path.GetDirectoryName(edited.Old.Name)!).Where(
            file => SopsRules.Find(file).Name == edited.Old.Name && RuleOf(edited.Old, file) is { } rule && edited.Touched.Contains(rule.Index)));

    private static SopsRule? RuleOf(SopsRules found, string file)
    {
        try
        {
            return found.For(file);
        }
        catch (SecretsError)
        {
            return null;
        }
    }

    private void ReEncrypt(IEnumerable<string> files, Func<SopsFile, bool> isDone, Func<SopsContent, SopsFile> change)
    {
        IReadOnlyList<AgeIdentity>? keys = null;
        var problems = new List<Diagnostic>();
        foreach (var path in files)
            try
            {
                var file = place.Read(path);
                if (isDone(file.Content))
                {
                    unchanged.Add(file.Name);
                    continue;
                }
                using var content = file.Content.Decrypt(keys ??= place.OwnKeys());
                changed.Add((file, change(content)));
            }
            catch (SecretsError error)
            {
                problems.Add(new Diagnostic(error.Message) { Hint = error.Hint });
            }
        if (problems.Count > 0)
            throw new RefusedException(problems, new SourceText());
    }

    private RecipientsChanged Write()
    {
        var edited = rules.Values.Where(one => one.New.Text != one.Old.Text).ToList();
        foreach (var (old, now, _) in edited)
        {
            if (File.ReadAllText(old.Name) != old.Text)
                throw new UserError($"{place.NameOf(old.Name)} was changed by somebody else meanwhile; nothing was written.", "Run the command again.");
            WholeFile.Write(old.Name, System.Text.Encoding.UTF8.GetBytes(now.Text), Readable);
        }
        foreach (var (file, now) in changed)
            file.Write(now);
        return new([.. edited.Select(one => place.NameOf(one.Old.Name))], [.. changed.Select(one => one.File.Name)], unchanged);
    }
}

/// <summary>What a change of recipients came to; names for a person.</summary>
/// <param name="Rules">The .sops.yaml that changed, if any.</param>
/// <param name="Files">The files that were encrypted again.</param>
/// <param name="Unchanged">The files that were so already.</param>
internal sealed record RecipientsChanged(IReadOnlyList<string> Rules, IReadOnlyList<string> Files, IReadOnlyList<string> Unchanged);
