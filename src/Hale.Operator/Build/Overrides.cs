using Hale.Produce;
using Hale.Store;

namespace Hale.Operator.Build;

/// <summary>Pinned sources that a person replaces by local folders, for one command.</summary>
public sealed class Overrides
{
    private readonly Dictionary<string, string> folders = new(StringComparer.Ordinal);

    /// <summary>No override at all.</summary>
    public static Overrides None { get; } = new();

    /// <summary>Reads <c>NAME=PATH</c>, as <c>--override</c> takes it.</summary>
    /// <param name="said">Each override.</param>
    /// <param name="workingDirectory">What paths are relative to.</param>
    /// <exception cref="UserError">One is not of that form, its folder is not there, or a name comes twice.</exception>
    public static Overrides Parse(IEnumerable<string> said, string workingDirectory)
    {
        ArgumentNullException.ThrowIfNull(said);
        var overrides = new Overrides();
        foreach (var text in said)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } path])
                throw new UserError(
                    $"--override {text} is not of the form NAME=PATH.", "Name a source and a local folder: --override caddy=./caddy-root")
                { ExitCode = HaleCommand.Usage };
            var folder = Path.GetFullPath(path, workingDirectory);
            if (!Directory.Exists(folder))
                throw new UserError($"--override {name}: there is no folder {folder}.", "Name the folder that takes the source's place.")
                { ExitCode = HaleCommand.Usage };
            if (!overrides.folders.TryAdd(name, folder))
                throw new UserError($"--override names {name} twice.", "Once is enough.") { ExitCode = HaleCommand.Usage };
        }
        return overrides;
    }

    /// <summary>The folder that stands for a derivation in this command; null for most.</summary>
    internal string? For(Derivation derivation) =>
        derivation is DebianRoot or DotnetProgram or DotnetRuntime or Download or NpmPackage ? folders.GetValueOrDefault(derivation.Name) : null;

    /// <summary>Those that concern some derivations, as <c>NAME=PATH</c>.</summary>
    internal IReadOnlyList<string> Among(IEnumerable<Derivation> derivations) =>
        [.. derivations.Where(one => For(one) is not null).Select(one => $"{one.Name}={folders[one.Name]}").Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Refuses an override that would change nothing: its name is probably misspelt.</summary>
    /// <exception cref="UserError">No plan has a source of that name.</exception>
    internal void RequireUsed(IEnumerable<HostPlan> plans)
    {
        var known = plans.SelectMany(plan => plan.Derivations).Where(one => one is DebianRoot or DotnetProgram or Download or NpmPackage)
            .Select(one => one.Name).Append(Builder.ActivatorName).Append(new DotnetRuntime().Name).Distinct().Order(StringComparer.Ordinal)
                .ToList();
        foreach (var name in folders.Keys)
            if (!known.Contains(name))
                throw new UserError($"--override: there is no source \"{name}\" here.", Nearest.Hint(name, known, "There are"))
                { ExitCode = HaleCommand.Usage };
    }
}
