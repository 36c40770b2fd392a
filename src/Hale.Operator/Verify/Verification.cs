using System.CommandLine;
using Hale.Declare;
using Hale.Operator.Deploy;
using Hale.Operator.Diagnose;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Paths;

namespace Hale.Operator.Verify;

/// <summary>What is to become of findings.</summary>
internal enum RepairWay
{
    /// <summary>They are only told.</summary>
    None,

    /// <summary>Everything is put back.</summary>
    Overwrite,

    /// <summary>What a person wrote is kept aside on the machine, and everything is put back.</summary>
    Keep,
}

/// <summary>Compares a machine with its system, and puts it back: the machine looks and repairs, this computer sends what is damaged there.</summary>
/// <param name="context">What the verb is made with.</param>
/// <param name="parsed">The arguments.</param>
/// <param name="hash">Whether all contents of the store are hashed.</param>
internal sealed class Verification(VerbContext context, ParseResult parsed, bool hash)
{
    private readonly TimeProvider time = context.Surroundings.Time;

    /// <summary>Verifies one host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="asked">What is to become of findings; null asks at a terminal.</param>
    /// <param name="cancellation">Ends the wait; a repair under way is finished by the machine.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(Host host, RepairWay? asked, CancellationToken cancellation)
    {
        var ssh = new SshConnection(Tried.TargetOf(context, parsed, host));
        await using (ssh.ConfigureAwait(false))
        {
            var (activator, found) = await LookAsync(ssh, host, asked, cancellation).ConfigureAwait(false);
            if (found.Count == 0)
                return Say($"{host.Name}: as declared", Outcome.Nothing);
            var way = asked ?? (DriftQuestion.Ask(context, parsed, found) switch
            {
                DriftPolicy.Keep => RepairWay.Keep,
                DriftPolicy.Overwrite => RepairWay.Overwrite,
                _ => RepairWay.None,
            });
            return way == RepairWay.None
                ? Say($"{host.Name}: {Count(found.Count)} from what was declared", Outcome.Drifted)
                : await RepairAsync(ssh, host, activator, found, way, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<(RemoteActivator Activator, IReadOnlyList<Finding> Found)> LookAsync(SshConnection ssh, Host host, RepairWay? way, CancellationToken cancellation)
    {
        var reporter = Reporters.For(context, parsed);
        await using (reporter.ConfigureAwait(false))
        {
            var facts = await new MachineLink(ssh, host.Name, reporter, time).AskAsync([], cancellation).ConfigureAwait(false);
            var system = facts.Whole ?? facts.RequireDeployed(ssh.Name, host.Name);
            var activator = RemoteActivator.OfSystem(ssh, host.Name, system);
            try
            {
                facts.RequireWhole(ssh.Name, host.Name);
                return (activator, await FindingsAsync(activator, reporter).ConfigureAwait(false));
            }
            catch (UserError error) when (error.ExitCode == Outcome.Failed.ExitCode())
            {
                if (way is null or RepairWay.None)
                    throw;
                reporter.Report(new Warned($"{error.Message.TrimEnd('.')}. It is sent again."));
                await WithMenderAsync(ssh, host, activator, mender => mender.ReviveAsync(system, !facts.IsWhole, cancellation)).ConfigureAwait(false);
                return (activator, await FindingsAsync(activator, reporter).ConfigureAwait(false));
            }
        }

        async Task<IReadOnlyList<Finding>> FindingsAsync(RemoteActivator activator, IReporter told)
        {
            var work = hash ? $"hash the store of {host.Name}" : $"look at {host.Name}";
            var events = await told.RunAsync(work, time, async () => (await activator.RunAsync(
                hash ? ["verify", "--store"] : ["verify"], null, new Hashing(told, work), cancellation).ConfigureAwait(false), "")).ConfigureAwait(false);
            events.Require(Outcome.Nothing, Outcome.Drifted);
            return [.. events.OfType<FindingEvent>().Select(one => one.Finding)];
        }
    }

    private async Task<int> RepairAsync(
        SshConnection ssh, Host host, RemoteActivator activator, IReadOnlyList<Finding> found, RepairWay way, CancellationToken cancellation)
    {
        var damaged = found.Where(one => one.Kind is FindingKind.StoreMissing or FindingKind.StoreChanged)
            .Select(one => StorePath.TryParse(one.Path, out var path) ? path : null).OfType<StorePath>().ToList();
        IReadOnlyList<StorePath> replaced = [];
        if (damaged.Count > 0)
            await WithMenderAsync(ssh, host, activator, async mender => replaced = await mender.SendAsync(damaged, cancellation).ConfigureAwait(false))
                .ConfigureAwait(false);
        string[] arguments =
        [
            "verify", "--repair", way == RepairWay.Keep ? "keep" : "overwrite", "--by", context.Surroundings.Who,
            .. replaced.Count > 0 ? ["--replaced", string.Join(',', replaced)] : Array.Empty<string>(),
        ];
        var reporter = Reporters.For(context, parsed);
        IReadOnlyList<ActivationEvent> events;
        await using (reporter.ConfigureAwait(false))
            events = await activator.RunAsync(arguments, null, new NewFindingsReporter(reporter, found), cancellation)
                .ConfigureAwait(false);
        var result = events.OfType<ResultEvent>().LastOrDefault() ?? throw new UserError(
            $"The activator on {host.Name} ended without saying how.", $"Look again: hale verify {host.Name}")
        { ExitCode = Outcome.Failed.ExitCode() };
        new MachineResults(context, parsed).Tell(
            new DeploymentResult(host.Name, result.Outcome == Outcome.Nothing ? Outcome.Done : result.Outcome)
            { Generation = result.Generation, Errors = result.Errors });
        return result.Outcome.ExitCode();
    }

    /// <summary>What was built and sent is told; a store on this computer is opened only where something is damaged.</summary>
    private async Task WithMenderAsync(SshConnection ssh, Host host, RemoteActivator activator, Func<StoreMender, Task> mend)
    {
        var plans = context.Evaluate([host.Name]);
        var workshop = Workshop.Open(context, parsed, plans);
        await using (workshop.ConfigureAwait(false))
            await mend(new StoreMender(ssh, activator, workshop, plans[0], time)).ConfigureAwait(false);
    }

    private int Say(string line, Outcome outcome)
    {
        var ink = new Ink(context.Surroundings.Color);
        if (!parsed.GetValue(context.Options.Json) && !(outcome == Outcome.Nothing && parsed.GetValue(context.Options.Quiet)))
            (outcome == Outcome.Nothing ? context.Surroundings.Out : context.Surroundings.Error)
                .WriteLine(outcome == Outcome.Nothing ? ink.Green(line) : ink.Yellow(line));
        return outcome.ExitCode();
    }

    private static string Count(int differences) => differences == 1 ? "1 difference" : $"{differences} differences";

    /// <summary>How far hashing is, as any other work.</summary>
    private sealed class Hashing(IReporter reporter, string work) : IReporter
    {
        public void Report(OperatorEvent happened) => reporter.Report(
            happened is FromMachine { Event: HashedEvent hashed } ? new WorkAdvanced(work, hashed.Done, hashed.Total) : happened);
    }
}
