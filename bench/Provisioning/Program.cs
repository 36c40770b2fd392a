// What it takes to make a hive: twenty agents, a Space and five rooms. See README.md.
using System.Diagnostics;
using Hale.Catalogue;
using Hale.Catalogue.Tests;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

var rounds = int.Parse(args.ElementAtOrDefault(0) ?? "3", System.Globalization.CultureInfo.InvariantCulture);
const int Again = 3;
const string ServerName = "example.org";

var hive = new Hive
{
    Agents = [.. Enumerable.Range(1, 20).Select(number => new Agent($"agent{number}") { DisplayName = $"Agent {number}" })],
    Rooms = [.. Enumerable.Range(1, 5).Select(number => new HiveRoom($"room{number}"))],
};
List<double> first = [], again = [], homeserver = [];
for (var round = 0; round < rounds; round++)
{
    // Each round on a homeserver of its own: a hive is made once.
    var matrix = new Matrix { ServerName = ServerName, GatewayHost = $"matrix.{ServerName}", Federation = false, Port = RunningProgram.FreePort() };
    var folder = Directory.CreateTempSubdirectory("hale-bench-").FullName;
    try
    {
        using var synapse = await RunningSynapse.StartAsync(matrix, hive);
        var token = await TokenAsync(synapse, folder);
        var start = await HiveAsync(synapse, folder, token, matrix);
        var before = ProcessorTime(synapse);
        first.Add(await TimeAsync(start, "Done with"));
        homeserver.Add(ProcessorTime(synapse) - before);
        for (var time = 0; time < Again; time++)
            again.Add(await TimeAsync(start, "Nothing to do"));
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}
new Figure("20 agents, a Space and 5 rooms, made", first) { Goal = 30 }.Print();
new Figure("of it, the homeserver's processor time", homeserver).Print();
new Figure("the same again, nothing to do", again) { Goal = 2 }.Print();

// What is there before a hive: the registration token, made known by matrix-provision.service.
static async Task<string> TokenAsync(RunningSynapse synapse, string folder)
{
    var credentials = Directory.CreateDirectory(Path.Combine(folder, "credentials")).FullName;
    var token = Path.Combine(credentials, "registration_token");
    File.WriteAllText(token, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    File.WriteAllText(Path.Combine(credentials, "password_seed"), "the seed of the bench, which is long enough");
    File.WriteAllText(Path.Combine(credentials, "admin_password"), "the password of the bench");
    File.WriteAllText(Path.Combine(credentials, "registration_shared_secret"), synapse.Credential("registration_shared_secret"));
    var start = await Published.ServiceAsync("matrix-provisioner", "MatrixProvisioner",
        ("HOMESERVER_URL", $"http://127.0.0.1:{synapse.Port}"), ("ADMIN_USER", "admin"), ("CREDENTIALS_DIRECTORY", credentials));
    await TimeAsync(start, "");
    return credentials;
}

// hive-provision.service, with the folders that it finds on a machine.
async Task<ProcessStartInfo> HiveAsync(RunningSynapse synapse, string folder, string credentials, Matrix matrix)
{
    var host = new Host("one") { Modules = { new Caddy { Email = $"admin@{ServerName}" }, matrix, hive } };
    var declared = Evaluator.Evaluate(new Fleet(ServerName) { Hosts = { host } }).Plans[0].Derivations.OfType<TextFile>().Single(file => file.Name == "hive.json");
    var declaration = Path.Combine(folder, declared.Name);
    File.WriteAllText(declaration, declared.Content.ToString());
    var agents = Path.Combine(folder, "agents");
    foreach (var agent in hive.Agents)
        Directory.CreateDirectory(Path.Combine(agents, agent.Name));
    return await Published.ServiceAsync("matrix-provisioner", "MatrixProvisioner",
        ("PROVISION", "hive"), ("HOMESERVER_URL", $"http://127.0.0.1:{synapse.Port}"), ("SERVER_NAME", ServerName), ("CREDENTIALS_DIRECTORY", credentials),
        ("STATE_DIRECTORY", Directory.CreateDirectory(Path.Combine(folder, "state")).FullName), ("AGENTS_DIRECTORY", agents), ("HIVE_DECLARATION", declaration));
}

static double ProcessorTime(RunningSynapse synapse)
{
    using var process = Process.GetProcessById(synapse.ProcessId);
    return process.TotalProcessorTime.TotalSeconds;
}

// Seconds of the whole process, which must say so at its end.
static async Task<double> TimeAsync(ProcessStartInfo start, string end)
{
    var watch = Stopwatch.StartNew();
    using var process = Process.Start(start)!;
    var said = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    var time = watch.Elapsed.TotalSeconds;
    return process.ExitCode == 0 && said.TrimEnd().Split('\n')[^1].StartsWith(end, StringComparison.Ordinal)
        ? time
        : throw new InvalidOperationException($"The provisioner ended with {process.ExitCode}, and said:\n{said}");
}
