using System.Diagnostics;
using System.Globalization;
using System.Text;

// Whole processes, as a person starts them: the script `hale` and, beside it, `dotnet run` on a file.
const int Rounds = 10;
var root = new DirectoryInfo(AppContext.BaseDirectory);
while (!File.Exists(Path.Combine(root!.FullName, "Hale.slnx")))
    root = root.Parent;
var hale = Path.Combine(root.FullName, "hale");
var scratch = Directory.CreateTempSubdirectory("hale-bench-").FullName;
try
{
    var ohana = Copy(Path.Combine(root.FullName, "examples", "ohana"), Path.Combine(scratch, "ohana"));
    Run(hale, "check", "--fleet", ohana); // Hale builds itself, and the compiler's server starts.
    var plain = Write("plain/fleet.cs", "#:property PublishAot=false\nConsole.WriteLine(\"0\");\n");
    Run("dotnet", "run", plain);

    Run("dotnet", "build", plain, "-o", Path.Combine(scratch, "built"));

    Measured Check() => Run(hale, "check", "--fleet", ohana);
    Measured Plain() => Run("dotnet", "run", plain);
    Print("hale check, unchanged", 0.15, "dotnet run fleet.cs", InTurn(Check, Plain));
    Print("hale check, unchanged", null, "a hello, compiled", InTurn(Check, () => Run("dotnet", "exec", Path.Combine(scratch, "built", "fleet.dll"))));
    var bare = Copy(Path.Combine(root.FullName, "examples", "ohana"), Path.Combine(scratch, "bare"));
    File.WriteAllText(bare, File.ReadAllText(bare).Replace("new Registration()", "new Registration { InviteCode = Secret.Generated(\"invite_code\") }", StringComparison.Ordinal));
    Run(hale, "check", "--fleet", bare);
    Print("hale check, with a sops file", null, "the same without", InTurn(Check, () => Run(hale, "check", "--fleet", bare)));
    Print("hale check, one line edited", 0.8, "dotnet run, edited", InTurn(() => Edited(ohana, Check), () => Edited(plain, Plain)));

    var one = Write("one/fleet.cs", Fleet(1));
    var many = Write("many/fleet.cs", Fleet(1000));
    foreach (var fleet in (string[])[one, many])
        Run(hale, "check", "--fleet", fleet);
    var fleets = InTurn(() => Run(hale, "check", "--fleet", many), () => Run(hale, "check", "--fleet", one));
    Print("1,000 hosts x 20 modules", 2, "the same with 1 host", fleets);
    new Figure("1,000 hosts x 20 modules, memory", [.. fleets.Select(pair => pair.Ours.PeakMegabytes)])
    {
        Unit = "MB",
        Goal = 500,
        Baseline = "the same with 1 host",
        BaselineRuns = [.. fleets.Select(pair => pair.Theirs.PeakMegabytes)],
    }.Print();

    // LiveKit's release is not to be had on every computer that measures.
    File.WriteAllText(ohana, File.ReadAllText(ohana).Replace("new LiveKit()", "new LiveKit { Run = false }", StringComparison.Ordinal));
    Run(hale, "build", "ohana", "--fleet", ohana);
    Print("hale build ohana, warm", 0.5, "hale check", InTurn(() => Run(hale, "build", "ohana", "--fleet", ohana), Check));
}
finally
{
    Directory.Delete(scratch, recursive: true);
}

string Write(string path, string content)
{
    var file = Path.Combine(scratch, path);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    File.WriteAllText(file, content);
    return file;
}

static string Copy(string from, string to)
{
    Directory.CreateDirectory(to);
    foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
    {
        var copy = Path.Combine(to, Path.GetRelativePath(from, file));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy);
    }
    return Path.Combine(to, "fleet.cs");
}

static Measured Run(string program, params string[] arguments)
{
    var watch = Stopwatch.StartNew();
    // GNU time tells the peak of the process it waits for, which the script becomes by exec.
    using var process = Process.Start(new ProcessStartInfo("/usr/bin/time", ["-f", "%M", "--", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    var error = process.StandardError.ReadToEndAsync();
    process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    var said = error.GetAwaiter().GetResult();
    return process.ExitCode == 0
        ? new(watch.Elapsed.TotalSeconds, long.Parse(said.Trim().Split('\n')[^1], CultureInfo.InvariantCulture) / 1000.0)
        : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said}");
}

// They take turns, so that a busy moment of the computer falls on both.
static List<(Measured Ours, Measured Theirs)> InTurn(Func<Measured> ours, Func<Measured> theirs) =>
    [.. Enumerable.Range(0, Rounds).Select(_ => (ours(), theirs()))];

static Measured Edited(string file, Func<Measured> run)
{
    File.AppendAllText(file, $"// {Guid.NewGuid()}\n");
    return run();
}

static void Print(string name, double? goal, string baseline, List<(Measured Ours, Measured Theirs)> pairs) =>
    new Figure(name, [.. pairs.Select(pair => pair.Ours.Seconds)])
    {
        Goal = goal,
        Baseline = baseline,
        BaselineRuns = [.. pairs.Select(pair => pair.Theirs.Seconds)],
    }.Print();

// Twenty kinds of module, each with settings, contributions, a check, a unit and a file.
static string Fleet(int hosts)
{
    var text = new StringBuilder("var fleet = new Fleet(\"example.org\");\n");
    text.Append($"for (var i = 0; i < {hosts}; i++)\n    fleet.Hosts.Add(new Host($\"host{{i}}\") {{ Modules = {{ ");
    for (var kind = 0; kind < 20; kind++)
        text.Append($"new Module{kind} {{ Listen = {8000 + kind}, Greeting = $\"from {{i}}\" }}, ");
    text.Append("} });\nreturn await HaleCommand.RunAsync(args, fleet);\n");
    for (var kind = 0; kind < 20; kind++)
        text.Append($$"""
            sealed record Module{{kind}} : Module
            {
                public Port Listen { get; init => Assign(ref field, value); } = 80;
                public string Greeting { get; init => Assign(ref field, value); } = "";
                public override IEnumerable<Contribution> Contribute(HostView host) => [new ListenPort(Listen, "module{{kind}}.service"), new FirewallPort(Listen), new UnitCheck("module {{kind}} runs", "module{{kind}}.service")];
                public override IEnumerable<Problem> Check(GatheredView host) { if (Greeting.Length == 0) yield return new Problem("No greeting.", "Say one."); }
                public override IEnumerable<Artifact> Realise(GatheredView host)
                {
                    var config = new TextFile("module{{kind}}.conf", $"{Greeting} {Listen}\n");
                    yield return new EtcFile("/etc/module{{kind}}.conf", config);
                    yield return new Unit("module{{kind}}.service") { WantedBy = ["multi-user.target"], RestartOn = [config], Body = { { "Service", "ExecStart", $"/bin/serve {config}" }, Hardening.Strict } };
                }
            }

            """);
    return text.ToString();
}

/// <summary>A process, from start to exit.</summary>
internal sealed record Measured(double Seconds, double PeakMegabytes);
