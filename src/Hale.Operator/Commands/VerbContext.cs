using Hale.Declare;
using Hale.Evaluate;
using Hale.Operator.Deploy;
using Hale.Operator.Diagnose;
using Hale.Operator.Secrets;
using Hale.Produce;
using Hale.Store;

namespace Hale.Operator;

/// <summary>What every verb is made with: the fleet, where it is declared, and what the command runs in.</summary>
public sealed record VerbContext
{
    /// <summary>The declaration.</summary>
    public required Fleet Fleet { get; init; }

    /// <summary>The file that declares it, an absolute path; <c>hale.lock</c> and local paths lie beside it.</summary>
    public required string FleetFile { get; init; }

    /// <summary>Streams, folders, the clock.</summary>
    public required Surroundings Surroundings { get; init; }

    /// <summary>Where a host is reached; at its declared address unless said otherwise, as for machines of the lab.</summary>
    public Func<Host, SshTarget> TargetOf { get; init; } = SshTarget.Of;

    /// <summary>Why there is no fleet; null where there is one.</summary>
    public UserError? WhyNoFleet { get; init; }

    /// <summary>The options that every verb understands.</summary>
    public CommonOptions Options { get; } = new();

    /// <summary>The folder of fleet.cs.</summary>
    public string FleetFolder => Path.GetDirectoryName(FleetFile) ?? Surroundings.WorkingDirectory;

    /// <summary>The names of the hosts, in the order of declaration.</summary>
    public IEnumerable<string> HostNames => Fleet.Hosts.Select(host => host.Value.Name);

    /// <summary>The plans of the hosts named, or of all where none is.</summary>
    /// <param name="hosts">Names of hosts.</param>
    /// <param name="inLab">Whether the modules' lab settings apply.</param>
    /// <exception cref="UserError">A name is no host's; the hint has the nearest that is.</exception>
    /// <exception cref="RefusedException">The declaration has problems: all of them.</exception>
    public IReadOnlyList<HostPlan> Evaluate(IReadOnlyList<string> hosts, bool inLab = false)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        var reading = ReadSecretFiles();
        var all = EvaluateAlone(hosts, inLab);
        if (all.Any(plan => plan.Secrets.Any(secret => secret.Secret.Origin != SecretOrigin.Machine)))
            RequireSecrets(all, reading);
        return hosts.Count == 0 ? all : [.. hosts.Distinct().Select(name => all.First(plan => plan.Host.Name == name))];
    }

    /// <summary>The plans of all hosts, whether or not their secrets are there; the names of <paramref name="hosts"/> are checked.</summary>
    internal IReadOnlyList<HostPlan> EvaluateAlone(IReadOnlyList<string> hosts, bool inLab = false)
    {
        if (WhyNoFleet is not null)
            throw WhyNoFleet;
        RequireHosts(hosts);
        var evaluation = Evaluator.Evaluate(Fleet, inLab);
        if (evaluation.Problems.Count > 0)
            Refuse(evaluation.Problems);
        return evaluation.Plans;
    }

    /// <summary>The declared hosts of these names, in their order.</summary>
    /// <exception cref="UserError">The fleet has no such host.</exception>
    internal IReadOnlyList<Host> HostsOf(IReadOnlyList<string> names)
    {
        RequireHosts(names);
        var declared = Fleet.Hosts.Select(host => host.Value).ToDictionary(host => host.Name);
        return [.. names.Select(name => declared[name])];
    }

    private void RequireHosts(IReadOnlyList<string> names)
    {
        var known = HostNames.ToList();
        foreach (var name in names)
            if (!known.Contains(name))
                throw new UserError($"The fleet has no host \"{name}\".", Nearest.Hint(name, known, "Its hosts are"))
                { ExitCode = HaleCommand.Usage };
    }

    /// <summary>Every secret in a sops file is there. Values are not looked at, so that no key is needed: <c>hale secrets check</c> does that.</summary>
    /// <remarks>A method of its own, so that a fleet without such secrets does not load what reads them.</remarks>
    private void RequireSecrets(IEnumerable<HostPlan> plans, Task<SecretFiles>? reading)
    {
        var files = reading?.GetAwaiter().GetResult() ?? new SecretFiles(FleetFolder);
        var problems = new List<Problem>();
        foreach (var plan in plans)
            files.Find(plan, problems);
        if (problems.Count > 0)
            Refuse(problems);
    }

    /// <summary>Begins to read the file in which the fleet's only host most likely has secrets, while the fleet is evaluated; null where it is not there.</summary>
    private Task<SecretFiles>? ReadSecretFiles()
    {
        if (Fleet.Hosts.Count != 1)
            return null;
        var file = Path.Combine(FleetFolder, "secrets", $"{HostNames.First()}.yaml");
        return !File.Exists(file) ? null : Task.Run(() => SecretFiles.WithRead(FleetFolder, file));
    }

    private void Refuse(IReadOnlyList<Problem> problems)
    {
        var sources = new SourceText();
        throw new RefusedException(Diagnostics.From(problems, FleetFile, sources), sources);
    }

    /// <summary>The hosts a command about machines is for: those named, all with <paramref name="all"/>, the only one of a fleet of one.</summary>
    /// <exception cref="UserError">None is named, and the fleet has several.</exception>
    internal IReadOnlyList<string> Chosen(IReadOnlyList<string> named, bool all)
    {
        if (WhyNoFleet is not null)
            throw WhyNoFleet;
        if (named.Count > 0 && !all)
            return named;
        var known = HostNames.ToList();
        if (all || known.Count <= 1)
            return known;
        throw new UserError("Which host?", $"Name one or several, or say --all: {Nearest.List(known)}") { ExitCode = HaleCommand.Usage };
    }
}

/// <summary>The declaration has problems.</summary>
/// <param name="diagnostics">All of them.</param>
/// <param name="sources">The lines they point at.</param>
public sealed class RefusedException(IReadOnlyList<Diagnostic> diagnostics, SourceText sources)
    : Exception(string.Join('\n', diagnostics.Select(one => one.Message)))
{
    /// <summary>All problems.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;

    /// <summary>The lines they point at.</summary>
    public SourceText Sources { get; } = sources;
}
