using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale generations</c>: what a machine can go back to.</summary>
internal static class GenerationsVerb
{
    private const int ShortRevision = 12;

    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to ask.");
        var all = CommonOptions.All();
        var verb = new Verb("generations", "List the generations on a machine.")
        {
            WritesJsonLines = true,
            Examples = [("hale generations ohana", "numbers for hale rollback --to")],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.SetAction((parsed, cancellation) => MachineVerbs.RunAsync(
            context, parsed, context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)), ["generations"],
            (host, events) =>
            {
                if (!parsed.GetValue(context.Options.Json))
                    foreach (var line in events.OfType<GenerationsEvent>().SelectMany(found => Lines(host, found.Generations)))
                        context.Surroundings.Out.WriteLine(line);
                return 0;
            },
            cancellation));
        return verb;
    }

    private static IEnumerable<string> Lines(string host, IReadOnlyList<GenerationInfo> generations) => generations.Select(one =>
        $"{host} {(one.Current ? "*" : " ")} {one.Generation.Number,4}  {one.Generation.CreatedAt:yyyy-MM-dd HH:mm:ss}Z  "
        + $"{Short(one.Generation.Revision),-12}  {one.Generation.CreatedBy}{(one.Present ? "" : "  (no longer whole)")}");

    private static string Short(string? revision) =>
        revision is null ? "no revision"
        : revision.EndsWith("-dirty", StringComparison.Ordinal) ? revision[..Math.Min(6, revision.Length)] + "-dirty"
        : revision[..Math.Min(ShortRevision, revision.Length)];
}
