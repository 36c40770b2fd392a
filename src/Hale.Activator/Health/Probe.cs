using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Hale.Store.Closure;

namespace Hale.Activator.Health;

/// <summary>One try of a Tcp, Http or Command check.</summary>
internal sealed class Probe : IDisposable
{
    /// <summary>Enough of an answer to look for a text in; more is not read.</summary>
    private const int MostBytes = 1 << 20;

    // On the way to itself nobody can be in the middle, and its certificate may be of its own authority or not yet issued.
    private readonly HttpClient _local = Client(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch);
    private readonly HttpClient _remote = Client(SslPolicyErrors.None);

    private static HttpClient Client(SslPolicyErrors tolerated) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~tolerated) == SslPolicyErrors.None,
        },
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MostBytes,
    };

    /// <returns>What is wrong; null when it answered as it should.</returns>
    internal async Task<string?> TryAsync(ManifestCheck check, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit > TimeSpan.Zero ? limit : TimeSpan.FromMilliseconds(1));
        try
        {
            return check.Kind switch
            {
                CheckKind.Tcp => await ConnectAsync(check.Address, timeout.Token).ConfigureAwait(false),
                CheckKind.Command => await CommandProbe.RunAsync(check.Address, timeout.Token).ConfigureAwait(false),
                _ => await GetAsync(check, timeout.Token).ConfigureAwait(false),
            };
        }
        catch (OperationCanceledException)
        {
            return $"{(check.Kind == CheckKind.Command ? "the command" : check.Address)} did not {(check.Kind == CheckKind.Command ? "end" : "answer")} within {limit.TotalSeconds:0.#} s";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            return $"{check.Address}: {(e.InnerException ?? e).Message}";
        }
    }

    private static async Task<string?> ConnectAsync(string address, CancellationToken stop)
    {
        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address[(colon + 1)..], out var port))
            return $"'{address}' is not HOST:PORT";
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address[..colon].Trim('[', ']'), port, stop).ConfigureAwait(false);
        return null;
    }

    private async Task<string?> GetAsync(ManifestCheck check, CancellationToken stop)
    {
        if (!Uri.TryCreate(check.Address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return $"'{check.Address}' is not an http or https URL";
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (check.HostHeader.Length > 0)
            request.Headers.Host = check.HostHeader;
        var client = IsLocal(url) ? _local : _remote;
        var read = check.Contains.Length > 0 ? HttpCompletionOption.ResponseContentRead : HttpCompletionOption.ResponseHeadersRead;
        using var answer = await client.SendAsync(request, read, stop).ConfigureAwait(false);
        if ((int)answer.StatusCode != check.Status)
            return $"{check.Address} answered with status {(int)answer.StatusCode}, expected {check.Status}";
        if (check.Contains.Length == 0)
            return null;
        var text = await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
        return text.Contains(check.Contains, StringComparison.Ordinal) ? null : $"{check.Address} answered without the text '{check.Contains}'";
    }

    private static bool IsLocal(Uri url) =>
        url.IsLoopback || (IPAddress.TryParse(url.Host, out var address) && IPAddress.IsLoopback(address));

    public void Dispose()
    {
        _local.Dispose();
        _remote.Dispose();
    }
}
