using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

/// <summary>A steady load on the machine's gateway: one request each 20 ms over HTTPS, until it is disposed.</summary>
internal sealed class Requests : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly HttpClient client;
    private readonly Task running;

    public Requests(int port, string certificate)
    {
        client = Client(port, certificate);
        running = RunAsync();
    }

    /// <summary>Requests that were answered as they should.</summary>
    public int Succeeded { get; private set; }

    /// <summary>Requests that were not, each with why.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>What a page says.</summary>
    public Task<string> ReadAsync(string url) => client.GetStringAsync(url);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        client.Dispose();
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.GetAsync("https://ohana-matrix.xyz/.well-known/matrix/client");
                if (answer.StatusCode == HttpStatusCode.OK)
                    Succeeded++;
                else
                    Failures.Add(answer.StatusCode.ToString());
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                Failures.Add(error.Message);
            }
            await Task.Delay(20);
        }
    }

    /// <summary>Every name leads to the machine, and only its own authority is trusted.</summary>
    private static HttpClient Client(int port, string certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(certificate);
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
    }
}
