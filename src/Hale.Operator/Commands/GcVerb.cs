using System.CommandLine;
using System.Globalization;
using Hale.Operator.Report;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Operator;

/// <summary><c>hale gc</c>: frees a machine's disk of what no generation needs.</summary>
internal static class GcVerb
{
    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to free.");
        var all = CommonOptions.All();
        var keep = new Option<int?>("--keep")
        {
            Description = "How many generations stay beside the current one, the one before it and pinned ones; 5 where not said.",
            HelpName = "N",
        };
        keep.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                result.AddError($"\"{token.Value}\" is not a number of generations.");
        });
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would go." };
        var verb = new Verb("gc", "Delete old generations of a machine, and everything that nothing there needs any more.")
        {
            WritesJsonLines = true,
            Examples =
            [
                ("hale gc ohana", "each machine does this by itself every week"),
                ("hale gc ohana --keep 0 --dry-run", "the most that could be freed"),
            ],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.Add(keep);
        verb.Add(dryRun);
        verb.Add(context.Options.Tried);
        verb.SetAction((parsed, cancellation) =>
        {
            string[] kept = parsed.GetValue(keep) is { } number ? ["--keep", number.ToString(CultureInfo.InvariantCulture)] : [];
            string[] dry = parsed.GetValue(dryRun) ? ["--dry-run"] : ["--by", context.Surroundings.Who];
            return MachineVerbs.RunAsync(
                context, parsed, context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)), ["gc", .. kept, .. dry],
                (host, events) => MachineVerbs.Ended(context, parsed, host, events, _ => Line(events, parsed.GetValue(dryRun))), cancellation);
        });
        return verb;
    }

    private static string? Line(IReadOnlyList<ActivationEvent> events, bool dryRun)
    {
        if (dryRun)
            return null;
        var gone = events.OfType<CollectedEvent>().ToList();
        return $"freed {ByteSize.Text(gone.Sum(one => one.NarSize))}";
    }
}
