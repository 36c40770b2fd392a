using System.Text.Json;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Deploy;

/// <summary>
/// What a deployment would change: the machine plans, for it alone knows what it runs; this computer adds what the new system's texts
/// say, what would be copied, and the revisions.
/// </summary>
/// <param name="store">The store of this computer.</param>
internal sealed class Planning(LocalStore store)
{
    /// <summary>Asks the machine.</summary>
    /// <param name="ready">The machine.</param>
    /// <param name="revision">The git revision of the declaration; null where there is none.</param>
    /// <param name="data">The activator's options about data.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What there is to tell, in order: the plan with its detail, and all else that the machine said.</returns>
    public async Task<IReadOnlyList<OperatorEvent>> RunAsync(Ready ready, string? revision, IEnumerable<string> data, CancellationToken cancellation)
    {
        var said = new Collected();
        var manifest = JsonSerializer.SerializeToUtf8Bytes(ready.System.Manifest, ManifestJson.Default.SystemManifest);
        var asked = new PlanInput(manifest, SecretTexts.Of(ready.System.Manifest, store)).ToBytes();
        var isOlder = false;
        if (ready.Facts.Whole is { } whole)
            try
            {
                await RemoteActivator.OfSystem(ready.Ssh, ready.Host, whole).RunAsync(
                    ["plan", "--manifest", "-", .. data], (stream, stop) => stream.WriteAsync(asked, stop).AsTask(), said, cancellation).ConfigureAwait(false);
            }
            catch (UserError error) when (error.Message.Contains("plan has no option '--", StringComparison.Ordinal))
            {
                isOlder = true;
            }
        else
        {
            if ((ready.Facts.System ?? ready.Facts.Boot) is { } damaged)
                said.Report(new Warned(
                    $"{ready.Host} is in {damaged}, and lacks its manifest, its activator or its runtime: what differs cannot be told, so everything counts as new.",
                    $"hale verify {ready.Host} --repair overwrite puts it right first."));
            await LocalPlanner.RunAsync(ready.System, store, manifest, null, said, cancellation).ConfigureAwait(false);
        }
        if (ready.Facts.IsWhole && (isOlder || said.Events.Any(IsOfAnotherAge)))
        {
            said = new Collected();
            said.Report(new Warned(
                $"{ready.Host} runs an activator that is older than this hale and does not understand it, so the plan is made on this computer, from what the machine says it runs.",
                "It cannot know which units run there, what was changed by hand, what the files there say, or which secrets differ; the deployment itself looks at all that."));
            await LocalPlanner.RunAsync(ready.System, store, manifest, await RunningAsync(ready, cancellation).ConfigureAwait(false), said, cancellation).ConfigureAwait(false);
        }
        var missing = await ready.Link.MissingAsync(ready.System.Closure, cancellation).ConfigureAwait(false);
        var before = said.Events.OfType<FromMachine>().Select(one => one.Event).OfType<BeforeEvent>().LastOrDefault();

        return [.. said.Events.Select(Detailed).OfType<OperatorEvent>()];

        OperatorEvent? Detailed(OperatorEvent happened) => happened switch
        {
            FromMachine { Event: BeforeEvent } => null,
            FromMachine { Event: PlanEvent planned } => new FromMachine(ready.Host, new PlanEvent(planned.Plan with
            {
                OldRevision = before?.Revision,
                NewRevision = revision,
                Detail = new PlanDetail
                {
                    OldSystem = ready.Facts.IsWhole && before is not null ? before.System : ready.Facts.System ?? ready.Facts.Boot,
                    NewSystem = ready.System.System.ToString(),
                    OldGeneration = before?.Generation,
                    OldSize = before?.Size,
                    NewSize = ready.System.Size,
                    Paths = ready.System.Closure.Count,
                    MissingPaths = missing.Count,
                    MissingBytes = missing.Sum(path => path.NarSize),
                    Differences = TextDifferences.Of(
                        ready.System.Manifest, planned.Plan, before?.Texts ?? new Dictionary<string, string>(), store),
                    Interruption = before?.Interruption ?? new Interruption(),
                },
            })),
            _ => happened,
        };
    }

    /// <summary>Whether an activator refused because it does not know the version of the manifest, or of the journal that a newer one left, or a part of the manifest.</summary>
    internal static bool IsOfAnotherAge(OperatorEvent happened) => happened is FromMachine { Event: ResultEvent { Outcome: not Outcome.Done } result }
        && result.Errors.Any(error => error.Message.StartsWith("/var/lib/hale/journal.json cannot be read: version ", StringComparison.Ordinal)
            || (error.Message.StartsWith("The manifest of standard input ", StringComparison.Ordinal)
                && (error.Message.Contains("this activator reads up to", StringComparison.Ordinal) || error.Message.Contains("that is not known", StringComparison.Ordinal))));

    /// <summary>What the machine runs, in its own words.</summary>
    private static async Task<(string, string)?> RunningAsync(Ready ready, CancellationToken cancellation)
    {
        var system = ready.Facts.System ?? ready.Facts.Boot;
        // The machine's own word, which becomes a path on this computer.
        if (system is null || !StorePath.TryParse(system, out _))
            return null;
        var read = await ready.Ssh.RunAsync($"cat {SshConnection.Quote($"{system}/manifest.json")}", "", cancellation).ConfigureAwait(false);
        return read.ExitCode == 0 ? (system, read.Output) : null;
    }

    private sealed class Collected : IReporter
    {
        private readonly List<OperatorEvent> events = [];

        public IReadOnlyList<OperatorEvent> Events => events;

        public void Report(OperatorEvent happened)
        {
            lock (events)
                events.Add(happened);
        }
    }
}
