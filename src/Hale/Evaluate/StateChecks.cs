using Hale.Declare;
using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>Checks of declared state: what would otherwise show on the machine, beside somebody's data.</summary>
internal static class StateChecks
{
    private const int LongestText = 200;
    private static readonly string[] NotData = ["/nix", "/etc", "/run", "/proc", "/sys", "/dev", "/tmp", "/boot", "/usr", "/var/lib/hale"];

    public static IEnumerable<Problem> Check(IReadOnlyList<Declared<StateDirectory>> states, IReadOnlyList<Unit> units)
    {
        foreach (var (state, where) in states)
            foreach (var problem in Own(state).Concat(Writers(state, units)).Concat(Formats(state)))
                yield return problem with { Where = where };
        for (var i = 0; i < states.Count; i++)
            for (var j = 0; j < i; j++)
                if (Shared(states[i].Value, states[j].Value) is { } shared)
                    yield return new Problem(
                        $"{shared} belongs to two state directories, {states[j].Value.Name} and {states[i].Value.Name}.",
                        "A snapshot of one would hold the other's data: declare it once, with the units of both.")
                    { Where = states[j].Where, Also = [states[i].Where] };
    }

    private static IEnumerable<Problem> Own(StateDirectory state)
    {
        if (!Grammar.IsStateName(state.Name))
            yield return new Problem($"\"{state.Name}\" is not the name of a state directory.", "Use lower-case letters, digits and . _ - and begin with a letter or digit; at most 64 characters.");
        foreach (var path in state.Places)
            if (!ArtifactChecks.IsPath(path) || path.Any(char.IsControl))
                yield return new Problem($"\"{path}\" of the state directory {state.Name} is not a folder's path.", "Write an absolute path, without . or .. in it and without a slash at the end.");
            else if (path.Count(c => c == '/') < 2 || NotData.Any(place => Nested(path, place)) || path is "/var/lib" or "/var/lib/private")
                yield return new Problem($"{path} is no place for the state directory {state.Name}: what lies there is not a service's own data.", "Name the service's own folder, such as /var/lib/NAME.");
        foreach (var twice in state.Places.SelectMany((path, at) => state.Places.Skip(at + 1).Where(other => Nested(Usual(path), Usual(other)))))
            yield return new Problem($"The state directory {state.Name} holds {twice} twice.", "Name each folder once, and none that lies in another.");
    }

    private static IEnumerable<Problem> Writers(StateDirectory state, IReadOnlyList<Unit> units)
    {
        if (state.Units.Count == 0)
            yield return new Problem($"Nobody writes the state directory {state.Name}.", "Name the units that do: Units = [\"NAME.service\"].");
        foreach (var name in state.Units)
            if (units.FirstOrDefault(unit => unit.Name == name) is not { } unit)
                yield return new Problem($"The state directory {state.Name} is written by {name}, which no module of the host makes.", "Name a unit of the host.");
            else if (unit.WhenChanged == WhenChanged.Keep && state.WhenFormatChanges == FormatChange.Migrate)
                yield return new Problem($"{name} goes on when its software changes, and so cannot migrate the state directory {state.Name}.", "Let it restart, or let a change of the format be refused.");
    }

    private static IEnumerable<Problem> Formats(StateDirectory state)
    {
        foreach (var (what, text) in new[] { ("identity", state.Identity), ("name of the identity", state.IdentityName), ("format", state.Format.Text), ("oldest format", state.UpgradesFrom), ("advice", state.Advice) })
            if (text.Length > LongestText || text.Any(char.IsControl))
                yield return new Problem($"The {what} of the state directory {state.Name} is no line of at most {LongestText} characters.", "Write one short line.");
        if (state.WhenFormatChanges == FormatChange.Migrate && state.Format.Text.Length == 0)
            yield return new Problem($"The state directory {state.Name} is migrated when its format changes, and has no format.", "Say Format: a version, or StateFormat.OfPackage.");
        if (state.WhenFormatChanges != FormatChange.Migrate && state.UpgradesFrom.Length > 0)
            yield return new Problem($"The state directory {state.Name} is never migrated, and says from which format.", "Say WhenFormatChanges = FormatChange.Migrate, or leave UpgradesFrom out.");
        foreach (var version in new[] { state.Format.Root is null ? state.Format.Text : "", state.UpgradesFrom })
            if (state.WhenFormatChanges == FormatChange.Migrate && version.Length > 0 && !Grammar.IsVersion(version))
                yield return new Problem($"\"{version}\" of the state directory {state.Name} cannot be ordered: nobody could tell an upgrade from a downgrade.", "Write a version, which begins with a digit: 17, 1.150.0.");
    }

    private static string? Shared(StateDirectory one, StateDirectory other) =>
        one.Places.FirstOrDefault(path => other.Places.Any(there => Nested(Usual(path), Usual(there))));

    /// <summary>The folders of DynamicUser= have two names.</summary>
    private static string Usual(string path) =>
        path.StartsWith("/var/lib/private/", StringComparison.Ordinal) ? $"/var/lib/{path["/var/lib/private/".Length..]}" : path;

    private static bool Nested(string one, string other) =>
        one == other || one.StartsWith(other + "/", StringComparison.Ordinal) || other.StartsWith(one + "/", StringComparison.Ordinal);
}
