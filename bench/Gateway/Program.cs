// What the gateway costs a client of the homeserver. See README.md.
using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Hale.Catalogue;
using Hale.Catalogue.Tests;
using Hale.Declare;

const int Rounds = 10;
const int Many = 1_000;
const int Connections = 16;
const int Few = 200;
const string Name = "matrix.example.org";
const string Path = "/_matrix/client/versions";

var matrix = new Matrix { ServerName = "example.org", GatewayHost = Name, Port = RunningProgram.FreePort() };
using var synapse = await RunningSynapse.StartAsync(matrix);
using var caddy = await RunningCaddy.StartAsync(new Host("one") { Modules = { new Caddy(), matrix } });
using var direct = Client("http", synapse.Port, null);
using var through = Client("https", caddy.HttpsPort, caddy.Authority);

// The first of each warms both.
List<double> manyDirect = [], manyThrough = [], fewDirect = [], fewThrough = [];
for (var round = 0; round <= Rounds; round++)
{
    manyDirect.Add(await ManyAsync(direct));
    manyThrough.Add(await ManyAsync(through));
    fewDirect.AddRange(await FewAsync(direct));
    fewThrough.AddRange(await FewAsync(through));
    if (round == 0)
        foreach (var list in new[] { manyDirect, manyThrough, fewDirect, fewThrough })
            list.Clear();
}
new Figure($"{Many} requests through the gateway, {Connections} at once", manyThrough)
{ GoalRatio = 1 / 0.9, Baseline = "at Synapse itself", BaselineRuns = manyDirect }.Print();
new Figure("a request through the gateway, alone", fewThrough)
{ Unit = "ms", Goal = Figure.Median(fewDirect) + 1, Baseline = "at Synapse itself", BaselineRuns = fewDirect }.Print();

// Seconds for all of them.
static async Task<double> ManyAsync(HttpClient client)
{
    var watch = Stopwatch.StartNew();
    await Parallel.ForEachAsync(Enumerable.Range(0, Many), new ParallelOptions { MaxDegreeOfParallelism = Connections },
        async (_, cancellation) => await client.GetByteArrayAsync(Path, cancellation));
    return watch.Elapsed.TotalSeconds;
}

// Milliseconds of each, one after another on one connection.
static async Task<List<double>> FewAsync(HttpClient client)
{
    var each = new List<double>(Few);
    for (var request = 0; request < Few; request++)
    {
        var watch = Stopwatch.StartNew();
        await client.GetByteArrayAsync(Path);
        each.Add(watch.Elapsed.TotalMilliseconds);
    }
    return each;
}

// The name leads to this computer; only the gateway's own authority is trusted.
static HttpClient Client(string scheme, int port, X509Certificate2? authority)
{
    var handler = new SocketsHttpHandler
    {
        MaxConnectionsPerServer = Connections,
        UseProxy = false,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync("127.0.0.1", port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
    if (authority is not null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }
    return new HttpClient(handler) { BaseAddress = new Uri($"{scheme}://{Name}") };
}
