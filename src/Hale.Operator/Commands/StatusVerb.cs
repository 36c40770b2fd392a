using Hale.Contribute;
using Hale.Operator.Diagnose;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Operator;

/// <summary><c>hale status</c>: what a machine is in, and how it is.</summary>
internal static class StatusVerb
{
    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to ask.");
        var all = CommonOptions.All();
        var verb = new Verb("status", "Say which generation a machine is in, whether all of it runs, and what is to be seen where.")
        {
            WritesJsonLines = true,
            Examples = [("hale status ohana", "exit code 7 where something that should run does not"),
                ("hale status --all --json", "one JSON object a host")],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.Add(context.Options.Tried);
        verb.SetAction((parsed, cancellation) =>
        {
            var chosen = context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all));
            var reachable = context.Evaluate(chosen, inLab: parsed.GetValue(context.Options.Tried)).ToDictionary(plan => plan.Host.Name, plan => plan.Reachable);
            return MachineVerbs.RunAsync(context, parsed, chosen, ["status"], Tell, cancellation);

            int Tell(string host, IReadOnlyList<ActivationEvent> events)
            {
                // An activator that cannot read what lies there says that instead.
                if (events.OfType<StatusEvent>().LastOrDefault() is not { Status: var status })
                    return MachineVerbs.Ended(context, parsed, host, events, _ => null);
                var tried = Tried.MachineOf(context, parsed, host);
                var pages = reachable[host].Select(page => tried is null ? page : page with { Url = tried.AddressOf(page.Url) });
                if (!parsed.GetValue(context.Options.Json))
                    foreach (var line in Lines(host, status, pages, new Ink(context.Surroundings.Color)))
                        context.Surroundings.Out.WriteLine(line);
                return (status.Host is null || status.FailedUnits.Count > 0 || status.Interrupted || status.Held is not null ? Outcome.Failed : Outcome.Done).ExitCode();
            }
        });
        return verb;
    }

    private static IEnumerable<string> Lines(string host, MachineStatus status, IEnumerable<Reachable> reachable, Ink ink)
    {
        yield return status.Current is { } current
            ? $"{ink.Bold(host)}: generation {current.Number}, {current.Revision ?? "no revision"}, of {current.CreatedAt:yyyy-MM-dd HH:mm:ss}Z by {current.CreatedBy}"
            : $"{ink.Bold(host)}: no generation";
        if (status.Host is null)
            yield return $"  {ink.Red("✗")} its system cannot be read, so nobody knows whether it runs: hale verify {host} --repair overwrite";
        else if (status.FailedUnits.Count == 0)
            yield return $"  {ink.Green("✓")} everything that is declared runs";
        foreach (var unit in status.FailedUnits)
            yield return $"  {ink.Red("✗")} {unit} should run and does not";
        if (status.Held is { } waiting)
        {
            yield return $"  {ink.Red("✗")} {waiting.Reason}";
            yield return $"      nothing that writes them starts until they are right. Mend what is in the way and deploy again, which tries anew (on the machine:";
            yield return $"      systemctl restart hale-recover); where you have put the data right by hand: hale deploy {host} --adopt-data";
        }
        else if (status.Interrupted)
            yield return $"  {ink.Red("✗")} an activation was interrupted: deploy again, or restart the machine, and it is finished or taken back";
        if (status.BootsOther)
            yield return $"  {ink.Yellow("~")} the next boot comes up in another system than the one that runs";
        foreach (var path in status.Drifted)
            yield return $"  {ink.Yellow("~")} {path} was changed on the machine";
        if (status.Lock is { } held)
            yield return $"  {ink.Yellow("…")} {(held.Who.Length == 0 ? "somebody" : held.Who)} {held.Doing} since {held.Since:HH:mm:ss}Z";
        foreach (var data in status.Data)
            yield return $"    data of {data.Name}: {What(data)}";
        foreach (var page in reachable)
            yield return $"    {page.Name}: {page.Url}{(page.Hint.Length == 0 ? "" : $" ({page.Hint})")}";
    }

    private static string What(DataStatus data) => string.Join(", ", (string[])[
        .. data.Format.Length > 0 ? [$"format {data.Format}"] : Array.Empty<string>(),
        .. data.Identity.Length > 0 ? [$"{(data.IdentityName.Length > 0 ? data.IdentityName : "identity")} {data.Identity}"] : Array.Empty<string>(),
        .. data.IsThere ? Array.Empty<string>() : ["nothing there yet"],
        data.Snapshots switch
        {
            0 => "no snapshot",
            1 => $"1 snapshot, {ByteSize.Text(data.SnapshotBytes)}",
            _ => $"{data.Snapshots} snapshots, {ByteSize.Text(data.SnapshotBytes)}",
        }]);
}
