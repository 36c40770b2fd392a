using Hale.Contribute;
using Hale.Declare;
using Hale.Operator;
using Hale.Store.Local;

namespace Lab.Tests.Deploy;

/// <summary>Runs verbs as a person does, for a fleet of the one host <c>one</c> that is a machine of the lab.</summary>
internal sealed class FrontDoor : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-verbs-");

    /// <summary>The folder of the fleet.</summary>
    public string Folder => folder.FullName;

    /// <summary>Standard input of the next command.</summary>
    public byte[] Input { get; set; } = [];

    /// <summary>Environment variables that commands see in place of this process's; the others are not there.</summary>
    public Dictionary<string, string>? Variables { get; init; }

    public Task<(int Exit, string Out, string Error)> HaleAsync(Hale.Lab.Machine machine, Module[] modules, params string[] args) =>
        AsAsync("tester@here", machine, modules, args);

    public async Task<(int Exit, string Out, string Error)> AsAsync(string who, Hale.Lab.Machine machine, Module[] modules, params string[] args)
    {
        var host = new Host("one") { Contributions = { new Reachable("Page", "http://one/") } };
        foreach (var module in modules)
            host.Modules.Add(module);
        var fleet = new Fleet("example.org") { Hosts = { host } };
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var context = new VerbContext
        {
            Fleet = fleet,
            FleetFile = Path.Combine(folder.FullName, "fleet.cs"),
            TargetOf = _ => DeployBench.Target(machine),
            Surroundings = Surroundings.OfProcess() with
            {
                Out = output,
                Error = error,
                IsTerminal = false,
                Color = false,
                WorkingDirectory = folder.FullName,
                CacheFolder = LocalStore.DefaultFolder(),
                Who = who,
            },
        };
        var input = Input;
        context = context with { Surroundings = context.Surroundings with { Prompt = null, OpenInput = () => new MemoryStream(input) } };
        if (Variables is { } variables)
            context = context with { Surroundings = context.Surroundings with { EnvironmentVariable = variables.GetValueOrDefault } };
        var exit = await HaleCommand.RunAsync(args, context, CancellationToken.None);
        return (exit, output.ToString(), error.ToString());
    }

    public void Dispose() => folder.Delete(recursive: true);
}
