using Hale.Evaluate;
using Hale.Operator.Diagnose;
using Hale.Operator.Secrets.Recipients;
using Hale.Produce;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets;

/// <summary>A secret that is where it should be.</summary>
/// <param name="Host">The host that needs it.</param>
/// <param name="Name">The secret.</param>
/// <param name="File">Its file, for a person.</param>
/// <param name="Key">Its name there; empty for the whole file.</param>
internal sealed record FoundSecret(string Host, string Name, string File, string Key);

/// <summary>Holds the secrets that a fleet names against the files that there are.</summary>
/// <param name="place">Where the command works.</param>
/// <param name="plans">All hosts.</param>
/// <param name="fleetFile">fleet.cs.</param>
internal sealed class SecretsCheck(SecretsPlace place, IReadOnlyList<HostPlan> plans, string fleetFile)
{
    private readonly List<Diagnostic> found = [];

    /// <summary>Looks at everything.</summary>
    /// <returns>The secrets that are there, and all that is wrong; what is merely odd is a warning.</returns>
    public (IReadOnlyList<FoundSecret> Secrets, IReadOnlyList<Diagnostic> Problems, SourceText Sources) Run()
    {
        var files = new SecretFiles(place.Root);
        var missing = new List<Problem>();
        var places = plans.SelectMany(plan => files.Find(plan, missing).Select(one => (plan.Host.Name, Secret: one.Key, one.Value.File, one.Value.Key))).ToList();
        var sources = new SourceText();
        found.AddRange(Diagnostics.From(missing, fleetFile, sources));

        var keys = KeysAtHand();
        foreach (var group in places.GroupBy(one => one.File))
            if (keys.Count > 0)
                Open(files.Read(group.Key), keys, group.Select(one => one.Key).Where(key => key.Length > 0).Distinct());
        var own = keys.Select(key => key.Recipient.ToString()).ToList();
        foreach (var file in SecretsPlace.EncryptedBelow(place.Root).Union(places.Select(one => one.File)).ToList())
            try
            {
                var read = place.Read(file);
                Unused(read, [.. places.Where(one => one.File == file).Select(one => one.Key)]);
                Drift(RecipientList.Of(read, own));
            }
            catch (SecretsError error) when (places.Exists(one => one.File == file))
            {
                Add(error);
            }
            catch (SecretsError error)
            {
                found.Add(new Diagnostic(error.Message) { Hint = error.Hint, IsWarning = true });
            }
        return ([.. places.Select(one => new FoundSecret(one.Name, one.Secret, place.NameOf(one.File), one.Key))], found, sources);
    }

    private IReadOnlyList<AgeIdentity> KeysAtHand()
    {
        try
        {
            return place.OwnKeys();
        }
        catch (UserError error)
        {
            found.Add(new Diagnostic(error.Message) { Hint = error.Hint });
        }
        catch (SecretsError error)
        {
            Add(error);
        }
        return [];
    }

    private void Open(SopsFile file, IReadOnlyList<AgeIdentity> keys, IEnumerable<string> names)
    {
        try
        {
            using var content = file.Decrypt(keys);
            foreach (var name in names)
                if (content.GetBytes(name).Length == 0)
                    found.Add(new Diagnostic($"{place.NameOf(file.Name)}: {name} is empty.") { Hint = $"hale secrets set {place.NameOf(file.Name)} {name}" });
        }
        catch (SecretsError error)
        {
            Add(error);
        }
    }

    private void Unused(EncryptedFile file, IReadOnlyList<string> used)
    {
        if (used.Contains(""))
            return;
        var idle = file.Content.Names.Where(name => !used.Contains(name)
            && !(name.EndsWith(SecretMaker.PublicSuffix, StringComparison.Ordinal) && used.Contains(name[..^SecretMaker.PublicSuffix.Length]))).ToList();
        if (idle.Count > 0)
            found.Add(new Diagnostic(used.Count == 0
                ? $"{file.Name}: no host uses any of it."
                : $"{file.Name}: no host uses {string.Join(", ", idle)}.")
            { IsWarning = true, Hint = $"Where it is needed no more: hale secrets unset {file.Name} {idle[0]}" });
    }

    private void Drift(RecipientList list)
    {
        foreach (var missing in list.Missing)
            found.Add(new Diagnostic($"{list.File}: {SopsRules.FileName} names {missing}, who cannot decrypt it.")
            { IsWarning = true, Hint = $"hale secrets recipients add {missing.Recipient} {list.File}" });
        foreach (var extra in list.Extra)
            found.Add(new Diagnostic($"{list.File}: {extra} can decrypt it, whom {SopsRules.FileName} does not name.")
            { IsWarning = true, Hint = $"hale secrets recipients remove {extra.Recipient} {list.File}; or add it to {SopsRules.FileName}" });
    }

    private void Add(SecretsError error)
    {
        if (!found.Exists(one => one.Message == error.Message))
            found.Add(new Diagnostic(error.Message) { Hint = error.Hint });
    }
}
