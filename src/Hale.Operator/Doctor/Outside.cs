using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SrvRecords;

namespace Hale.Operator.Doctor;

/// <summary>An answer of a web server: what a check needs of it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body's first megabyte.</param>
/// <param name="AllowOrigin">The header <c>Access-Control-Allow-Origin</c>; empty for none.</param>
/// <param name="Date">The header <c>Date</c>, and when it came.</param>
/// <param name="Location">The header <c>Location</c>; null for none.</param>
/// <param name="AllowHeaders">The header <c>Access-Control-Allow-Headers</c>; empty for none.</param>
internal sealed record Answer(int Status, string Body, string AllowOrigin, DateTimeOffset? Date, Uri? Location = null, string AllowHeaders = "");

/// <summary>
/// The way to a host from elsewhere: names as DNS has them or as the command line says, TCP, TLS, HTTPS. Certificates are looked at by
/// themselves; an answer is read whatever its certificate, so that one cause gives one finding.
/// </summary>
[SuppressMessage("Security", "CA5359", Justification = "Nothing secret is sent: what is wrong with a certificate is a finding, not a reason to look no further.")]
internal sealed class Outside : IDisposable
{
    private const int MaxBody = 1 << 20;
    private const int MostRedirects = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly Resolved resolved;
    private readonly X509Certificate2Collection authorities;
    private readonly SrvResolver services;
    private readonly HttpClient http;
    private readonly TimeProvider time;

    /// <summary>Opens the way.</summary>
    /// <param name="resolved">Names that lead elsewhere than DNS says.</param>
    /// <param name="authorities">Certificate authorities to trust besides the system's; of a lab.</param>
    /// <param name="services">Where SRV records are looked up.</param>
    /// <param name="time">The clock.</param>
    public Outside(Resolved resolved, X509Certificate2Collection authorities, SrvResolver services, TimeProvider time)
    {
        (this.resolved, this.authorities, this.services, this.time) = (resolved, authorities, services, time);
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = async (context, cancellation) =>
                new NetworkStream(await ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellation).ConfigureAwait(false), ownsSocket: true),
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("hale-doctor");
    }

    /// <summary>The time now.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Whether the command line says where a name leads.</summary>
    public bool IsTold(string name) => resolved.Find(name) is not null;

    /// <summary>The addresses of a name.</summary>
    /// <exception cref="SocketException">It has none, or nobody could be asked.</exception>
    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, CancellationToken cancellation) =>
        resolved.All(name) is { Count: > 0 } told ? [.. told.Select(one => one.Address)] : await Dns.GetHostAddressesAsync(name, cancellation).ConfigureAwait(false);

    /// <summary>The SRV records of a name, best first; none where there are none, no name server answers, or the command line says where every name leads.</summary>
    public async Task<IReadOnlyList<SrvRecord>> ServicesAsync(string name, CancellationToken cancellation) =>
        resolved.IsEverything ? [] : await services.FindAsync(name, cancellation).ConfigureAwait(false);

    /// <summary>The way of somebody who was told to go elsewhere for a name, as a SRV record tells.</summary>
    /// <param name="name">The name, which certificates and requests still say.</param>
    /// <param name="target">The name whose addresses it has there.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="SocketException">The target has no address, or nobody could be asked.</exception>
    public async Task<Outside> LedAsync(string name, string target, CancellationToken cancellation)
    {
        var addresses = await AddressesAsync(target, cancellation).ConfigureAwait(false);
        return new Outside(
            resolved.With(new Told(name, addresses[0], resolved.Find(target)?.HttpsPort ?? 443)), authorities, services, time);
    }

    /// <summary>The way of somebody who takes one of a name's addresses.</summary>
    public Outside At(string name, IPAddress address) =>
        new(resolved.With(new Told(name, address, resolved.All(name).FirstOrDefault(told => told.Address.Equals(address))?.HttpsPort ?? 443)), authorities, services, time);

    /// <summary>A TCP connection.</summary>
    /// <exception cref="SocketException">Nobody answers.</exception>
    public async Task<Socket> ConnectAsync(string name, int port, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // Where a firewall drops what comes, nothing ever says so.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            var told = resolved.Find(name);
            if (told is null)
                await socket.ConnectAsync(name, port, patience.Token).ConfigureAwait(false);
            else
                await socket.ConnectAsync(told.Address, told.PortFor(port), patience.Token).ConfigureAwait(false);
            return socket;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks for a certificate, and gives it with what is wrong with its chain and name; empty where nothing is.</summary>
    /// <exception cref="SocketException">Nobody answers.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">What answers speaks no TLS.</exception>
    public async Task<(X509Certificate2 Certificate, string Wrong)> CertificateAsync(string name, int port, CancellationToken cancellation)
    {
        var wrong = "";
        using var socket = await ConnectAsync(name, port, cancellation).ConfigureAwait(false);
        await using var tls = new SslStream(new NetworkStream(socket));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            RemoteCertificateValidationCallback = (_, presented, chain, errors) =>
            {
                wrong = presented is X509Certificate2 leaf && chain is not null ? Wrong(leaf, chain, name, errors) : "no certificate was shown";
                return true;
            },
        };
        await tls.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
        return (new X509Certificate2(tls.RemoteCertificate!), wrong);
    }

    /// <summary>Asks by HTTPS.</summary>
    /// <param name="url">The address.</param>
    /// <param name="post">The body to post; null gets.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="follow">Whether it goes where an answer sends it, as browsers and homeservers do.</param>
    /// <exception cref="HttpRequestException">Nobody answers.</exception>
    public async Task<Answer> AskAsync(string url, string? post, CancellationToken cancellation, bool follow = false)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(post is null ? HttpMethod.Get : HttpMethod.Post, url);
            if (post is not null)
                request.Content = new StringContent(post, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            var answer = await AskAsync(request, cancellation).ConfigureAwait(false);
            if (!follow || redirects == MostRedirects || answer is not { Status: 301 or 302 or 303 or 307 or 308, Location: { } location }
                || new Uri(new Uri(url), location) is not { Scheme: "https" } next)
                return answer;
            url = next.AbsoluteUri;
        }
    }

    /// <summary>Asks by HTTPS what a browser asks before it lets a page of another site post with a token (Fetch Standard, "CORS-preflight fetch").</summary>
    /// <exception cref="HttpRequestException">Nobody answers.</exception>
    public async Task<Answer> PreflightAsync(string url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, url);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        return await AskAsync(request, cancellation).ConfigureAwait(false);
    }

    private async Task<Answer> AskAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        // As a page of another site would ask.
        request.Headers.Add("Origin", "https://elsewhere.example");
        using var response = await SendAsync(request, cancellation).ConfigureAwait(false);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var body = new byte[MaxBody];
        var count = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return new Answer(
            (int)response.StatusCode,
            Encoding.UTF8.GetString(body, 0, count),
            Header(response, "Access-Control-Allow-Origin"),
            response.Headers.Date,
            response.Headers.Location,
            Header(response, "Access-Control-Allow-Headers"));
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            // A connection that ends before its first byte escapes the client as what it is.
            throw new HttpRequestException(error.Message, error);
        }
    }

    private string Wrong(X509Certificate2 leaf, X509Chain presented, string name, SslPolicyErrors errors)
    {
        if (!leaf.MatchesHostname(name))
            return $"it is for {string.Join(", ", Names(leaf))}";
        if (errors == SslPolicyErrors.None)
            return "";
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ExtraStore.AddRange(presented.ChainElements.Select(element => element.Certificate).ToArray());
        if (authorities.Count > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        chain.ChainPolicy.VerificationTime = Now.LocalDateTime;
        return chain.Build(leaf) ? "" : string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct());
    }

    private static IEnumerable<string> Names(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).DefaultIfEmpty(leaf.Subject);
}
