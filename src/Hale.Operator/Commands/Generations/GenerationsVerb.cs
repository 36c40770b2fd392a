using Hale.Operator.Report;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Operator;

/// <summary><c>hale generations</c>: what a machine can go back to; below it what compares, keeps and deletes them.</summary>
internal static class GenerationsVerb
{
    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to ask.");
        var all = CommonOptions.All();
        var verb = new Verb("generations", "List the generations on a machine; compare, pin or delete them.")
        {
            WritesJsonLines = true,
            Examples =
            [
                ("hale generations ohana", "numbers for hale rollback --to"),
                ("hale generations ohana diff 3", "what has changed between generation 3 and what runs"),
                ("hale generations ohana pin 3", "keep generation 3, whatever hale gc deletes"),
                ("hale generations ohana delete 1 2", "forget two; hale gc then frees their disk space"),
            ],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.Add(context.Options.Tried);
        verb.Add(DiffVerb.Create(context, hosts));
        verb.Add(KeepVerbs.Pin(context, hosts));
        verb.Add(KeepVerbs.Unpin(context, hosts));
        verb.Add(KeepVerbs.Delete(context, hosts));
        verb.SetAction((parsed, cancellation) => MachineVerbs.RunAsync(
            context, parsed, context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)), ["generations"],
            (host, events) =>
            {
                if (!parsed.GetValue(context.Options.Json))
                    foreach (var line in events.OfType<GenerationsEvent>().SelectMany(found => Lines(host, found.Generations)))
                        context.Surroundings.Out.WriteLine(line);
                // Where it cannot read what lies there, it says that instead.
                return MachineVerbs.Ended(context, parsed, host, events, _ => null);
            },
            cancellation));
        return verb;
    }

    private static IEnumerable<string> Lines(string host, IReadOnlyList<GenerationInfo> generations) => generations.Select(one =>
        $"{host} {(one.Current ? "*" : " ")} {one.Generation.Number,4}  {one.Generation.CreatedAt:yyyy-MM-dd HH:mm:ss}Z  "
        + $"{Revisions.Short(one.Generation.Revision),-12}  {one.Generation.CreatedBy}  {ByteSize.Text(one.Size)}"
        + $"{string.Concat(one.Snapshots.Select(kept => $"  (data of {kept.Name}{(kept.Format.Length == 0 ? "" : $" {kept.Format}")} of {kept.At:yyyy-MM-dd HH:mm}Z, {ByteSize.Text(kept.Bytes)})"))}"
        + $"{(one.Pinned ? "  (pinned)" : "")}{(one.Present ? "" : "  (no longer whole)")}");
}

/// <summary>Git revisions as a list shows them.</summary>
internal static class Revisions
{
    private const int Width = 12;

    public static string Short(string? revision) =>
        revision is null ? "no revision"
        : revision.EndsWith("-dirty", StringComparison.Ordinal) ? revision[..Math.Min(6, revision.Length)] + "-dirty"
        : revision[..Math.Min(Width, revision.Length)];
}
