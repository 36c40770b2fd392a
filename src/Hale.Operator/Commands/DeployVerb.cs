using System.CommandLine;
using Hale.Operator.Build;
using Hale.Operator.Deploy;
using Hale.Operator.Diagnose;
using Hale.Operator.Report;
using Hale.Operator.Verify;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale deploy</c>: makes machines what was declared.</summary>
internal static class DeployVerb
{
    // From harmless to worst; a code that is not here is the worst.
    private static readonly int[] BySeverity = [0, 6, 8, 1, 5, 3, 7, 4];

    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to deploy to.");
        var all = CommonOptions.All();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would change, as hale plan does." };
        var drift = DriftQuestion.Option();
        var verb = new Verb("deploy", "Make machines what is declared: build, copy what is missing, activate, wait until it is healthy.")
        {
            WritesJsonLines = true,
            Examples =
            [
                ("hale deploy ohana", "one host"),
                ("hale deploy --all", "every host, one after the other; the exit code is the worst"),
                ("hale deploy ohana --dry-run", "look first"),
            ],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.Add(dryRun);
        verb.Add(drift);
        var switching = SwitchingOptions.AddTo(verb);
        verb.SetAction((parsed, cancellation) => RunAsync(
            context, parsed, context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)),
            new DeploymentOptions { DryRun = parsed.GetValue(dryRun), Drift = DriftQuestion.Policy(parsed.GetValue(drift)), Switch = switching.Of(parsed) }, cancellation));
        return verb;
    }

    /// <summary>Deploys to hosts in turn, or plans to; the worst exit code.</summary>
    public static async Task<int> RunAsync(
        VerbContext context, ParseResult parsed, IReadOnlyList<string> hosts, DeploymentOptions options, CancellationToken cancellation)
    {
        var plans = context.Evaluate(hosts);
        var telling = new MachineResults(context, parsed);
        var worst = 0;
        foreach (var plan in plans)
        {
            int exit;
            try
            {
                var result = await OneAsync(context, parsed, plan, plans, options, cancellation).ConfigureAwait(false);
                if (result.Outcome == Outcome.Drifted && DriftQuestion.Ask(context, parsed, result.Findings) is { } policy)
                    result = await OneAsync(context, parsed, plan, plans, options with { Drift = policy }, cancellation).ConfigureAwait(false);
                telling.Tell(result, options.DryRun);
                exit = result.ExitCode;
            }
            catch (UserError error)
            {
                telling.Tell(plan.Host.Name, error);
                exit = error.ExitCode;
            }
            worst = Worse(worst, exit);
        }
        return worst;
    }

    /// <summary>The worse of two exit codes.</summary>
    public static int Worse(int one, int other) => Severity(one) >= Severity(other) ? one : other;

    private static async Task<DeploymentResult> OneAsync(
        VerbContext context, ParseResult parsed, HostPlan plan, IReadOnlyList<HostPlan> plans, DeploymentOptions options, CancellationToken cancellation)
    {
        var target = context.TargetOf(plan.Host);
        var workshop = Workshop.Open(context, parsed, plans);
        await using (workshop.ConfigureAwait(false))
        {
            var deployment = new Deployment(workshop.Store, workshop.Builder, workshop.Reporter, context.Surroundings.Time);
            var told = options with { Who = context.Surroundings.Who, RevisionFolder = context.FleetFolder };
            return await deployment.RunAsync(plan, target, told, cancellation).ConfigureAwait(false);
        }
    }

    private static int Severity(int exit) => Array.IndexOf(BySeverity, exit) is >= 0 and var at ? at : BySeverity.Length;
}
