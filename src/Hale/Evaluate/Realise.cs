using System.Text;
using Hale.Contribute;
using Hale.Declare;
using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>An artifact, who made it, and the line that declared that.</summary>
internal sealed record Made(Artifact Artifact, string From, SourceLocation Where);

/// <summary>The fourth stage: asks the modules for artifacts and puts them together into the host's plan.</summary>
internal static class Realise
{
    public static HostPlan? Plan(GatheredView host, bool inLab, List<Problem> problems)
    {
        var before = problems.Count;
        var made = new List<Made>();
        foreach (var (module, where) in host.Settled)
            foreach (var artifact in Evaluator.Guard(() => module.Realise(host), module.Label, host.Host.Name, where, problems))
                made.Add(new Made(artifact, module.Label, where));
        made.AddRange(host.Host.Secrets.Select(file => new Made(file.Value, host.Host.Name, file.Where)));

        var units = Unique<Unit>(unit => unit.Name, "unit");
        var files = Unique<EtcFile>(file => file.Path, "file");
        var users = Unique<SystemUser>(user => user.Name, "user");
        var directories = Unique<ManagedDirectory>(directory => directory.Path, "directory");
        var states = Unique<StateDirectory>(state => state.Name, "state directory");
        ArtifactChecks.Check(
            host, units, files, users, directories, [.. Reached(made)], problems, name => made.First(one => one.Artifact is Unit unit && unit.Name == name).Where);

        problems.AddRange(StateChecks.Check(
            states.ConvertAll(state => new Declared<StateDirectory>(state, made.First(one => state.Equals(one.Artifact)).Where)), units).Select(problem => problem with { Host = host.Host.Name }));

        var (secrets, templates) = HostSecrets.Of(host, made, problems);
        units.AddRange(HostUnits.Of(secrets.Count + templates.Count > 0, states));
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
            Secrets = (inLab ? secrets.ConvertAll(StandIn) : secrets).ToEquatableArray(),
            StandIns = inLab ? secrets.Where(secret => !secret.Secret.IsGenerated).Select(secret => secret.Secret.Name).ToEquatableArray() : [],
            Templates = templates.ToEquatableArray(),
            State = states.OrderBy(state => state.Name, StringComparer.Ordinal).ToEquatableArray(),
            Checks = host.All<HealthCheck>().Distinct().OrderBy(check => check.Name, StringComparer.Ordinal).ToEquatableArray(),
            Ports = host.All<FirewallPort>().DistinctBy(port => port.Label).OrderBy(port => port.Port.Number).ThenBy(port => (int)port.Protocol).ToEquatableArray(),
            TrustRoots = host.All<TrustRoot>().Distinct().ToEquatableArray(),
            Outside = host.All<OutsideCheck>().Distinct().ToEquatableArray(),
            Reachable = host.All<Reachable>().Distinct().ToEquatableArray(),
            InviteDesks = host.All<InviteDesk>().Distinct().ToEquatableArray(),
            Derivations = Ordered(units, unitFiles, files, templates, host.All<HealthCheck>(), states, made),
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

    /// <summary>A test machine makes up what its owner keeps: no real value goes where anybody tries things, and no key is needed to try.</summary>
    private static PlannedSecret StandIn(PlannedSecret planned) =>
        planned with { Staged = planned.Staged with { Secret = planned.Secret.StandIn() } };

    /// <summary>Every derivation that a module made, also those that only others lead to, with the line of the first to lead there.</summary>
    private static IEnumerable<Declared<Derivation>> Reached(List<Made> made)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<Declared<Derivation>>(made.SelectMany(one => (one.Artifact switch
        {
            EtcFile file => [file.Content],
            Derivation derivation => [derivation],
            Unit unit => unit.Body.SelectMany(line => line.Value.Uses).Concat(unit.ReloadOn).Concat(unit.RestartOn),
            _ => Enumerable.Empty<Derivation>(),
        }).Select(derivation => new Declared<Derivation>(derivation, one.Where))));
        while (open.TryPop(out var next))
            if (seen.Add(next.Value.Path))
            {
                yield return next;
                foreach (var input in next.Value.Inputs)
                    open.Push(next with { Value = input });
            }
    }

    private static EquatableArray<Derivation> Ordered(
        List<Unit> units, List<TextFile> unitFiles, List<EtcFile> files, List<SecretTemplate> templates,
        IEnumerable<HealthCheck> checks, List<StateDirectory> states, List<Made> made)
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
        foreach (var template in templates)
            Visit(template.File);
        foreach (var check in checks.OfType<CommandCheck>().OrderBy(check => check.Name, StringComparer.Ordinal))
            Visit(check.Script);
        foreach (var root in states.Select(state => state.Format.Root).OfType<DebianRoot>().OrderBy(root => root.Path, StringComparer.Ordinal))
            Visit(root);
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
