using Hale.Declare;
using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>Everything secret of a host: what units are handed, what modules and the host itself place, what templates hold.</summary>
internal sealed class HostSecrets
{
    private readonly GatheredView host;
    private readonly List<Problem> problems;
    private readonly Dictionary<string, Use> secrets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Use> placed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Use> templates = new(StringComparer.Ordinal);

    private HostSecrets(GatheredView host, List<Problem> problems) => (this.host, this.problems) = (host, problems);

    /// <summary>Who uses or places something, and where.</summary>
    private sealed record Use(object What, string From, SourceLocation Where);

    /// <summary>Gathers and checks them.</summary>
    public static (List<PlannedSecret> Secrets, List<SecretTemplate> Templates) Of(
        GatheredView host, IEnumerable<Made> made, List<Problem> problems)
    {
        var all = new HostSecrets(host, problems);
        foreach (var (artifact, from, where) in made)
            all.Add(artifact, from, where);
        all.CheckNames();
        all.CheckLinks();
        return (
            [.. all.secrets.Keys.Order(StringComparer.Ordinal).Select(name => all.Planned(name, all.secrets[name]))],
            [.. all.templates.Keys.Order(StringComparer.Ordinal).Select(name => (SecretTemplate)all.templates[name].What)]);
    }

    private PlannedSecret Planned(string name, Use use) => placed.TryGetValue(name, out var place)
        ? new PlannedSecret(((MachineSecret)place.What) with { Secret = (Secret)use.What }, place.Where)
        : new PlannedSecret(new MachineSecret((Secret)use.What), use.Where);

    private void Add(Artifact artifact, string from, SourceLocation where)
    {
        switch (artifact)
        {
            case Unit unit:
                foreach (var twice in unit.Credentials.GroupBy(one => one.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
                    Problem($"{unit.Name} is handed two credentials by the id {twice.Key}.", "Give each an id of its own.", where);
                foreach (var credential in unit.Credentials)
                {
                    if (!(credential.Id.Length <= 200 && Grammar.IsPart(credential.Id)))
                        Problem($"\"{credential.Id}\" is not the id of a credential of {unit.Name}.", "Use letters, digits, dots, hyphens and underscores.", where);
                    if (credential.Template is { } template)
                        Add(template, from, where);
                    else
                        Add(credential.Secret!, from, where);
                }
                break;
            case MachineSecret secret:
                Add(secret.Secret, from, where);
                Place(placed, secret.Secret.Name, secret, from, where);
                if (secret.NeededForUsers && (secret.Owner, secret.Group) != ("root", "root"))
                    Problem(
                        $"The secret {secret.Secret.Name} is needed before users are made, so it cannot belong to {secret.Owner}:{secret.Group}.",
                        "Leave out Owner and Group, or NeededForUsers.", where);
                break;
            case SecretTemplate template:
                Place(templates, template.TemplateName, template, from, where);
                if (!Grammar.IsPathOfParts(template.TemplateName) || HasDots(template.TemplateName))
                    Problem($"\"{template.TemplateName}\" is not the name of a template.", "Use letters, digits, dots, hyphens and underscores, with slashes between parts.", where);
                foreach (var defect in template.Content.Defects)
                    Problem($"The template {template.TemplateName} {defect}.", "Write {secret}, {secret:part}, {secret:url} or {secret:raw}.", where);
                foreach (var secret in template.Content.Secrets)
                    Add(secret, from, where);
                break;
        }
    }

    private void Add(Secret secret, string from, SourceLocation where)
    {
        if (secrets.TryAdd(secret.Name, new Use(secret, from, where)))
        {
            if (WrongWith(secret) is { } wrong)
                problems.Add(wrong with { Where = where, Host = host.Host.Name });
        }
        else if (Joined((Secret)secrets[secret.Name].What, secret) is { } joined)
            secrets[secret.Name] = secrets[secret.Name] with { What = joined };
        else
            problems.Add(new Problem(
                $"The secret {secret.Name} is described in two ways, by {secrets[secret.Name].From} and by {from}.",
                "One name is one secret: give both the same source and shape.")
            { Where = secrets[secret.Name].Where, Also = [where], Host = host.Host.Name });
    }

    /// <summary>Who only names a secret need not know its shape; null where the two differ.</summary>
    private static Secret? Joined(Secret one, Secret other) =>
        one == other || one.WithShapeOf(other) == other ? other
        : other.WithShapeOf(one) == one ? one
        : null;

    private void Place(Dictionary<string, Use> places, string name, StagedFile file, string from, SourceLocation where)
    {
        if (places.TryAdd(name, new Use(file, from, where)))
            Check(file, where);
        else if (!IsSamePlace((StagedFile)places[name].What, file))
            problems.Add(new Problem(
                $"The {file.Label} is placed in two ways, by {places[name].From} and by {from}.",
                "One of them has to go; list every unit that uses it in the other.")
            { Where = places[name].Where, Also = [where], Host = host.Host.Name });
    }

    /// <summary>Whether two placements agree; that a secret itself is described in two ways is told apart.</summary>
    private static bool IsSamePlace(StagedFile one, StagedFile other) =>
        one is MachineSecret placed && other is MachineSecret again ? placed with { Secret = again.Secret } == again : one.Equals(other);

    private void Check(StagedFile file, SourceLocation where)
    {
        if (!Grammar.IsPrivateMode(file.Mode))
            Problem(
                $"The mode {file.Mode} of the {file.Label} is not one for a secret.",
                "Write an octal mode that gives others nothing, such as 0400 or 0440; a service is handed a secret with Unit.Credentials, whatever user it runs as.", where);
        foreach (var name in new[] { file.Owner, file.Group }.Where(name => !Grammar.IsAccount(name)))
            Problem($"\"{name}\", who is to own the {file.Label}, is not the name of a user or group.", "Write a name, not a number.", where);
        if (file.Path.Length > 0 && !IsFree(file.Path))
            Problem(
                $"\"{file.Path}\" is not a place for the {file.Label}.",
                "Write an absolute path outside /nix, /proc, /sys, /etc/hale, /run/secrets and /var/lib/hale; a link will stand there.", where);
        foreach (var unit in file.Restart.Concat(file.Reload).Where(unit => !Grammar.IsUnit(unit)))
            Problem($"\"{unit}\", which the {file.Label} is to restart or reload, is not the name of a unit.", "A name ends in its type: \"caddy.service\".", where);
    }

    private void CheckNames()
    {
        var names = secrets.Keys.Concat(templates.Keys.Select(name => $"rendered/{name}")).Order(StringComparer.Ordinal).ToList();
        foreach (var name in secrets.Keys.Where(name => name == "rendered" || name.StartsWith("rendered/", StringComparison.Ordinal)))
            Problem($"The secret {name} would lie where templates are.", "Take another name: /run/secrets/rendered belongs to templates.", secrets[name].Where);
        foreach (var outer in names)
            foreach (var inner in names.Where(inner => inner.StartsWith($"{outer}/", StringComparison.Ordinal)))
                Problem($"{outer} and {inner} cannot both be: the first would be a file, and the folder of the second.", "Rename one of them.", (secrets.GetValueOrDefault(outer) ?? secrets.Values.First()).Where);
    }

    private void CheckLinks()
    {
        var links = placed.Values.Concat(templates.Values).Where(use => ((StagedFile)use.What).Path.Length > 0).GroupBy(use => ((StagedFile)use.What).Path);
        foreach (var link in links.Where(group => group.Count() > 1))
            Problem($"{string.Join(" and ", link.Select(use => $"the {((StagedFile)use.What).Label}"))} want the same path, {link.Key}.", "Give each a path of its own.", link.First().Where);
    }

    private static Problem? WrongWith(Secret secret)
    {
        if (!Grammar.IsPathOfParts(secret.Name) || HasDots(secret.Name))
            return new Problem($"\"{secret.Name}\" is not the name of a secret.", "Use letters, digits, dots, hyphens and underscores, with slashes between parts.");
        if (secret.File.Length > 0 && (secret.File.StartsWith('/') || secret.File.Any(char.IsControl) || secret.File.EndsWith('/'))
            || secret is { Origin: SecretOrigin.SopsFile, File.Length: 0 })
            return new Problem($"\"{secret.File}\" is not the file of the secret {secret.Name}.", "Write a path relative to fleet.cs: \"secrets/bot.yaml\".");
        if (secret.Shape is { Kind: SecretKind.Text or SecretKind.Base64, Length: < 8 or > 4096 } shape)
            return new Problem($"The generated secret {secret.Name} would have {shape.Length} {(shape.Kind == SecretKind.Text ? "characters" : "bytes")}.", "Ask for 8 to 4096.");
        if (secret.Shape is { Kind: SecretKind.Text } text
            && (text.Alphabet.Length < 2 || text.Alphabet.Distinct().Count() != text.Alphabet.Length || text.Alphabet.Any(c => c is <= ' ' or > '~')))
            return new Problem($"The alphabet of the generated secret {secret.Name} is no set of printable ASCII characters.", "Write at least two characters, each once.");
        return null;
    }

    private static bool IsFree(string path) => ArtifactChecks.IsPath(path)
        && !new[] { "/nix", "/proc", "/sys", "/dev", "/etc/hale", "/run/secrets", "/run/secrets.d", "/run/secrets-for-users", "/run/secrets-for-users.d", "/var/lib/hale" }
            .Any(taken => path == taken || path.StartsWith(taken + "/", StringComparison.Ordinal));

    private static bool HasDots(string name) => name.Split('/').Any(part => part is "." or "..");

    private void Problem(string message, string hint, SourceLocation where) =>
        problems.Add(new Problem(message, hint) { Where = where, Host = host.Host.Name });
}
