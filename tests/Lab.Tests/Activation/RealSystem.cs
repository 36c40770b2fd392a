using System.Text.Json;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Lab;
using Hale.Produce;
using Hale.Store.Closure;
using Hale.Store.Dotnet;
using Hale.Store.Local;
using Hale.Store.Paths;
using Hale.Store.Transfer;

namespace Lab.Tests.Activation;

/// <summary>Systems built by hand around the real activator and runtime, sent the real way, and activated on a booted machine.</summary>
internal sealed class RealSystem : IDisposable
{
    private readonly LocalStore store = LocalStore.Open(LocalStore.DefaultFolder());
    private readonly PathInfo activator;
    private readonly PathInfo runtime;

    private RealSystem()
    {
        var source = new DotnetSource(store) { Report = Console.Error.WriteLine };
        var locked = source.LockAsync(new DotnetRequest { Architecture = Architecture }).GetAwaiter().GetResult();
        runtime = source.RuntimeAsync(locked).GetAwaiter().GetResult();
        activator = source.ProgramAsync("hale-activator", Path.Combine(Checkout(), "src", "Hale.Activator"), locked).GetAwaiter().GetResult();
    }

    private static string Architecture { get; } =
        System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>The units that Hale adds to each system, as the evaluation of a fleet says.</summary>
    private static IEnumerable<(Unit Unit, TextFile File)> OfHale(bool secrets)
    {
        var host = new Host("ohana");
        if (secrets)
            host.Secrets.Add(new MachineSecret(Secret.Generated("any")));
        var plan = Assert.Single(Evaluator.Evaluate(new Fleet("example.org") { Hosts = { host } }).Plans);
        return plan.Units.Zip(plan.UnitFiles).Where(made => made.First.Name is "hale-recover.service" or "hale-secrets.service");
    }

    internal static Task<RealSystem> MakeAsync() => Task.Run(() => new RealSystem());

    /// <summary>Adds a unit file to the store.</summary>
    internal ManifestUnit Unit(string name, string body, string head = "") => new()
    {
        Name = name,
        // A store path's name has no @ and no backslash; a template's and an escaped one have.
        Path = store.AddText(name.Replace('@', '-').Replace('\\', '-'), $"[Unit]\nDescription={name} of a test\n{head}\n[{Section(name)}]\n{body}\n").Path.ToString(),
        WantedBy = ["multi-user.target"],
    };

    /// <summary>The section that a kind of unit is made of; a target has none, and systemd passes over what begins with X-.</summary>
    private static string Section(string name) => name[(name.LastIndexOf('.') + 1)..] switch
    {
        "socket" => "Socket",
        "timer" => "Timer",
        "mount" => "Mount",
        "automount" => "Automount",
        "path" => "Path",
        "slice" => "Slice",
        "target" => "X-Test",
        _ => "Service",
    };

    internal ManifestFile File(string target, string text) => new() { Target = target, Path = store.AddText(Path.GetFileName(target), text).Path.ToString() };

    /// <summary>Adds encrypted files, or anything else, to the store as a folder.</summary>
    internal string Folder(string name, params (string Path, string Text)[] files) =>
        store.AddTree(name, files.ToDictionary(f => f.Path, f => TreeEntry.Text(f.Text)), []).Path.ToString();

    /// <summary>A template, its text in the store.</summary>
    internal ManifestTemplate Template(string name, string text, TemplateFormat format) =>
        new() { Name = name, Path = store.AddText(name, text).Path.ToString(), Format = format };

    /// <summary>A folder of links to texts.</summary>
    internal ManifestFile LinkFolder(string target, params (string Name, string Text)[] texts)
    {
        var made = texts.Select(text => (text.Name, store.AddText(text.Name, text.Text).Path)).ToList();
        return new()
        {
            Target = target,
            Path = store.AddTree(
                Path.GetFileName(target), made.Select(one => KeyValuePair.Create(one.Name, TreeEntry.Link(one.Path.ToString()))), [.. made.Select(one => one.Path)]).Path.ToString(),
        };
    }

    /// <summary>Builds a system, as the operator does.</summary>
    internal PathInfo Build(IEnumerable<ManifestUnit> units, IEnumerable<ManifestFile>? files = null, IEnumerable<ManifestSecret>? secrets = null, IEnumerable<ManifestCheck>? checks = null,
        string? sealedFolder = null, IEnumerable<ManifestTemplate>? templates = null, IEnumerable<ManifestState>? state = null)
    {
        var own = OfHale(secrets is not null || templates is not null).Select(made => new ManifestUnit
        {
            Name = made.Unit.Name,
            Path = store.AddText(made.Unit.Name, made.File.Content.ToString()).Path.ToString(),
            WantedBy = [.. made.Unit.WantedBy],
            OnChange = OnChange.Keep,
        });
        var manifest = new SystemManifest
        {
            Host = "ohana",
            Architecture = Architecture,
            Units = [.. units.Concat(own).OrderBy(u => u.Name, StringComparer.Ordinal)],
            Files = [.. files ?? []],
            Sealed = sealedFolder,
            Secrets = [.. secrets ?? []],
            Templates = [.. templates ?? []],
            State = [.. state ?? []],
            Checks = [.. checks ?? []],
        };
        var tree = new Dictionary<string, TreeEntry>
        {
            ["manifest.json"] = TreeEntry.Text(JsonSerializer.Serialize(manifest, ManifestJson.Default.SystemManifest)),
            ["activator"] = TreeEntry.Link(activator.Path.ToString()),
            ["runtime"] = TreeEntry.Link(runtime.Path.ToString()),
        };
        foreach (var unit in manifest.Units)
            tree[$"units/{unit.Name}"] = TreeEntry.Link(unit.Path);
        foreach (var file in manifest.Files)
            tree[file.Target[1..]] = TreeEntry.Link(file.Path);
        return store.AddTree("hale-system-ohana", tree, [
            activator.Path, runtime.Path, .. manifest.Units.Select(u => StorePath.Parse(u.Path)), .. manifest.Files.Select(f => StorePath.Parse(f.Path)),
            .. manifest.Units.SelectMany(u => u.ReloadTriggers.Concat(u.RestartTriggers)).Select(StorePath.Parse), .. manifest.Templates.Select(t => StorePath.Parse(t.Path)), .. sealedFolder is null ? Array.Empty<StorePath>() : [StorePath.Parse(sealedFolder)]]);
    }

    /// <summary>
    /// Puts a system on a machine that is not told of it: as <c>receive</c> leaves it, but from outside, since the activator that
    /// receives is itself among what is sent.
    /// </summary>
    internal void Send(Hale.Lab.Machine machine, PathInfo system)
    {
        var there = new MachineStore(machine.Root + StorePath.StoreFolder, machine.Root + "/var/lib/hale/info");
        var closure = store.Closure([system.Path]);
        var missing = there.Missing(closure.Select(i => i.Path)).ToHashSet();
        if (missing.Count == 0)
            return;
        using var sent = new MemoryStream();
        TransferWriter.Write(store, [.. closure.Where(i => missing.Contains(i.Path))], sent);
        sent.Position = 0;
        there.Receive(sent);
    }

    /// <summary>Runs a verb of the system's own activator.</summary>
    internal static async Task<(int Code, IReadOnlyList<ActivationEvent> Events)> RunAsync(Hale.Lab.Machine machine, PathInfo system, string verb)
    {
        var result = await machine.RunAsync($"DOTNET_ROOT={system.Path}/runtime {system.Path}/activator/bin/hale-activator {verb}");
        return (result.ExitCode, [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent)!)]);
    }

    internal async Task<ResultEvent> ActivateAsync(Hale.Lab.Machine machine, PathInfo system)
    {
        Send(machine, system);
        return Assert.IsType<ResultEvent>((await RunAsync(machine, system, $"activate --system {system.Path} --by test")).Events[^1]);
    }

    private static string Checkout()
    {
        var folder = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(Path.Combine(folder, "Hale.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not below the checkout");
        return folder;
    }

    public void Dispose() => store.Dispose();
}
