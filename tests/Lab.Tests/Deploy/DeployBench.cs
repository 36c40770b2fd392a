using Hale.Declare;
using Hale.Evaluate;
using Hale.Lab;
using Hale.Operator.Build;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store.Local;

namespace Lab.Tests.Deploy;

/// <summary>A service that waits; the setting shows in its unit file.</summary>
internal sealed record Waiter(string Label, string Command = "/bin/sleep infinity") : Module
{
    public string Note { get; init => Assign(ref field, value); } = "";

    public string Type { get; init => Assign(ref field, value); } = "exec";

    public override IEnumerable<Artifact> Realise(GatheredView host) =>
    [
        new Unit($"{Label}.service")
        {
            WantedBy = ["multi-user.target"],
            Body = { { "Unit", "Description", $"{Label} {Note}" }, { "Service", "Type", Type }, { "Service", "ExecStart", Command } },
        },
        new EtcFile($"/etc/{Label}.conf", new TextFile($"{Label}.conf", "the same\n")),
    ];
}

/// <summary>Deploys declarations to machines of the lab, from this computer's own cache.</summary>
internal sealed class DeployBench : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-deploy-");

    public List<OperatorEvent> Events { get; } = [];

    public static SshTarget Target(Hale.Lab.Machine machine) => new(machine.Ssh.Destination) { Options = machine.Ssh.Options };

    public async Task<DeploymentResult> RunAsync(
        SshTarget target, IReadOnlyList<Module> modules, bool dryRun = false, string who = "tester@here",
        CancellationToken cancellation = default)
    {
        var host = new Host("one");
        foreach (var module in modules)
            host.Modules.Add(module with { Name = module is Waiter waiter ? waiter.Label : module.Name });
        var fleet = new Fleet("example.org");
        fleet.Hosts.Add(host);
        var evaluation = Evaluator.Evaluate(fleet);
        Assert.Empty(evaluation.Problems);

        var reporter = new Recorder(Events);
        using var store = LocalStore.Open(LocalStore.DefaultFolder());
        var options = new BuildOptions
        {
            FleetFolder = folder.FullName,
            SourceFolder = Hale.Operator.Surroundings.OfProcess().SourceFolder
        };
        using var builder = new Builder(store, options, reporter, TimeProvider.System);
        return await new Deployment(store, builder, reporter, TimeProvider.System)
            .RunAsync(evaluation.Plans[0], target, new DeploymentOptions { DryRun = dryRun, Who = who }, cancellation);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private sealed class Recorder(List<OperatorEvent> events) : IReporter
    {
        public void Report(OperatorEvent happened)
        {
            lock (events)
                events.Add(happened);
        }
    }
}
