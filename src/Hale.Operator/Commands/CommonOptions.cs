using System.CommandLine;

namespace Hale.Operator;

/// <summary>Options that every verb understands.</summary>
public sealed class CommonOptions
{
    /// <summary>Results as JSON, and nothing else on standard output.</summary>
    public Option<bool> Json { get; } = new("--json")
    { Description = "Machine-readable results: one JSON document, or JSON lines while something runs.", Recursive = true };

    /// <summary>The fleet's file; the launcher has already acted on it.</summary>
    public Option<string?> Fleet { get; } = new("--fleet")
    {
        Description = "The fleet's file, or its folder (also HALE_FLEET). Otherwise fleet.cs here or above, or examples/HOST/fleet.cs.",
        HelpName = "PATH",
        Recursive = true
    };

    /// <summary>Replaces pinned sources by local folders, for this command.</summary>
    public Option<string[]> Override { get; } = new("--override")
    {
        Description = "Take a pinned source from a local folder, for this command only: NAME=PATH. Repeatable.",
        HelpName = "NAME=PATH",
        Recursive = true,
        DefaultValueFactory = _ => []
    };

    /// <summary>Refuses to lock anything new.</summary>
    public Option<bool> Locked { get; } = new("--locked")
    { Description = "Refuse to add anything to hale.lock, as in continuous integration.", Recursive = true };

    /// <summary>Only results and problems.</summary>
    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Say nothing but results and problems.", Recursive = true };

    /// <summary>Every step.</summary>
    public Option<bool> Verbose { get; } = new("--verbose", "-v")
    { Description = "Tell every step, also those that found nothing to do.", Recursive = true };

    /// <summary>Every line of differences; of the verbs that show a plan.</summary>
    internal Option<bool> Diff { get; } = new("--diff") { Description = "Show every line of every difference, also of what comes or goes as a whole." };

    /// <summary>Another machine than the host's own; of the verbs that ask a machine without deploying to it.</summary>
    internal Option<bool> Tried { get; } = new("--tried")
    { Description = "Ask the machine that hale try keeps on this computer, not the host's own.", Recursive = true };

    /// <summary>An argument that takes names of hosts and completes them.</summary>
    internal static Argument<string[]> Hosts(VerbContext context, string description)
    {
        var hosts = new Argument<string[]>("HOST")
        { Description = description, HelpName = "HOST", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        hosts.CompletionSources.Add(_ => context.HostNames);
        // An option that is not known looks like one more host to the parser.
        hosts.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } option)
                result.AddError($"There is no option \"{option.Value}\".");
        });
        return hosts;
    }

    /// <summary>Every host of the fleet.</summary>
    internal static Option<bool> All() => new("--all") { Description = "Every host of the fleet." };
}
