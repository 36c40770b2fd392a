using System.CommandLine;
using Hale.Store.Closure;

namespace Hale.Operator.Verify;

/// <summary>What is to become of what was changed by hand: said by an option, or asked at a terminal.</summary>
internal static class DriftQuestion
{
    /// <summary>The option of the verbs that deploy.</summary>
    public static Option<string?> Option()
    {
        var drift = new Option<string?>("--drift")
        {
            Description = "What was changed on the machine by hand: overwrite puts it back, keep moves it to /var/lib/hale/aside there first, "
                + "refuse deploys nothing. Not said, it asks, or refuses where something would be lost.",
            HelpName = "overwrite|keep|refuse",
        };
        drift.AcceptOnlyFromAmong("overwrite", "keep", "refuse");
        return drift;
    }

    /// <summary>What an option says.</summary>
    public static DriftPolicy Policy(string? said) => said switch
    {
        "overwrite" => DriftPolicy.Overwrite,
        "keep" => DriftPolicy.Keep,
        "refuse" => DriftPolicy.Refuse,
        _ => DriftPolicy.Careful,
    };

    /// <summary>Asks, where a person can answer.</summary>
    /// <returns>Overwrite or keep; null for neither.</returns>
    public static DriftPolicy? Ask(VerbContext context, ParseResult parsed, IReadOnlyList<Finding> found)
    {
        if (context.Surroundings.Prompt is not { } prompt || !context.Surroundings.IsTerminal || parsed.GetValue(context.Options.Json))
            return null;
        var written = found.Count(one => one.IsContent);
        if (written == 0)
            return prompt.Confirm("Put it back as it was declared?") ? DriftPolicy.Overwrite : null;
        var copies = written == 1 ? "a copy" : "copies";
        if (prompt.Confirm($"Keep {copies} of what was written by hand on the machine, in /var/lib/hale/aside, and put it back as it was declared?"))
            return DriftPolicy.Keep;
        return prompt.Confirm("Discard what was written by hand, and put it back?") ? DriftPolicy.Overwrite : null;
    }
}
