using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace GatewayBench;

/// <summary>The connections of a client, kept from request to request, over HTTP/1.1.</summary>
internal static class Connection
{
    /// <summary>The gateway's name.</summary>
    public const string Name = "matrix.example.org";

    /// <summary>How many there are at most.</summary>
    public const int Most = 16;

    // The name leads to this computer; only the gateway's own authority is trusted.
    public static HttpClient To(string scheme, int port, X509Certificate2? authority)
    {
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = Most,
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
}
