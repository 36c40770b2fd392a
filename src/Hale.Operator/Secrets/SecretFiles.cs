using Hale.Evaluate;
using Hale.Produce;
using Hale.Secrets;
using SecretOrigin = Hale.Declare.SecretOrigin;

namespace Hale.Operator.Secrets;

/// <summary>Where a secret's value lies on this computer, encrypted.</summary>
/// <param name="File">The sops file, an absolute path.</param>
/// <param name="Key">The value's path in it; empty for the whole file.</param>
public sealed record SecretPlace(string File, string Key);

/// <summary>
/// Finds the sops files of a fleet and the places of its secrets in them. Names in a sops file are readable by everybody, so
/// no key is needed to say whether a secret is there.
/// </summary>
/// <param name="fleetFolder">The folder of fleet.cs.</param>
public sealed class SecretFiles(string fleetFolder)
{
    private static readonly string[] Extensions = ["yaml", "yml", "json", "env", "ini"];

    private readonly Dictionary<string, (SopsFile? File, SecretsError? Error)> read = new(StringComparer.Ordinal);

    /// <summary>The same with one file read already; what is wrong with it is told when it is asked for.</summary>
    /// <param name="fleetFolder">The folder of fleet.cs.</param>
    /// <param name="file">The file, an absolute path.</param>
    public static SecretFiles WithRead(string fleetFolder, string file)
    {
        var files = new SecretFiles(fleetFolder);
        try
        {
            files.Read(file);
        }
        catch (Exception error) when (error is SecretsError or IOException or UnauthorizedAccessException)
        {
            // Nobody has asked for it yet.
        }
        return files;
    }

    /// <summary>The files that secrets of a host are looked up in where they name none; those that there are, in order.</summary>
    public IReadOnlyList<string> DefaultsOf(string host) =>
    [
        .. new[] { $"secrets/{host}", "secrets/common", "secrets" }
            .SelectMany(stem => Extensions.Select(extension => Path.Combine(fleetFolder, $"{stem}.{extension}")))
            .Where(File.Exists),
    ];

    /// <summary>The file that a missing value belongs in: where the hosts look first, and where they are several, where all of them look.</summary>
    /// <param name="hosts">The hosts that lack it; at least one.</param>
    /// <param name="secret">The secret.</param>
    public string TargetOf(IReadOnlyList<string> hosts, Declare.Secret secret)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        ArgumentNullException.ThrowIfNull(secret);
        return secret.File.Length > 0 ? Path.GetFullPath(secret.File, fleetFolder)
            : hosts.Select(DefaultsOf).Aggregate((one, other) => [.. one.Intersect(other)]) is [var first, ..] ? first
            : Path.Combine(fleetFolder, "secrets", hosts is [var host] ? $"{host}.yaml" : "common.yaml");
    }

    /// <summary>The place of each of a host's secrets that is in a sops file, by the secret's name.</summary>
    /// <param name="plan">The host.</param>
    /// <param name="problems">What is missing, or is no value: all of it, each with the line that asks for it.</param>
    public IReadOnlyDictionary<string, SecretPlace> Find(HostPlan plan, List<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(problems);
        var places = new Dictionary<string, SecretPlace>(StringComparer.Ordinal);
        foreach (var secret in plan.Secrets.Where(secret => secret.Secret.Origin != SecretOrigin.Machine))
            if (Find(plan.Host.Name, secret, problem => problems.Add(problem with { Where = secret.Where, Host = plan.Host.Name })) is { } place)
                places[secret.Secret.Name] = place;
        return places;
    }

    /// <summary>Reads a file once.</summary>
    /// <exception cref="SecretsError">It is missing, malformed, or not encrypted.</exception>
    public SopsFile Read(string file)
    {
        if (!read.TryGetValue(file, out var known))
            try
            {
                known = (SopsFile.Read(file), null);
            }
            catch (SecretsError error)
            {
                known = (null, error);
            }
        read[file] = known;
        return known.File ?? throw known.Error!;
    }

    /// <summary>A file's path as a person wrote it.</summary>
    public string Shown(string file) => Path.GetRelativePath(fleetFolder, file);

    private SecretPlace? Find(string host, PlannedSecret planned, Action<Problem> problem)
    {
        var secret = planned.Secret;
        var candidates = secret.File.Length > 0 ? [Path.GetFullPath(secret.File, fleetFolder)] : DefaultsOf(host);
        var group = "";
        foreach (var file in candidates)
            try
            {
                var names = Read(file).Names;
                if (secret.Origin == SecretOrigin.SopsFile || names.Contains(secret.Key))
                    return new SecretPlace(file, secret.Origin == SecretOrigin.SopsFile ? "" : secret.Key);
                if (names.Any(name => name.StartsWith($"{secret.Key}/", StringComparison.Ordinal)))
                    group = Shown(file);
            }
            catch (SecretsError error)
            {
                problem(new Problem($"The secret {secret.Name} cannot be looked up: {error.Message}", error.Hint));
                return null;
            }
        problem(group.Length > 0
            ? new Problem($"The secret {secret.Name} is not one value: {secret.Key} of {group} is a group of values.", "Name one of the values in it.")
            : Missing(host, planned, candidates));
        return null;
    }

    private Problem Missing(string host, PlannedSecret planned, IReadOnlyList<string> candidates)
    {
        var secret = planned.Secret;
        var file = candidates.Count > 0 ? Shown(candidates[0]) : $"secrets/{host}.yaml";
        return new Problem(
            candidates.Count == 0
                ? $"There is no sops file that the secret {secret.Name} could be in."
                : $"The secret {secret.Name} is not in {string.Join(" or ", candidates.Select(Shown))}{(secret.Key == secret.Name ? "" : $", where it would be {secret.Key}")}.",
            secret.Shape is null
                ? $"Give it a value: hale secrets set {file} {secret.Key}"
                : $"Have a value made: hale secrets generate {secret.Name}");
    }
}
