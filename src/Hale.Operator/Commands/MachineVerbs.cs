using System.CommandLine;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary>What the verbs that ask a machine have in common: connect, and run a verb of the activator that is there.</summary>
internal static class MachineVerbs
{
    /// <summary>Runs a verb of the activator on each host; the worst exit code.</summary>
    /// <param name="context">What the verb is made with.</param>
    /// <param name="parsed">The arguments.</param>
    /// <param name="hosts">The hosts.</param>
    /// <param name="arguments">The activator's verb and options.</param>
    /// <param name="tell">Writes what was answered, for a person; the exit code.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="window">For a verb that switches: how long the machine waits to be reached over a new connection; null for any other verb.</param>
    public static async Task<int> RunAsync(
        VerbContext context, ParseResult parsed, IReadOnlyList<string> hosts, IReadOnlyList<string> arguments,
        Func<string, IReadOnlyList<ActivationEvent>, int> tell, CancellationToken cancellation, TimeSpan? window = null)
    {
        var worst = 0;
        foreach (var host in context.HostsOf(hosts))
            try
            {
                IReadOnlyList<ActivationEvent> events;
                var reporter = Reporters.For(context, parsed);
                await using (reporter.ConfigureAwait(false))
                    events = await AskAsync(
                        Tried.TargetOf(context, parsed, host), host.Name, arguments, reporter, context.Surroundings.Time, window, cancellation)
                            .ConfigureAwait(false);
                worst = DeployVerb.Worse(worst, tell(host.Name, events));
            }
            catch (UserError error)
            {
                new MachineResults(context, parsed).Tell(host.Name, error);
                worst = DeployVerb.Worse(worst, error.ExitCode);
            }
        return worst;
    }

    /// <summary>Tells how a verb of the activator ended that brings no generation.</summary>
    /// <param name="context">What the verb is made with.</param>
    /// <param name="parsed">The arguments.</param>
    /// <param name="host">The host.</param>
    /// <param name="events">What the activator said.</param>
    /// <param name="line">What to say where it ended well; null for nothing more.</param>
    /// <returns>The exit code.</returns>
    public static int Ended(
        VerbContext context, ParseResult parsed, string host, IReadOnlyList<ActivationEvent> events, Func<ResultEvent, string?> line)
    {
        if (events.OfType<ResultEvent>().LastOrDefault() is not { } result)
            return 0;
        new MachineResults(context, parsed).Tell(host, result, line(result));
        return result.Outcome.ExitCode();
    }

    private static async Task<IReadOnlyList<ActivationEvent>> AskAsync(
        SshTarget target, string host, IReadOnlyList<string> arguments, IReporter reporter, TimeProvider time,
        TimeSpan? window, CancellationToken cancellation)
    {
        var ssh = new SshConnection(target);
        await using (ssh.ConfigureAwait(false))
        {
            var facts = await new MachineLink(ssh, host, reporter, time).AskAsync([], cancellation).ConfigureAwait(false);
            var activator = RemoteActivator.OfSystem(ssh, host, facts.RequireWhole(target.Destination, host));
            return window is { } wait
                ? await new Handover(target, host, reporter, time).RunAsync(activator, arguments, wait, cancellation).ConfigureAwait(false)
                : await activator.RunAsync(arguments, null, reporter, cancellation).ConfigureAwait(false);
        }
    }
}
