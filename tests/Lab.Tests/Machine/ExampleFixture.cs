using Hale.Catalogue.Tests;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Lab;
using Hale.Operator.Build;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store.Closure;
using Hale.Store.Local;
using Lab.Tests.Ohana;

namespace Lab.Tests;

/// <summary>
/// One of the examples on a booted machine, deployed through the same code as any deploy. The lock is made anew, for mirrors drop what a committed
/// lock pins. Each test leaves the machine in the declared state.
/// </summary>
public abstract class ExampleFixture(string example) : IAsyncLifetime, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory($"hale-{example}-").FullName;
    private readonly Heard heard = new();
    private LabRun? run;
    private LocalStore? store;
    private Builder? builder;

    public Hale.Lab.Machine Machine { get; private set; } = null!;

    public LabRun Run => run ?? throw new InvalidOperationException("this computer has no lab");

    /// <summary>The machine's HTTPS port on this computer.</summary>
    public int Https { get; private set; }

    /// <summary>The root certificate of the machine's own authority, on this computer.</summary>
    public string Certificate => Path.Combine(folder, "root.crt");

    public async Task InitializeAsync()
    {
        if (new LabFactAttribute().Skip is not null) return;
        store = LocalStore.Open(LocalStore.DefaultFolder());
        builder = new Builder(store, new BuildOptions { FleetFolder = folder, SourceFolder = Repository.Root }, heard, TimeProvider.System);
        run = await LabFixture.StartAsync();
        Machine = await run.BootAsync(example);
        var result = await DeployAsync(await Example.LoadAsync(example));
        Assert.True(result.Outcome == Outcome.Done, $"the first deployment: {result.Outcome}\n{string.Join('\n', result.Errors.Select(error => $"{error}\n{string.Join('\n', error.Log ?? [])}"))}\n{heard}");
        Https = Machine.Forward(443).LocalPort;
        await File.WriteAllTextAsync(Certificate, await Machine.SucceedAsync("cat /var/lib/caddy/caddy/pki/authorities/local/root.crt"));
    }

    public async Task DisposeAsync()
    {
        if (run is not null) await run.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public void Dispose()
    {
        builder?.Dispose();
        store?.Dispose();
    }

    public static Host HostOf(Fleet fleet) => fleet.Hosts.Single().Value;

    public static HostPlan PlanOf(Fleet fleet, string? host = null)
    {
        var evaluation = Evaluator.Evaluate(fleet, inLab: true);
        Assert.Empty(evaluation.Problems);
        return evaluation.Plans.Single(plan => host is null || plan.Host.Name == host);
    }

    public Task<DeploymentResult> DeployAsync(Fleet fleet) => DeployAsync(PlanOf(fleet), Machine);

    public Task<DeploymentResult> DeployAsync(HostPlan plan, Hale.Lab.Machine machine, SwitchOptions? how = null) =>
        new Deployment(store!, builder!, heard, TimeProvider.System).RunAsync(
            plan, new SshTarget(machine.Ssh.Destination) { Options = machine.Ssh.Options }, new DeploymentOptions { Who = "tests", Switch = how ?? new() },
            CancellationToken.None);

    /// <summary>What systemd knows of each unit's current run: the same id is the same, uninterrupted run.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RunsAsync(params string[] units)
    {
        var runs = new Dictionary<string, string>();
        foreach (var unit in units)
            runs[unit] = await Machine.SucceedAsync($"systemctl show -p InvocationID -p MainPID --value {unit}");
        return runs;
    }

    /// <summary>A client on this computer that finds every name at the machine, and trusts its authority alone.</summary>
    public HttpClient Client() => MachineClient.Make(Https, Certificate);

    /// <summary>Keeps the last events, for the message of a test that fails.</summary>
    private sealed class Heard : IReporter
    {
        private readonly Queue<OperatorEvent> events = new();

        public void Report(OperatorEvent happened)
        {
            lock (events)
            {
                events.Enqueue(happened);
                if (events.Count > 60) events.Dequeue();
            }
        }

        public override string ToString()
        {
            lock (events)
                return string.Join('\n', events);
        }
    }
}
