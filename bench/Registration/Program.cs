// How much longer a registration takes by the service than at the homeserver alone: a real Synapse with a database of its own, the service
// as a process of its own, and registrations by turns, so that a busy moment of the computer falls on both. Then what the service holds in memory.
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Registration.Tests.Harness;

const string token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const string password = "correct horse battery";
const string path = "/_matrix/client/v3/register";
var rounds = int.Parse(args.ElementAtOrDefault(0) ?? "15", CultureInfo.InvariantCulture);
var work = Directory.CreateTempSubdirectory("hale-bench-").FullName;
var synapse = new SynapseServer();
await synapse.InitializeAsync();
var socket = Path.Combine(work, "admin.sock");
var port = 20_000 + Environment.ProcessId % 10_000;
using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(1) };
Process? service = null;
try
{
    await File.WriteAllTextAsync(Path.Combine(work, "registration_token"), token);
    await File.WriteAllTextAsync(Path.Combine(work, "registration_shared_secret"), SynapseServer.SharedSecret);
    await File.WriteAllTextAsync(Path.Combine(work, "admin_password"), SynapseServer.AdminPassword);
    var homeserver = ("HOMESERVER_URL", $"{synapse.Url}");
    var credentials = ("CREDENTIALS_DIRECTORY", work);
    using (var provisioner = Published.Start(await Published.ServiceAsync("matrix-provisioner", "MatrixProvisioner", homeserver, credentials, ("ADMIN_USER", "hale"))))
    {
        await provisioner.WaitForExitAsync();
        if (provisioner.ExitCode != 0)
            throw new InvalidOperationException("The provisioner failed.");
    }
    var start = await Published.ServiceAsync("registration", "Registration", homeserver, credentials, ("SERVER_NAME", "example.test"),
        ("REGISTRATION_LISTEN", $"{client.BaseAddress}"), ("REGISTRATION_ADMIN_SOCKET", socket), ("STATE_DIRECTORY", work), ("INVITE_CODE_FILE", "none"));
    service = Published.Start(start);
    await ReadyAsync();
    var code = await InviteAsync(start);

    List<double> alone = [], page = [], app = [];
    for (var round = 0; round <= rounds; round++)
    {
        var (a, b, c) = (
            await TimeAsync(() => StagesAsync(synapse.Url, token, $"alone{round}", round)),
            await TimeAsync(() => ApiAsync(code, $"page{round}", round)),
            await TimeAsync(() => StagesAsync(client.BaseAddress!, code, $"app{round}", round)));
        // The first round warms both.
        if (round == 0)
            continue;
        alone.Add(a);
        page.Add(b);
        app.Add(c);
    }
    var most = Figure.Median(alone) + 0.5;
    new Figure("a registration by the page", page) { Goal = most, Baseline = "at the homeserver alone", BaselineRuns = alone }.Print();
    new Figure("a registration by a Matrix client", app) { Goal = most, Baseline = "at the homeserver alone", BaselineRuns = alone }.Print();
    Published.PrintMemory("registration", service, goal: 60);
}
finally
{
    if (service is not null)
    {
        service.Kill();
        await service.WaitForExitAsync();
        service.Dispose();
    }
    await synapse.DisposeAsync();
    Directory.Delete(work, recursive: true);
}

async Task ReadyAsync()
{
    for (var tries = 0; tries < 300; tries++)
        try
        {
            await client.GetAsync(new Uri("/healthz", UriKind.Relative));
            return;
        }
        catch (HttpRequestException)
        {
            await Task.Delay(100);
        }
    throw new TimeoutException("The service did not come up.");
}

// By the service's own program, as `hale invite` does.
async Task<string> InviteAsync(ProcessStartInfo service)
{
    var start = new ProcessStartInfo(service.FileName, ["admin", socket]) { RedirectStandardInput = true, RedirectStandardOutput = true };
    foreach (var (name, value) in service.Environment)
        start.Environment[name] = value;
    using var tool = Process.Start(start)!;
    await tool.StandardInput.WriteAsync("""{"verb":"create","uses":1000}""");
    tool.StandardInput.Close();
    return (string)JsonNode.Parse(await tool.StandardOutput.ReadToEndAsync())!["code"]!;
}

static async Task<double> TimeAsync(Func<Task> work)
{
    var watch = Stopwatch.StartNew();
    await work();
    return watch.Elapsed.TotalSeconds;
}

async Task ApiAsync(string code, string name, int round)
{
    using var request = new HttpRequestMessage(HttpMethod.Post, "/api/register")
    { Content = JsonContent.Create(new JsonObject { ["username"] = name, ["password"] = password, ["invite_code"] = code }) };
    // Each is somebody else's, so that no limit on one address is met.
    request.Headers.Add("X-Forwarded-For", $"203.0.113.{round}");
    using var answer = await client.SendAsync(request);
    answer.EnsureSuccessStatusCode();
}

async Task StagesAsync(Uri server, string token, string name, int round)
{
    var body = new JsonObject { ["username"] = name, ["password"] = password, ["inhibit_login"] = true };
    for (var (rest, session) = (new Queue<string>(["m.login.registration_token", "m.login.dummy"]), ""); ;)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path)) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Forwarded-For", $"198.51.100.{round}");
        using var answer = await client.SendAsync(request);
        var said = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        if (answer.IsSuccessStatusCode)
            return;
        if ((string?)said["session"] is not { } given || !rest.TryDequeue(out var stage))
            throw new InvalidOperationException($"{server}: {said.ToJsonString()}");
        session = given;
        body["auth"] = new JsonObject { ["type"] = stage, ["session"] = session, ["token"] = token };
    }
}
