using System.Diagnostics;
using System.Globalization;
using System.Text;

// Whole processes, as a person starts them: the script `hale` and, beside it, `dotnet run` on a file.
const int Runs = 11;
var root = new DirectoryInfo(AppContext.BaseDirectory);
while (!File.Exists(Path.Combine(root!.FullName, "Hale.slnx")))
    root = root.Parent;
var hale = Path.Combine(root.FullName, "hale");
var scratch = Directory.CreateTempSubdirectory("hale-bench-").FullName;
try
{
    var ohana = Copy(Path.Combine(root.FullName, "examples", "ohana"), Path.Combine(scratch, "ohana"));
    Run(hale, "check", "--fleet", ohana); // Hale builds itself, and the compiler's server starts.
    Write("plain/fleet.cs", "#:property PublishAot=false\nConsole.WriteLine(\"0\");\n");
    Run("dotnet", "run", Path.Combine(scratch, "plain", "fleet.cs"));

    var check = Median(() => Run(hale, "check", "--fleet", ohana));
    Print("hale check, unchanged", check, 0.15, "dotnet run fleet.cs, unchanged", Median(() => Run("dotnet", "run", Path.Combine(scratch, "plain", "fleet.cs")), 5));

    var edit = 0;
    Print(
        "hale check, one line edited", Median(() => Run(hale, "check", "--fleet", ohana), Runs, () => File.AppendAllText(ohana, $"// {edit++}\n")), 0.8,
        "dotnet run fleet.cs, edited", Median(() => Run("dotnet", "run", Path.Combine(scratch, "plain", "fleet.cs")), 5, () => File.AppendAllText(Path.Combine(scratch, "plain", "fleet.cs"), $"// {edit++}\n")));

    var one = Write("one/fleet.cs", Fleet(1));
    var many = Write("many/fleet.cs", Fleet(1000));
    foreach (var fleet in (string[])[one, many])
        Run(hale, "check", "--fleet", fleet);
    Print("hale check, 1,000 hosts x 20 modules", Median(() => Run(hale, "check", "--fleet", many), 5), 2, "the same with 1 host", Median(() => Run(hale, "check", "--fleet", one), 5));

    Run(hale, "build", "ohana", "--fleet", ohana);
    Print("hale build ohana, warm", Median(() => Run(hale, "build", "ohana", "--fleet", ohana)), 0.5, "hale check of the same", check);
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
    foreach (var file in Directory.GetFiles(from))
        File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    return Path.Combine(to, "fleet.cs");
}

static (double Seconds, long PeakKilobytes) Run(string program, params string[] arguments)
{
    var watch = Stopwatch.StartNew();
    // GNU time tells the peak of the process it waits for, which the script becomes by exec.
    using var process = Process.Start(new ProcessStartInfo("/usr/bin/time", ["-f", "%M", "--", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    var error = process.StandardError.ReadToEndAsync();
    process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    var said = error.GetAwaiter().GetResult();
    return process.ExitCode == 0
        ? (watch.Elapsed.TotalSeconds, long.Parse(said.Trim().Split('\n')[^1], CultureInfo.InvariantCulture))
        : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said}");
}

static (double Seconds, long PeakKilobytes) Median(Func<(double Seconds, long PeakKilobytes)> run, int runs = Runs, Action? before = null)
{
    var all = new List<(double Seconds, long PeakKilobytes)>();
    for (var i = 0; i < runs; i++)
    {
        before?.Invoke();
        all.Add(run());
    }
    return all.OrderBy(one => one.Seconds).ElementAt(runs / 2);
}

static void Print(string what, (double Seconds, long PeakKilobytes) measured, double goal, string baseline, (double Seconds, long PeakKilobytes) beside) =>
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what,-38} {measured.Seconds,6:0.000} s {measured.PeakKilobytes / 1024,5} MB   (goal {goal:0.00} s)   {baseline}: {beside.Seconds:0.000} s {beside.PeakKilobytes / 1024} MB"));

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
