using System.Text;
using Hale.Contribute;
using Hale.Declare;
using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>The fourth stage: asks the modules for artifacts and puts them together into the host's plan.</summary>
internal static class Realise
{
    private sealed record Made(Artifact Artifact, string From, SourceLocation Where);

    public static HostPlan? Plan(GatheredView host, List<Problem> problems)
    {
        var before = problems.Count;
        var made = new List<Made>();
        foreach (var (module, where) in host.Settled)
            foreach (var artifact in Evaluator.Guard(() => module.Realise(host), module.Label, host.Host.Name, where, problems))
                made.Add(new Made(artifact, module.Label, where));

        var units = Unique<Unit>(unit => unit.Name, "unit");
        var files = Unique<EtcFile>(file => file.Path, "file");
        var users = Unique<SystemUser>(user => user.Name, "user");
        var directories = Unique<ManagedDirectory>(directory => directory.Path, "directory");
        ArtifactChecks.Check(host, units, files, users, directories, problems, name => made.First(one => one.Artifact is Unit unit && unit.Name == name).Where);

        var secrets = Secrets(made, host, problems);
        units.AddRange(HostUnits.Of());
        files.AddRange(HostFiles.Of(users, directories));
        if (problems.Count > before)
            return null;

        units.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        files.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        var unitFiles = units.ConvertAll(unit => unit.File());

        return new HostPlan
        {
            Host = host.Host,
            Fleet = host.Fleet,
            Units = units.ToEquatableArray(),
            UnitFiles = unitFiles.ToEquatableArray(),
            Files = files.ToEquatableArray(),
            Secrets = secrets.OrderBy(secret => secret.Name, StringComparer.Ordinal).ToEquatableArray(),
            Checks = host.All<HealthCheck>().Distinct().OrderBy(check => check.Name, StringComparer.Ordinal).ToEquatableArray(),
            Ports = host.All<FirewallPort>().Distinct().OrderBy(port => port.Port.Number).ThenBy(port => port.Protocol).ToEquatableArray(),
            TrustRoots = host.All<TrustRoot>().Distinct().ToEquatableArray(),
            Reachable = host.All<Reachable>().Distinct().ToEquatableArray(),
            Derivations = Ordered(units, unitFiles, files, made),
        };

        List<T> Unique<T>(Func<T, string> name, string kind)
            where T : Artifact
        {
            var first = new Dictionary<string, Made>(StringComparer.Ordinal);
            foreach (var one in made.Where(one => one.Artifact is T))
                if (!first.TryAdd(name((T)one.Artifact), one) && !first[name((T)one.Artifact)].Artifact.Equals(one.Artifact))
                    problems.Add(new Problem(
                        $"{first[name((T)one.Artifact)].From} and {one.From} both make the {kind} {name((T)one.Artifact)}.",
                        "One of them has to go, or to take another name.")
                    { Where = first[name((T)one.Artifact)].Where, Also = [one.Where], Host = host.Host.Name });
            return [.. first.Values.Select(one => (T)one.Artifact)];
        }
    }

    private static List<Secret> Secrets(List<Made> made, GatheredView host, List<Problem> problems)
    {
        var secrets = new Dictionary<string, (Secret Secret, Made By)>(StringComparer.Ordinal);
        foreach (var one in made)
        {
            var needed = one.Artifact switch
            {
                Unit unit => unit.Credentials.Select(credential => credential.Secret),
                MachineSecret secret => [secret.Secret],
                _ => [],
            };
            foreach (var secret in needed)
                if (!secrets.TryAdd(secret.Name, (secret, one)) && secrets[secret.Name].Secret != secret)
                    problems.Add(new Problem(
                        $"The secret {secret.Name} is described in two ways, by {secrets[secret.Name].By.From} and by {one.From}.",
                        "One name is one secret: give both the same origin, length and alphabet.")
                    { Where = secrets[secret.Name].By.Where, Also = [one.Where], Host = host.Host.Name });
        }
        foreach (var (secret, by) in secrets.Values)
            if (ArtifactChecks.WrongWith(secret) is { } wrong)
                problems.Add(wrong with { Where = by.Where, Host = host.Host.Name });
        return [.. secrets.Values.Select(value => value.Secret)];
    }

    private static EquatableArray<Derivation> Ordered(List<Unit> units, List<TextFile> unitFiles, List<EtcFile> files, List<Made> made)
    {
        var ordered = new List<Derivation>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (unit, file) in units.Zip(unitFiles))
        {
            Visit(file);
            foreach (var trigger in unit.ReloadOn.Concat(unit.RestartOn))
                Visit(trigger);
        }
        foreach (var file in files)
            Visit(file.Content);
        foreach (var derivation in made.Select(one => one.Artifact).OfType<Derivation>().OrderBy(derivation => derivation.Path, StringComparer.Ordinal))
            Visit(derivation);
        return ordered.ToEquatableArray();

        void Visit(Derivation derivation)
        {
            if (!seen.Add(derivation.Path))
                return;
            foreach (var input in derivation.Inputs)
                Visit(input);
            ordered.Add(derivation);
        }
    }
}

/// <summary>What every host has although no module says so.</summary>
internal static class HostUnits
{
    /// <summary>Finishes or takes back an activation that a crash cut short, before anything it concerns starts.</summary>
    public static IEnumerable<Unit> Of()
    {
        yield return new Unit("hale-recover.service")
        {
            WantedBy = ["basic.target"],
            WhenChanged = WhenChanged.Keep,
            Body =
            {
                { "Unit", "Description", "Hale: finish or take back an interrupted activation" },
                { "Unit", "ConditionPathExists", "/var/lib/hale/journal.json" },
                { "Unit", "DefaultDependencies", "no" },
                { "Unit", "RequiresMountsFor", "/var/lib/hale /nix/store /etc/hale" },
                { "Unit", "After", "systemd-remount-fs.service systemd-tmpfiles-setup.service" },
                { "Unit", "Before", "basic.target shutdown.target" },
                { "Unit", "Conflicts", "shutdown.target" },
                { "Service", "Type", "oneshot" },
                { "Service", "Environment", "DOTNET_ROOT=/etc/hale/system/runtime" },
                { "Service", "ExecStart", "/etc/hale/system/activator/bin/hale-activator recover" },
            },
        };
    }
}

/// <summary>The files that users and folders come to.</summary>
internal static class HostFiles
{
    public static IEnumerable<EtcFile> Of(List<SystemUser> users, List<ManagedDirectory> directories)
    {
        if (users.Count > 0)
        {
            var text = new StringBuilder();
            foreach (var user in users.OrderBy(user => user.Name, StringComparer.Ordinal))
                text.Append($"u {user.Name} - \"{user.Description}\" {user.Home}\n");
            yield return new EtcFile("/etc/sysusers.d/hale.conf", new TextFile("sysusers.conf", text.ToString()));
        }
        if (directories.Count > 0)
        {
            var text = new StringBuilder();
            foreach (var directory in directories.OrderBy(directory => directory.Path, StringComparer.Ordinal))
                text.Append($"d {directory.Path} {directory.Mode} {directory.User} {directory.Group} -\n");
            yield return new EtcFile("/etc/tmpfiles.d/hale.conf", new TextFile("tmpfiles.conf", text.ToString()));
        }
    }
}
