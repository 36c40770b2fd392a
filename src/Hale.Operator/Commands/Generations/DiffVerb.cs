using System.CommandLine;
using System.Globalization;

namespace Hale.Operator;

/// <summary><c>hale generations HOST diff</c>: two generations compared, as a deployment from one to the other would be planned.</summary>
internal static class DiffVerb
{
    public static Verb Create(VerbContext context, Argument<string[]> hosts)
    {
        var from = GenerationNumbers.One("A", "The older generation's number.", required: true);
        var to = GenerationNumbers.One("B", "The newer one's; the one that runs where not said.", required: false);
        var verb = new Verb("diff", "Say what going from one generation to another changes, or changed.")
        {
            WritesJsonLines = true,
            Examples = [("hale generations ohana diff 3", "from 3 to what runs"), ("hale generations ohana diff 5 3", "what going back to 3 would do")],
        };
        verb.Add(from);
        verb.Add(to);
        verb.SetAction((parsed, cancellation) => MachineVerbs.RunAsync(
            context, parsed, KeepVerbs.OneOf(context, parsed, hosts),
            ["diff", .. Number("--from", parsed.GetValue(from)), .. Number("--to", parsed.GetValue(to))],
            // The plan has been told as it came; what is left is a refusal.
            (host, events) => MachineVerbs.Ended(context, parsed, host, events, _ => null),
            cancellation));
        return verb;
    }

    private static string[] Number(string option, int? number) =>
        number is { } value ? [option, value.ToString(CultureInfo.InvariantCulture)] : [];
}
