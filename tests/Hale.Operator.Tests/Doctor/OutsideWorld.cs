using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Hale.Operator.Tests.Doctor;

/// <summary>A gateway on loopback that speaks TLS with a certificate of an authority of its own, and answers what it is told.</summary>
internal sealed class OutsideWorld : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly X509Certificate2 certificate;

    public OutsideWorld(string[] names, DateTimeOffset? from = null, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = DateTimeOffset.UtcNow;
        using var root = authority.CreateSelfSigned(now.AddYears(-1), now.AddYears(1));
        Authority = root.ExportCertificatePem();

        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=site", own, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        using var signed = request.Create(root, from ?? now.AddDays(-30), until ?? now.AddDays(60), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(own);
        certificate = X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The root certificate, as PEM.</summary>
    public string Authority { get; }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>How far the server's clock is off.</summary>
    public TimeSpan ClockOff { get; set; }

    /// <summary>The headers that pages of other sites may send.</summary>
    public string AllowHeaders { get; set; } = "Content-Type, Authorization";

    /// <summary>Answers by <c>HOST/PATH</c>: status, body, and the origin that may read it.</summary>
    public ConcurrentDictionary<string, (int Status, string Body, string Origin)> Answers { get; } = new();

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        certificate.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            await using (var tls = new SslStream(client.GetStream()))
            {
                await tls.AuthenticateAsServerAsync(certificate);
                using var reader = new StreamReader(tls, Encoding.ASCII, leaveOpen: true);
                while (await reader.ReadLineAsync() is { Length: > 0 } line)
                {
                    var (host, length) = ("", 0);
                    while (await reader.ReadLineAsync() is { Length: > 0 } header)
                        if (header.StartsWith("Host: ", StringComparison.OrdinalIgnoreCase))
                            host = header[6..].Split(':')[0];
                        else if (header.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))
                            length = int.Parse(header[16..], System.Globalization.CultureInfo.InvariantCulture);
                    // Asked for nothing, it would wait for more.
                    if (length > 0)
                        await reader.ReadBlockAsync(new char[length]);
                    await tls.WriteAsync(Answer(host + line.Split(' ')[1]));
                }
            }
        }
        catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The other side went away, or trusts another.
        }
    }

    private byte[] Answer(string asked)
    {
        var (status, body, origin) = Answers.GetValueOrDefault(asked, (404, "", ""));
        var head = $"HTTP/1.1 {status} Said\r\nDate: {DateTimeOffset.UtcNow + ClockOff:R}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n"
            + (origin.Length > 0 ? $"Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Headers: {AllowHeaders}\r\n" : "");
        return Encoding.UTF8.GetBytes($"{head}\r\n{body}");
    }
}
