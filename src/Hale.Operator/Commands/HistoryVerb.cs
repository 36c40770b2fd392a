using System.CommandLine;
using System.Globalization;
using Hale.Operator.Diagnose;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale history</c>: who did what to a machine, and how it ended.</summary>
internal static class HistoryVerb
{
    private const int Usual = 20;

    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to ask.");
        var all = CommonOptions.All();
        var limit = new Option<int?>("--limit") { Description = $"How many entries at most; {Usual} where not said.", HelpName = "N" };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0))
                result.AddError($"\"{token.Value}\" is not a number of entries.");
        });
        var verb = new Verb("history", "Say what was done to a machine, by whom and how it ended, newest first.")
        {
            WritesJsonLines = true,
            Examples =
            [
                ("hale history ohana", "deployments, rollbacks, refusals, recoveries, what was collected"),
                ("hale history ohana --limit 1000 --json", "the machine's whole audit log"),
            ],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.Add(limit);
        verb.Add(context.Options.Tried);
        verb.SetAction((parsed, cancellation) => MachineVerbs.RunAsync(
            context, parsed, context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)),
            ["history", "--limit", (parsed.GetValue(limit) ?? Usual).ToString(CultureInfo.InvariantCulture)],
            (host, events) =>
            {
                if (!parsed.GetValue(context.Options.Json))
                    foreach (var line in events.OfType<HistoryEvent>().SelectMany(found => found.Entries).SelectMany(
                        entry => Lines(host, entry, new Ink(context.Surroundings.Color))))
                        context.Surroundings.Out.WriteLine(line);
                // Where it cannot read what lies there, it says that instead.
                return MachineVerbs.Ended(context, parsed, host, events, _ => null);
            },
            cancellation));
        return verb;
    }

    internal static IEnumerable<string> Lines(string host, HistoryEntry entry, Ink ink)
    {
        var outcome = Word(entry.Outcome).PadRight(13);
        var way = entry.From == entry.To ? Name(entry.To) : $"{Name(entry.From)} -> {Name(entry.To)}";
        yield return $"{host}  {entry.When.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  {entry.Verb,-8}  {way,-9}  "
            + $"{(entry.Outcome.ExitCode() == 0 ? ink.Green(outcome) : ink.Red(outcome))}  {string.Create(CultureInfo.InvariantCulture, $"{entry.Seconds,6:0.0}")} s  "
            + $"{(entry.Revision is null ? "" : Revisions.Short(entry.Revision)),-12}  {entry.Who}".TrimEnd();
        foreach (var error in entry.Errors)
            yield return $"    {ink.Red("✗")} {error.ReplaceLineEndings("\n      ")}";
        if (entry.Detail is { } detail)
            yield return $"    {ink.Faint(detail)}";
    }

    private static string Name(int? generation) => generation is { } number ? $"{number}" : "none";

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.RolledBack => "went back",
        Outcome.RollbackFailed => "stuck",
        Outcome.NeedsReboot => "needs reboot",
        _ => outcome.ToString().ToLowerInvariant(),
    };
}
