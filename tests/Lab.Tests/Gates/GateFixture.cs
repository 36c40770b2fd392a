using System.Diagnostics;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Lab;
using Hale.Operator.Build;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store.Closure;
using Hale.Store.Local;

namespace Lab.Tests.Gates;

/// <summary>What a test declares beside the unit that is always there.</summary>
internal sealed record Declared(params Artifact[] Artifacts) : Module
{
    public override IEnumerable<Artifact> Realise(GatheredView host) => Artifacts;

    internal static Unit Service(string name, string type, string command, params (string Key, string Value)[] more)
    {
        var unit = new Unit($"{name}.service")
        {
            WantedBy = ["multi-user.target"],
            Body = { { "Service", "Type", type }, { "Service", "ExecStart", command } },
        };
        foreach (var (key, value) in more)
            unit.Body.Add("Service", key, value);
        return unit;
    }
}

/// <summary>How a deployment went: its result, and what was told and when.</summary>
internal sealed record Deployed(DeploymentResult Result, IReadOnlyList<(double Seconds, OperatorEvent Event)> Told)
{
    internal IEnumerable<(double Seconds, ActivationEvent Event)> Machine => Told.Where(t => t.Event is FromMachine).Select(t => (t.Seconds, ((FromMachine)t.Event).Event));

    /// <summary>From when the machine began to go back until it said that it has.</summary>
    internal double SecondsBack =>
        Machine.Last(t => t.Event is ResultEvent).Seconds - Machine.First(t => t.Event is StepEvent { Step: StepKind.Revert, State: Progress.Started }).Seconds;

    internal string Errors => string.Join('\n', Result.Errors.Select(e => $"{e.Message}\n{string.Join('\n', e.Log ?? [])}"));
}

/// <summary>A machine in a generation that is well, for tests that deploy what is not; each leaves the machine in such a one.</summary>
public sealed class GateFixture : IAsyncLifetime, IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-gates-");
    private LabRun? run;

    public Machine Machine { get; private set; } = null!;

    /// <summary>The system that the machine is in and well.</summary>
    public string Good { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (new LabFactAttribute().Skip is not null) return;
        run = await LabFixture.StartAsync();
        Machine = await run.BootAsync("one");
        await Machine.WaitForBootAsync();
        await WellAsync();
    }

    public async Task DisposeAsync()
    {
        if (run is not null) await run.DisposeAsync();
    }

    public void Dispose() => folder.Delete(recursive: true);

    internal Task<Machine> BootAsync(string name) => run!.BootAsync(name);

    /// <summary>Puts the machine into the generation that is well.</summary>
    internal async Task WellAsync()
    {
        var well = await DeployAsync(_ => { });
        Assert.True(well.Result.ExitCode == 0, well.Errors);
        Good = (await Machine.SucceedAsync("readlink /etc/hale/system")).Trim();
    }

    internal Task<Deployed> DeployAsync(Action<Host> declare, SwitchOptions? how = null) => DeployAsync(Machine, declare, how);

    /// <summary>Deploys the good unit and what is declared beside it, as <c>hale deploy</c> does.</summary>
    internal Task<Deployed> DeployAsync(Machine machine, Action<Host> declare, SwitchOptions? how = null, Action<OperatorEvent>? heard = null, CancellationToken cancellation = default) =>
        DeployAsync(Deploy.DeployBench.Target(machine), declare, how, heard, cancellation);

    internal async Task<Deployed> DeployAsync(SshTarget target, Action<Host> declare, SwitchOptions? how = null, Action<OperatorEvent>? heard = null, CancellationToken cancellation = default)
    {
        var host = new Host("one") { Modules = { new Declared(Declared.Service("good", "notify", "/bin/sh -c 'systemd-notify --ready; exec sleep infinity'", ("NotifyAccess", "all"))) { Name = "good" } } };
        declare(host);
        var evaluation = Evaluator.Evaluate(new Fleet("example.org") { Hosts = { host } });
        Assert.Empty(evaluation.Problems);
        var listener = new Listener(heard);
        using var store = LocalStore.Open(LocalStore.DefaultFolder());
        using var builder = new Builder(
            store, new BuildOptions { FleetFolder = folder.FullName, SourceFolder = Hale.Operator.Surroundings.OfProcess().SourceFolder }, listener, TimeProvider.System);
        var result = await new Deployment(store, builder, listener, TimeProvider.System).RunAsync(
            evaluation.Plans[0], target, new DeploymentOptions { Who = "tester@here", Switch = how ?? new() }, cancellation);
        return new Deployed(result, listener.Told);
    }

    /// <summary>The machine is in the generation that is well, whole, as if nothing had been.</summary>
    internal async Task IsWellAsync()
    {
        Assert.Equal($"{Good}\n{Good}\n", await Machine.SucceedAsync("readlink /run/hale/system /etc/hale/system"));
        Assert.Equal("active\n", await Machine.SucceedAsync("systemctl is-active good.service"));
        await Machine.SucceedAsync("test ! -e /var/lib/hale/journal.json");
        await Machine.SucceedAsync("DOTNET_ROOT=/run/hale/system/runtime /run/hale/system/activator/bin/hale-activator verify");
    }

    private sealed class Listener(Action<OperatorEvent>? heard) : IReporter
    {
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private readonly List<(double, OperatorEvent)> told = [];

        internal IReadOnlyList<(double, OperatorEvent)> Told
        {
            get
            {
                lock (told)
                    return [.. told];
            }
        }

        public void Report(OperatorEvent happened)
        {
            lock (told)
                told.Add((watch.Elapsed.TotalSeconds, happened));
            heard?.Invoke(happened);
        }
    }
}

[CollectionDefinition(Name)]
public sealed class GateMachine : ICollectionFixture<GateFixture>
{
    public const string Name = "gate";
}
