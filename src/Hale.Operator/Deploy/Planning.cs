using System.Text.Json;
using Hale.Operator.Report;
using Hale.Store.Closure;
using Hale.Store.Local;

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
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What there is to tell, in order: the plan with its detail, and all else that the machine said.</returns>
    public async Task<IReadOnlyList<OperatorEvent>> RunAsync(Ready ready, string? revision, CancellationToken cancellation)
    {
        var said = new Collected();
        var manifest = JsonSerializer.SerializeToUtf8Bytes(ready.System.Manifest, ManifestJson.Default.SystemManifest);
        var asked = new PlanInput(manifest, SecretTexts.Of(ready.System.Manifest, store)).ToBytes();
        if (ready.Facts.IsWhole)
            await RemoteActivator.OfCurrent(ready.Ssh, ready.Host).RunAsync(
                ["plan", "--manifest", "-"], (stream, stop) => stream.WriteAsync(asked, stop).AsTask(), said, cancellation).ConfigureAwait(false);
        else
            await LocalPlanner.RunAsync(ready.System, store, manifest, said, cancellation).ConfigureAwait(false);
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
