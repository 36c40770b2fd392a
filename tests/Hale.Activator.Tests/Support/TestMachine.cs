using System.Text.Json;
using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Store.Closure;

namespace Hale.Activator.Tests.Support;

/// <summary>A folder that stands for a machine, with a store to put systems in, and a systemd that does as it is told and remembers.</summary>
internal sealed class TestMachine : IDisposable
{
    private readonly bool _own;

    internal TestMachine(string? root = null, Action<string>? changing = null, bool own = false)
    {
        _own = own || root is null;
        Root = root ?? Directory.CreateTempSubdirectory("hale-activator-").FullName;
        Files = new MachineFiles(Root, changing);
        Systemd = new RecordingSystemd(changing);
        Context = new ActivationContext(Files, Systemd, TimeProvider.System, Events.Add);
        Write("/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n");
        Write("/proc/sys/kernel/random/boot_id", "boot-1\n");
        Directory.CreateDirectory(At("/etc/systemd/system"));
    }

    internal string Root { get; }

    internal MachineFiles Files { get; }

    internal RecordingSystemd Systemd { get; }

    internal ActivationContext Context { get; }

    internal List<ActivationEvent> Events { get; } = [];

    internal GenerationStore Generations => Context.Generations;

    internal string At(string path) => Root + path;

    internal void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    internal string Read(string path) => File.ReadAllText(At(path));

    /// <summary>Puts a system and all it names into the store.</summary>
    /// <returns>Its store path.</returns>
    internal string Put(string name, SystemManifest manifest)
    {
        var system = Systems.StorePath($"hale-system-{name}");
        foreach (var path in manifest.Units.Select(u => u.Path).Concat(manifest.Files.Select(f => f.Path))
            .Concat(manifest.Units.SelectMany(u => u.RestartTriggers.Concat(u.ReloadTriggers))))
            Write(path, $"content of {path}\n");
        if (manifest.Sealed is { } folder)
            Directory.CreateDirectory(At(folder));
        foreach (var unit in manifest.Units)
            Link($"{system}/units/{unit.Name}", unit.Path);
        foreach (var file in manifest.Files)
            Link($"{system}{file.Target}", file.Path);
        Write($"{system}/manifest.json", JsonSerializer.Serialize(manifest, ManifestJson.Default.SystemManifest));
        return system;
    }

    private void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        if (!File.Exists(At(path)) && new FileInfo(At(path)).LinkTarget is null)
            File.CreateSymbolicLink(At(path), target);
    }

    internal ResultEvent Activate(ActivationRequest request) => Activation.RunAsync(Context, request).GetAwaiter().GetResult();

    internal ResultEvent Activate(string system) => Activation.RunAsync(Context, new ActivationRequest(system, "ana@laptop")).GetAwaiter().GetResult();

    internal ResultEvent GoTo(int number) => Activation.RunAsync(
        Context, new ActivationRequest(Generations.Find(number)!.System, Earlier: Generations.Find(number))).GetAwaiter().GetResult();

    /// <summary>Another boot: memory is empty, and the generator, if there is one, leads to what the machine is committed to.</summary>
    internal void Reboot()
    {
        Write("/proc/sys/kernel/random/boot_id", "boot-2\n");
        if (Directory.Exists(At("/run")))
            Directory.Delete(At("/run"), recursive: true);
        Generate();
    }

    /// <summary>What systemd does with the generator at a boot, and whenever it reads units again.</summary>
    internal void Generate()
    {
        if (!File.Exists(At(BootGenerator.Place)))
            return;
        var generator = File.ReadAllText(At(BootGenerator.Place)).Replace("/run/hale", At("/run/hale"), StringComparison.Ordinal)
            .Replace("/etc/hale", At("/etc/hale"), StringComparison.Ordinal);
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", generator]);
        shell.WaitForExit();
    }

    /// <summary>Another machine with the same files.</summary>
    internal TestMachine Copy()
    {
        var root = Directory.CreateTempSubdirectory("hale-activator-").FullName;
        using var copy = System.Diagnostics.Process.Start("cp", ["-a", $"{Root}/.", root]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
        return new TestMachine(root, own: true);
    }

    /// <summary>All that activation may write, as text: each path with its link target, or its mode and length.</summary>
    internal string State() => string.Join('\n', new[] { "/etc", "/var", "/run", "/srv" }
        .Where(top => Directory.Exists(At(top)))
        .SelectMany(top => new DirectoryInfo(At(top)).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        .Select(e => e.LinkTarget is { } target ? $"{e.FullName[Root.Length..]} -> {target}"
            : e is FileInfo file ? $"{e.FullName[Root.Length..]} {file.UnixFileMode} {file.Length}" : $"{e.FullName[Root.Length..]}/ {e.UnixFileMode}")
        .Order(StringComparer.Ordinal));

    public void Dispose()
    {
        if (_own)
            Directory.Delete(Root, recursive: true);
    }
}

/// <summary>Remembers each call as a line; units are running once started, unless they are said to fail.</summary>
internal sealed class RecordingSystemd(Action<string>? changing) : ISystemd
{
    internal List<string> Calls { get; } = [];

    internal Dictionary<string, UnitState> Units { get; } = new(StringComparer.Ordinal) { ["multi-user.target"] = new("active", "active", Invocation: "t") };

    internal HashSet<string> Broken { get; } = [];

    /// <summary>Units that go on although they are stopped.</summary>
    internal HashSet<string> Stuck { get; } = [];

    /// <summary>Told of each call before it is done.</summary>
    internal Action<string>? Before { get; set; }

    public IReadOnlyDictionary<string, UnitState> States(IReadOnlyList<string> units) => Units;

    public void Reread() => Call("reread");

    public string? Run(UnitVerb verb, IReadOnlyList<string> units)
    {
        if (units.Count == 0)
            return null;
        Call($"{verb.ToString().ToLowerInvariant()} {string.Join(' ', units)}");
        foreach (var unit in units.Where(unit => verb != UnitVerb.Stop || !Stuck.Contains(unit)))
            Units[unit] = verb is UnitVerb.Stop or UnitVerb.Forget ? new UnitState("inactive", "dead", "simple", Invocation: $"{Calls.Count}")
                : Broken.Contains(unit) ? new UnitState("failed", "failed", "simple", "exit-code", Invocation: $"{Calls.Count}")
                : new UnitState("active", "running", "simple", Invocation: $"{Calls.Count}");
        return verb is not (UnitVerb.Stop or UnitVerb.Forget) && units.Any(Broken.Contains) ? "some job failed" : null;
    }

    public void ResumeBoot(IReadOnlyList<string> due) => Call($"resume boot {string.Join(' ', due)}".TrimEnd());

    public IReadOnlyList<string> Journal(string unit, int lines) => [$"the last words of {unit}"];

    public void MakeUsers(string file) => Call($"sysusers {Path.GetFileName(file)}");

    public void MakeFolders(string file) => Call($"tmpfiles {Path.GetFileName(file)}");

    private void Call(string what)
    {
        changing?.Invoke(what);
        Before?.Invoke(what);
        Calls.Add(what);
    }
}
