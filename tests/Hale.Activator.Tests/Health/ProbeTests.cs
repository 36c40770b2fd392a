using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hale.Activator.Health;
using Hale.Store.Closure;

namespace Hale.Activator.Tests.Health;

/// <summary>Checks against a server of a few lines, with and without TLS by an authority that nobody trusts.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Probe _probe = new();

    public ProbeTests() => _listener.Start();

    private string Address => _listener.LocalEndpoint.ToString()!;

    private Task<string?> Try(ManifestCheck check) => _probe.TryAsync(check, TimeSpan.FromSeconds(5));

    private static ManifestCheck Http(string address) => new() { Name = "x", Kind = CheckKind.Http, Unit = "x.service", Address = address };

    [Fact]
    public async Task A_port_that_accepts_passes_and_one_that_refuses_is_told()
    {
        var check = Http("") with { Kind = CheckKind.Tcp, Address = Address };
        Assert.Null(await Try(check));
        _listener.Stop();
        Assert.Contains("refused", await Try(check), StringComparison.Ordinal);
        Assert.Contains("not HOST:PORT", await Try(check with { Address = "nowhere" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_a_text_and_a_host_are_asked_for()
    {
        var seen = Serve("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", tls: false);
        Assert.Null(await Try(Http($"http://{Address}/x") with { Status = 204, HostHeader = "matrix.example" }));
        Assert.Contains("Host: matrix.example", await seen, StringComparison.Ordinal);

        _ = Serve("HTTP/1.1 301 Moved\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", tls: false);
        Assert.Contains("status 301, expected 200", await Try(Http($"http://{Address}/")), StringComparison.Ordinal);

        _ = Serve("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", tls: false);
        Assert.Null(await Try(Http($"http://{Address}/") with { Contains = "ell" }));
        _ = Serve("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", tls: false);
        Assert.Contains("without the text 'bye'", await Try(Http($"http://{Address}/") with { Contains = "bye" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_authority_is_accepted_on_the_way_to_itself()
    {
        _ = Serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls: true);
        Assert.Null(await Try(Http($"https://{Address}/") with { HostHeader = "matrix.example" }));
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        var wrong = await _probe.TryAsync(Http($"http://{Address}/"), TimeSpan.FromSeconds(0.2));
        Assert.Contains("did not answer within", wrong, StringComparison.Ordinal);
    }

    /// <summary>Answers one request.</summary>
    /// <returns>The request's head.</returns>
    private async Task<string> Serve(string answer, bool tls)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        await using Stream stream = tls ? new SslStream(client.GetStream()) : client.GetStream();
        if (stream is SslStream secure)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var certificate = new CertificateRequest("CN=nobody knows me", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
            await secure.AuthenticateAsServerAsync(certificate);
        }

        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            head.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        return head.ToString();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _probe.Dispose();
    }
}
