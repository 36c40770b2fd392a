using Hale.Contribute;
using Hale.Declare;
using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>Checks of what modules made: names that systemd or the file system would refuse later, on the machine.</summary>
internal static class ArtifactChecks
{
    public static void Check(
        GatheredView host,
        List<Unit> units,
        List<EtcFile> files,
        List<SystemUser> users,
        List<ManagedDirectory> directories,
        IReadOnlyList<Declared<Derivation>> derivations,
        List<Problem> problems,
        Func<string, SourceLocation> whereUnit)
    {
        foreach (var unit in units)
        {
            if (!Grammar.IsUnit(unit.Name))
                Add($"\"{unit.Name}\" is not the name of a unit.", "A name ends in its type: \"caddy.service\".", whereUnit(unit.Name));
            foreach (var target in unit.WantedBy.Where(target => !IsTargetName(target)))
                Add($"\"{target}\", which is to want {unit.Name}, is not the name of a unit.", "A name ends in its type: \"multi-user.target\".", whereUnit(unit.Name));
            if (unit.WhenChanged == WhenChanged.Reload && !unit.Body.Any(line => line.Key == "ExecReload"))
                Add($"{unit.Name} is to reload when it changes, but has no ExecReload=.", "Give it one, or let it restart.", whereUnit(unit.Name));
            if (unit.ReloadOn.Count > 0 && !unit.Body.Any(line => line.Key == "ExecReload"))
                Add($"{unit.Name} is to reload when a file changes, but has no ExecReload=.", "Give it one, or use RestartOn.", whereUnit(unit.Name));
            foreach (var line in unit.Body)
                if (line.Value.ToString().Contains('\n', StringComparison.Ordinal) || line.Key.Contains('\n', StringComparison.Ordinal))
                    Add($"The line {line.Key}= of {unit.Name} holds a line break.", "A value of a unit is one line.", whereUnit(unit.Name));
        }
        foreach (var unit in units)
            if (Misplaced(unit.File().Content) is { } secret)
                Add($"{unit.Name} names the secret {secret} where its value would have to be, and the value is not known here.", "Hand it to the unit with Credentials, or write a SecretTemplate.", whereUnit(unit.Name));
        foreach (var (derivation, where) in derivations)
        {
            var wrong = derivation switch { Download download => download.Check(), NpmPackage package => package.Check(), _ => [] };
            problems.AddRange(wrong.Select(problem => problem with { Where = where, Host = host.Host.Name }));
        }
        foreach (var text in derivations.Select(one => one.Value).OfType<TextFile>())
            if (Misplaced(text.Content) is { } secret)
                Add($"The text {text.Name} names the secret {secret} where its value would have to be, and the value is not known here.", "Write a SecretTemplate: it is put together on the machine, in memory.", null);
        foreach (var file in files)
            if (!IsPath(file.Path) || !file.Path.StartsWith("/etc/", StringComparison.Ordinal) || file.Path.StartsWith("/etc/hale/", StringComparison.Ordinal))
                Add($"\"{file.Path}\" is not a place for a file: it must lie below /etc, and not in /etc/hale.", "Write an absolute path below /etc.", null);
        foreach (var user in users)
            if (!Grammar.IsAccount(user.Name))
                Add($"\"{user.Name}\" is not the name of a system user.", "Use lower-case letters, digits, hyphens and underscores, at most 31.", null);
        foreach (var directory in directories)
            if (!IsPath(directory.Path) || directory.Path.Any(char.IsWhiteSpace))
                Add($"\"{directory.Path}\" is not a place for a folder.", "Write an absolute path without spaces.", null);
        foreach (var check in host.Gathered<HealthCheck>())
            if (!units.Any(unit => unit.Name == check.Value.Unit))
                Add($"The health check \"{check.Value.Name}\" speaks for {check.Value.Unit}, which no module of {host.Host.Name} makes.", "Name the unit that it belongs to.", check.Where);

        void Add(string message, string hint, SourceLocation? where) =>
            problems.Add(new Problem(message, hint) { Where = where, Host = host.Host.Name });
    }

    /// <summary>The first secret that was written into a text instead of its place; null where all is well.</summary>
    private static string? Misplaced(Text content)
    {
        var text = content.ToString();
        var at = text.IndexOf(Secret.Misplaced, StringComparison.Ordinal);
        return at < 0 ? null : text[(at + Secret.Misplaced.Length)..].Split('⟩', 2)[0];
    }

    /// <summary>Whether it names what can want others: also a device, which has no unit file.</summary>
    private static bool IsTargetName(string name) =>
        Grammar.IsUnit(name) || (name.EndsWith(".device", StringComparison.Ordinal) && Grammar.IsUnit(Path.ChangeExtension(name, "target")));

    public static bool IsPath(string path) =>
        path.StartsWith('/') && path.Length > 1 && !path.EndsWith('/')
        && path[1..].Split('/').All(part => part.Length > 0 && part is not "." and not "..");
}
