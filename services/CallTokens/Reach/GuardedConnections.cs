using System.Net;
using System.Net.Sockets;

namespace CallTokens.Reach;

/// <summary>
/// Opens the connections to servers that strangers name. A name is resolved once, and the connection goes to an address that was checked: what
/// the name says a moment later does not matter.
/// </summary>
internal sealed class GuardedConnections(Addresses addresses, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    private const int MostAddresses = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(6);

    /// <summary>A client without proxy, cookies and redirects, that connects only where <see cref="Addresses"/> lets it.</summary>
    /// <param name="limits">Bounds of one request.</param>
    /// <param name="configure">More for the handler, such as other roots in tests.</param>
    public HttpClient Client((TimeSpan Time, int Bytes) limits, Action<SocketsHttpHandler>? configure = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            MaxConnectionsPerServer = 8,
            MaxResponseHeadersLength = 16,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = (context, cancellation) => ConnectAsync(Target.Of(context.InitialRequestMessage) ?? context.DnsEndPoint, cancellation),
        };
        configure?.Invoke(handler);
        return new HttpClient(handler) { Timeout = limits.Time, MaxResponseContentBufferSize = limits.Bytes };
    }

    private async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Longest);
        var host = target.Host.Trim('[', ']');
        var found = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, limit.Token);
        var reachable = found.Where(addresses.MayReach).ToArray();
        if (reachable.Length == 0)
            throw new HttpRequestException(found.Length == 0 ? $"{host} has no address." : $"{host} is not on the public internet.");
        Exception? last = null;
        foreach (var address in reachable.Take(MostAddresses))
        {
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            attempt.CancelAfter(Longest / MostAddresses);
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, target.Port), attempt.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                last = error;
            }
        }
        cancellation.ThrowIfCancellationRequested();
        throw new HttpRequestException($"{host} does not answer at port {target.Port}.", last);
    }
}

/// <summary>Where a request goes, if not to the host of its URL: what an SRV record names.</summary>
internal static class Target
{
    private static readonly HttpRequestOptionsKey<DnsEndPoint> Key = new("target");

    public static void Set(HttpRequestMessage request, DnsEndPoint target) => request.Options.Set(Key, target);

    public static DnsEndPoint? Of(HttpRequestMessage request) => request.Options.TryGetValue(Key, out var target) ? target : null;
}
