using System.CommandLine;
using Hale.Operator.Deploy;
using Hale.Operator.Verify;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale deploy</c>: makes machines what was declared.</summary>
internal static class DeployVerb
{
    private const int MostAtOnce = 256;

    // From harmless to worst; a code that is not here is the worst.
    private static readonly int[] BySeverity = [0, 6, 8, 1, 5, 3, 7, 4];

    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to deploy to.");
        var all = CommonOptions.All();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask; scripts must say so." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would change: the same as hale plan." };
        var together = new Option<bool>("--together") { Description = "All hosts or none: each waits until all are healthy, and where one fails the others go back with it." };
        var atOnce = new Option<int>("--parallel") { Description = "How many hosts at one time.", HelpName = "N", DefaultValueFactory = _ => 8 };
        atOnce.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostAtOnce)
                result.AddError($"--parallel takes a number from 1 to {MostAtOnce}.");
        });
        var drift = DriftQuestion.Option();
        var verb = new Verb("deploy", "Make machines what is declared: build, show what would change, ask, copy, switch, wait until it is healthy.")
        {
            WritesJsonLines = true,
            Examples =
            [
                ("hale deploy ohana", "one host; shows the plan, and asks"),
                ("hale deploy ohana --yes", "from a script"),
                ("hale deploy --all", "every host, side by side; one that fails stops no other, and the exit code is the worst"),
                ("hale deploy web db --together", "both or neither"),
            ],
        };
        foreach (var option in (Option[])[all, yes, dryRun, context.Options.Diff, together, atOnce, drift])
            verb.Add(option);
        verb.Add(hosts);
        var switching = SwitchingOptions.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            var options = new DeploymentOptions { DryRun = parsed.GetValue(dryRun), Switch = switching.Of(parsed), Drift = DriftQuestion.Policy(parsed.GetValue(drift)) };
            if (parsed.GetValue(together))
                RequireConfirmed(options.Switch);
            return RunAsync(
                context, parsed, context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)),
                new RolloutOptions { Each = options, Together = parsed.GetValue(together), AtOnce = parsed.GetValue(atOnce) }, parsed.GetValue(yes), cancellation);
        });
        return verb;
    }

    /// <summary>Deploys to hosts, or plans to; the worst exit code.</summary>
    public static async Task<int> RunAsync(
        VerbContext context, ParseResult parsed, IReadOnlyList<string> hosts, RolloutOptions options, bool yes, CancellationToken cancellation)
    {
        var plans = context.Evaluate(hosts);
        var prompt = parsed.GetValue(context.Options.Json) ? null : context.Surroundings.Prompt;
        if (!options.Each.DryRun && !yes && prompt is null)
            throw new UserError(
                "hale deploy asks before it changes a machine, and there is nobody to ask.", "Say --yes to deploy without being asked, or --dry-run to only look.")
            { ExitCode = HaleCommand.Usage };
        var told = options.Each with { Who = context.Surroundings.Who, RevisionFolder = context.FleetFolder };
        var ends = (await RolledOutAsync(context, parsed, plans, options with { Each = told }, yes ? null : prompt, cancellation).ConfigureAwait(false)).ToList();
        for (var at = 0; at < ends.Count; at++)
            if (!yes && ends[at].Result is { Outcome: Outcome.Drifted } drifted && DriftQuestion.Ask(context, parsed, drifted.Findings) is { } policy)
                ends[at] = (await RolledOutAsync(
                    context, parsed, [plans[at]], options with { Each = told with { Drift = policy }, Together = false }, null, cancellation).ConfigureAwait(false))[0];
        new MachineResults(context, parsed).Tell(ends, options.Each.DryRun);
        return ends.Aggregate(0, (worst, end) => Worse(worst, end.ExitCode));
    }

    /// <summary>The worse of two exit codes.</summary>
    public static int Worse(int one, int other) => Severity(one) >= Severity(other) ? one : other;

    /// <param name="context">What the verb is made with.</param>
    /// <param name="parsed">The arguments.</param>
    /// <param name="plans">What the hosts come to.</param>
    /// <param name="options">What is told.</param>
    /// <param name="prompt">Who is asked; null asks nobody.</param>
    /// <param name="cancellation">Stops at the next safe point.</param>
    private static async Task<IReadOnlyList<HostEnd>> RolledOutAsync(
        VerbContext context, ParseResult parsed, IReadOnlyList<HostPlan> plans, RolloutOptions options, IPrompt? prompt, CancellationToken cancellation)
    {
        var workshop = Workshop.Open(context, parsed, plans);
        await using (workshop.ConfigureAwait(false))
            return await new Rollout(
                workshop.Store, workshop.Builder, workshop.Reporter, context.Surroundings.Time, context.TargetOf,
                options with { Approve = prompt is null ? null : AskAsync }).RunAsync(plans, cancellation).ConfigureAwait(false);

        async Task<bool> AskAsync(IReadOnlyList<string> names)
        {
            await workshop.PauseAsync().ConfigureAwait(false);
            return prompt.Confirm($"Deploy to {Listed(names)}?");
        }
    }

    /// <summary>Those that wait for each other wait to be confirmed.</summary>
    private static void RequireConfirmed(SwitchOptions options)
    {
        if (options.Mode == SwitchMode.Boot || options.Window == TimeSpan.Zero || options.NoRollback)
            throw new UserError(
                "--together goes back where a host fails, so it cannot go with --mode boot, --confirm 0 or --no-rollback.", "Leave one of them out.")
            { ExitCode = HaleCommand.Usage };
    }

    /// <summary>Names as in a sentence: <c>a, b and c</c>.</summary>
    private static string Listed(IReadOnlyList<string> names) =>
        names.Count == 1 ? names[0] : $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]}";

    private static int Severity(int exit) => Array.IndexOf(BySeverity, exit) is >= 0 and var at ? at : BySeverity.Length;
}
