using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Hale.Catalogue.Tests;

/// <summary>An answer as it came over the wire, chunks joined.</summary>
public sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>The connection was closed without an answer.</summary>
/// <param name="asking">How long it took from the connection to the end of the request.</param>
internal sealed class UnansweredException(TimeSpan asking) : IOException($"No answer to a request that was made {asking.TotalMilliseconds:0} ms after connecting.")
{
    public TimeSpan Asking => asking;
}

/// <summary>
/// One HTTP/1.1 request per connection, with the target written as the test says: a client library would tidy up the very
/// spellings that these tests are about.
/// </summary>
public sealed class RawHttp(int port, X509Certificate2? root)
{
    public Task<RawAnswer> GetAsync(string host, string target, params string[] headers) => SendAsync(host, "GET", target, "", headers);

    public async Task<RawAnswer> SendAsync(string host, string method, string target, string body = "", params string[] headers)
    {
        using var client = new TcpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        var connected = Stopwatch.StartNew();
        Stream stream = client.GetStream();
        if (root is not null)
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = host.Split(':')[0],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { root },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            }, limit.Token);
            stream = tls;
        }
        await using var _ = stream;
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        if (body.Length > 0)
            head.Append($"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nContent-Type: application/json\r\n");
        foreach (var header in headers)
            head.Append(header).Append("\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{head}\r\n"), limit.Token);
        var asking = connected.Elapsed;
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(body), limit.Token);
        }
        catch (IOException)
        {
            // The server has heard enough; it has answered already.
        }
        var answer = await ReadAsync(stream, limit.Token);
        return answer.Length > 0 ? Parse(answer) : throw new UnansweredException(asking);
    }

    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all, cancellation);
        }
        catch (IOException) when (all.Length > 0)
        {
            // A server that refuses a body may cut the connection after its answer.
        }
        return Encoding.UTF8.GetString(all.ToArray());
    }

    private static RawAnswer Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"Not an answer: \"{text}\"");
        var lines = text[..end].Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2))
            .GroupBy(parts => parts[0], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(parts => parts[1])), StringComparer.OrdinalIgnoreCase);
        var body = text[(end + 4)..];
        if (headers.GetValueOrDefault("Transfer-Encoding") == "chunked")
            body = Joined(body);
        return new RawAnswer(int.Parse(lines[0].Split(' ')[1]), headers, body);
    }

    private static string Joined(string chunks)
    {
        var body = new StringBuilder();
        while (chunks.Split("\r\n", 2) is [var size, var rest] && Convert.ToInt32(size, 16) is > 0 and var length)
            (_, chunks) = (body.Append(rest[..length]), rest[(length + 2)..]);
        return body.ToString();
    }
}
