// What a person waits for with a machine: real `hale try` commands on machines of the lab. See README.md.
using System.Diagnostics;

const int Trials = 3;
const int Changes = 5;
const int Rounds = 10;

var root = new DirectoryInfo(AppContext.BaseDirectory);
while (!File.Exists(Path.Combine(root!.FullName, "Hale.slnx")))
    root = root.Parent;
var hale = Path.Combine(root.FullName, "hale");
var scratch = Directory.CreateTempSubdirectory("hale-bench-").FullName;
try
{
    foreach (var file in Directory.GetFiles(Path.Combine(root.FullName, "examples", "ohana")))
        File.Copy(file, Path.Combine(scratch, Path.GetFileName(file)));
    var fleet = Path.Combine(scratch, "fleet.cs");
    if (args is ["nothing"])
        await FromNothingAsync(fleet);
    else
        await WarmAsync(fleet);
}
finally
{
    Directory.Delete(scratch, recursive: true);
}

async Task WarmAsync(string fleet)
{
    // Whatever a first run must fetch or make is not what is measured.
    Run(hale, "try", "ohana", "--exit", "--fleet", fleet);

    var (healthy, boots, deployments) = (new List<double>(), new List<double>(), new List<double>());
    Trial? kept = null;
    for (var round = 0; round < Trials; round++)
    {
        if (kept is not null)
            await kept.DisposeAsync();
        kept = await Trial.StartAsync(hale, fleet);
        healthy.Add(kept.Healthy);
        boots.Add(kept.Boot);
        deployments.Add(kept.Deployment);
    }
    await using (kept)
    {
        var ssh = Repeat(Rounds, () => Run("sh", "-c", $"{kept!.Ready["shell"]} true"));
        new Figure("hale try ohana, warm, to healthy", healthy) { Goal = 20, Baseline = "its boot alone", BaselineRuns = boots }.Print();
        new Figure("first deployment to a bare machine", deployments) { Goal = 25, Baseline = "ssh machine true", BaselineRuns = ssh }.Print();
        new Figure("deployment, nothing to do", Repeat(Rounds, () => Run(hale, "try", "ohana", "--fleet", fleet)))
        {
            Goal = 1,
            Baseline = "ssh machine true",
            BaselineRuns = ssh,
        }.Print();
        await ChangeAsync(fleet, (int)kept!.Ready["ports"]!["443"]!, (string)kept.Ready["certificate"]!, ssh);
    }
}

// One site of the gateway says something else each time.
async Task ChangeAsync(string fleet, int port, string certificate, List<double> ssh)
{
    var declaration = File.ReadAllText(fleet);
    var times = new List<double>();
    await using var requests = new Requests(port, certificate);
    for (var change = 0; change <= Changes; change++)
    {
        var site = $"Contributions = {{ new VirtualHost(\"photos.ohana-matrix.xyz\") {{ Routes = [new Respond(200, \"{change}\")] }} }},";
        File.WriteAllText(fleet, declaration.Replace("Address =", site + "\n            Address =", StringComparison.Ordinal));
        var seconds = Run(hale, "try", "ohana", "--fleet", fleet);
        if (await requests.ReadAsync("https://photos.ohana-matrix.xyz/") is var says && says != $"{change}")
            throw new InvalidOperationException($"The changed site says {says} instead of {change}.");
        // The first one makes the site, and its certificate.
        if (change > 0)
            times.Add(seconds);
    }
    new Figure("one changed Caddy site", times) { Goal = 2.5, Baseline = "ssh machine true", BaselineRuns = ssh }.Print();
    new Figure("requests lost meanwhile", [requests.Failures.Count])
    {
        Unit = "requests",
        Goal = 0,
        Baseline = "answered",
        BaselineRuns = [requests.Succeeded],
    }.Print();
    foreach (var failure in requests.Failures.Distinct())
        Console.WriteLine($"lost: {failure}");
}

// A cache folder with nothing in it: Hale builds itself, makes the base image, and downloads every package. Only NuGet's own cache is warm.
async Task FromNothingAsync(string fleet)
{
    var cold = new Dictionary<string, string> { ["HALE_CACHE"] = Path.Combine(scratch, "cache") };
    double nothing;
    await using (var trial = await Trial.StartAsync(hale, fleet, cold))
        nothing = trial.Healthy;
    await using var again = await Trial.StartAsync(hale, fleet, cold);
    new Figure("hale try ohana, from nothing", [nothing]) { Goal = 240, Baseline = "the same again", BaselineRuns = [again.Healthy] }.Print();
}

static List<double> Repeat(int times, Func<double> run) => [.. Enumerable.Range(0, times).Select(_ => run())];

static double Run(string program, params string[] arguments)
{
    var watch = Stopwatch.StartNew();
    using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    var error = process.StandardError.ReadToEndAsync();
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0
        ? watch.Elapsed.TotalSeconds
        : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}{error.Result}");
}
