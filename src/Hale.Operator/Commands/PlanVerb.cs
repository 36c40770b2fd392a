using Hale.Operator.Deploy;

namespace Hale.Operator;

/// <summary><c>hale plan</c>: what a deployment would change.</summary>
internal static class PlanVerb
{
    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to plan for.");
        var all = CommonOptions.All();
        var verb = new Verb("plan", "Say what a deployment would change on a machine, and change nothing.")
        {
            WritesJsonLines = true,
            Examples =
            [
                ("hale plan ohana", "packages, files, units, ports and secrets that would differ, what is copied, and what does not answer meanwhile"),
                ("hale plan ohana --diff", "every line that differs"),
                ("hale plan --all --json", "the same of every host, one JSON object a line"),
            ],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.Add(context.Options.Diff);
        var data = SwitchingOptions.AddDataTo(verb);
        verb.SetAction((parsed, cancellation) => DeployVerb.RunAsync(
            context, parsed, context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)),
            new RolloutOptions { Each = new DeploymentOptions { DryRun = true, Switch = data.DataOf(parsed) } }, yes: true, cancellation));
        return verb;
    }
}
