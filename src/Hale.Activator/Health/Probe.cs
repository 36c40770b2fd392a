using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hale.Store.Closure;

namespace Hale.Activator.Health;

/// <summary>One try of a Tcp, Http or Command check.</summary>
internal sealed class Probe : IDisposable
{
    /// <summary>Enough of an answer to look for a text in; more is not read.</summary>
    private const int MostBytes = 1 << 20;
    private const int Chunk = 16 << 10;

    // On the way to itself nobody can be in the middle, and its certificate may be of its own authority or not yet issued.
    private readonly HttpClient _local = Client(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch);
    private readonly HttpClient _remote = Client(SslPolicyErrors.None);

    private static HttpClient Client(SslPolicyErrors tolerated) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = async (to, stop) => new NetworkStream(await Dial.OpenAsync(to.DnsEndPoint, stop).ConfigureAwait(false), ownsSocket: true),
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, _, chain, errors) => (errors & ~tolerated) == SslPolicyErrors.None
                ? true : throw new AuthenticationException($"its certificate does not hold: {Why(chain, errors)}"),
        },
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static string Why(X509Chain? chain, SslPolicyErrors errors) => string.Join("; ",
    [
        .. errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? ["there is none"] : Array.Empty<string>(),
        .. errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? ["it is for another name"] : Array.Empty<string>(),
        .. (chain?.ChainStatus ?? []).Select(status => status.StatusInformation.Trim()).Distinct(StringComparer.Ordinal),
    ]);

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
        // The last three are what a name, a port or a header is refused with that no check could ask for.
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or FormatException or ArgumentException or InvalidOperationException)
        {
            return $"{check.Address}: {(e.InnerException ?? e).Message}";
        }
    }

    private static async Task<string?> ConnectAsync(string address, CancellationToken stop)
    {
        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address[(colon + 1)..], out var port))
            return $"'{address}' is not HOST:PORT";
        using var connected = await Dial.OpenAsync(new DnsEndPoint(address[..colon].Trim('[', ']'), port), stop).ConfigureAwait(false);
        return null;
    }

    private async Task<string?> GetAsync(ManifestCheck check, CancellationToken stop)
    {
        if (!Uri.TryCreate(check.Address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return $"'{check.Address}' is not an http or https URL";
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (check.HostHeader.Length > 0)
            request.Headers.Host = check.HostHeader;
        var client = Dial.IsHere(url.IdnHost) ? _local : _remote;
        // The status counts before the text: an answer may be long in coming, or have no end.
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
        if ((int)answer.StatusCode != check.Status)
            return $"{check.Address} answered with status {(int)answer.StatusCode}, expected {check.Status}";
        if (check.Contains.Length == 0)
            return null;
        try
        {
            return await HasAsync(answer.Content, check.Contains, stop).ConfigureAwait(false) ? null : $"{check.Address} answered without the text '{check.Contains}'";
        }
        catch (OperationCanceledException)
        {
            return $"{check.Address} answered without the text '{check.Contains}' so far, and has not come to an end";
        }
    }

    /// <summary>Whether a text is among the first bytes of an answer, said as soon as it has come.</summary>
    private static async Task<bool> HasAsync(HttpContent content, string text, CancellationToken stop)
    {
        var sought = EncodingOf(content).GetBytes(text);
        var window = new byte[sought.Length + Chunk];
        var stream = await content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
            for (int kept = 0, total = 0; total < MostBytes;)
            {
                var read = await stream.ReadAsync(window.AsMemory(kept), stop).ConfigureAwait(false);
                if (window.AsSpan(0, kept + read).IndexOf(sought) >= 0)
                    return true;
                if (read == 0)
                    return false;
                // The text may lie across two reads.
                var held = Math.Min(sought.Length - 1, kept + read);
                window.AsSpan(kept + read - held, held).CopyTo(window);
                (kept, total) = (held, total + read);
            }
        return false;
    }

    /// <summary>What the answer says that it is written in; UTF-8 where it says none, or one that nobody knows.</summary>
    private static Encoding EncodingOf(HttpContent content)
    {
        try
        {
            return content.Headers.ContentType?.CharSet is { } name ? Encoding.GetEncoding(name.Trim('"')) : Encoding.UTF8;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return Encoding.UTF8;
        }
    }

    public void Dispose()
    {
        _local.Dispose();
        _remote.Dispose();
    }
}
