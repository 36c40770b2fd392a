using Hale.Evaluate;
using Hale.Operator.Secrets;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Build;

/// <summary>The encrypted sops files that a host's secrets come from, as one store path. What is not encrypted in them is no secret.</summary>
/// <param name="Folder">The store path; null where the host has no such secret.</param>
/// <param name="Places">By a secret's name: its file below the folder, and its key in it.</param>
internal sealed record SealedSecrets(StorePath? Folder, IReadOnlyDictionary<string, (string File, string Key)> Places)
{
    public static SealedSecrets None { get; } = new(null, new Dictionary<string, (string, string)>());

    /// <summary>Adds the files to the store as they are.</summary>
    /// <exception cref="UserError">A secret is not where it should be.</exception>
    public static SealedSecrets Add(HostPlan plan, string fleetFolder, LocalStore store)
    {
        if (!plan.Secrets.Any(secret => secret.Secret.Origin != Declare.SecretOrigin.Machine))
            return None;
        var files = new SecretFiles(fleetFolder);
        var problems = new List<Problem>();
        var places = files.Find(plan, problems);
        if (problems.Count > 0)
            throw new UserError(string.Join('\n', problems.Select(problem => problem.Message)), problems[0].Hint);
        var entries = places.Values.Select(place => place.File).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .ToDictionary(file => file, file => Entry(files.Shown(file)), StringComparer.Ordinal);
        var folder = store.AddTree(
            $"hale-secrets-{plan.Host.Name}",
            entries.Select(entry => KeyValuePair.Create(entry.Value, TreeEntry.Text(files.Read(entry.Key).Text))),
            []);
        return new SealedSecrets(
            folder.Path,
            places.ToDictionary(place => place.Key, place => (entries[place.Value.File], place.Value.Key), StringComparer.Ordinal));
    }

    /// <summary>A file outside the folder of fleet.cs has a place in the tree too.</summary>
    private static string Entry(string shown) =>
        string.Join('/', shown.Replace('\\', '/').Split('/').Select(part => part == ".." ? "up" : part));
}
