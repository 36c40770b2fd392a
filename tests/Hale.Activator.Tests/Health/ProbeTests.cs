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

    /// <summary>The kernel would ask again after a second.</summary>
    [Theory]
    [InlineData(CheckKind.Tcp)]
    [InlineData(CheckKind.Http)]
    public async Task Who_was_not_heard_at_the_machine_itself_knocks_again_at_once(CheckKind kind)
    {
        using var door = new TcpListener(IPAddress.Loopback, 0);
        door.Start(backlog: 0);
        // One may wait to be let in; what opens a connection beside it is dropped.
        using var before = new TcpClient();
        await before.ConnectAsync((IPEndPoint)door.LocalEndpoint);
        var check = Http(kind == CheckKind.Http ? $"http://{door.LocalEndpoint}/" : door.LocalEndpoint.ToString()!) with { Kind = kind };

        var trying = _probe.TryAsync(check, TimeSpan.FromSeconds(0.9));
        await Task.Delay(50);
        Assert.False(trying.IsCompleted);
        using var first = await door.AcceptTcpClientAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var second = await door.AcceptTcpClientAsync(limit.Token);
        if (kind == CheckKind.Http)
            await second.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());

        Assert.Null(await trying);
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

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhe", null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=no-such\r\n\r\nhe", null)]
    [InlineData("HTTP/1.1 500 No\r\n\r\nhe", "answered with status 500, expected 200")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nho", "answered without the text 'hello' so far, and has not come to an end")]
    public async Task An_answer_without_an_end_counts_for_what_has_come_of_it(string begin, string? wrong)
    {
        _ = Serve(begin, tls: false, async stream =>
        {
            foreach (var part in (string[])["l", "lo", .. Enumerable.Repeat(".", 100)])
            {
                await Task.Delay(50);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(part));
            }
        });
        var said = await _probe.TryAsync(Http($"http://{Address}/") with { Contains = "hello" }, TimeSpan.FromSeconds(1.5));
        if (wrong is null)
            Assert.Null(said);
        else
            Assert.Contains(wrong, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_an_answer_that_is_too_long_only_the_beginning_is_read()
    {
        _ = Serve("HTTP/1.1 200 OK\r\n\r\n", tls: false, async stream =>
        {
            while (true)
                await stream.WriteAsync(new byte[1 << 16]);
        });
        Assert.Contains("answered without the text 'hello'", await Try(Http($"http://{Address}/") with { Contains = "hello" }), StringComparison.Ordinal);
        // It is found across two parts, and also beside what has no end.
        _ = Serve("HTTP/1.1 200 OK\r\n\r\nhel", tls: false, async stream =>
        {
            await Task.Delay(50);
            await stream.WriteAsync("lo"u8.ToArray());
            while (true)
                await stream.WriteAsync(new byte[1 << 16]);
        });
        Assert.Null(await Try(Http($"http://{Address}/") with { Contains = "hello" }));
    }

    [Fact]
    public async Task A_certificate_that_does_not_hold_is_told_with_its_reason()
    {
        using var listener = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        listener.Start();
        _ = Serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls: true, expired: true, on: listener);
        // Written so it leads here, and is no name of the machine's own.
        var said = await Try(Http($"https://[::ffff:127.0.0.2]:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        Assert.Contains("its certificate does not hold: it is for another name; ", said, StringComparison.Ordinal);
        Assert.Contains("expired", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_can_ask_for_is_a_check_that_fails()
    {
        Assert.Contains("Host", await Try(Http($"http://{Address}/") with { HostHeader = "no host" }), StringComparison.OrdinalIgnoreCase);
        Assert.NotNull(await Try(Http("") with { Kind = CheckKind.Tcp, Address = $"{new string('a', 300)}:80" }));
    }

    [Fact]
    public async Task A_command_that_prints_without_end_is_given_up_and_little_of_it_is_kept()
    {
        using var script = new Script("echo why >&2; yes | head -c 300000000; exit 3");
        var before = GC.GetTotalAllocatedBytes();
        Assert.Equal("the command ended with 3: why", await _probe.TryAsync(script.Check, TimeSpan.FromSeconds(60)));
        Assert.True(GC.GetTotalAllocatedBytes() - before < 200_000_000);
        using var endless = new Script("exec yes");
        Assert.Contains("the command did not end within 0.5 s", await _probe.TryAsync(endless.Check, TimeSpan.FromSeconds(0.5)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_ends_when_it_ends_whoever_it_left_with_its_output()
    {
        using var well = new Script("sleep 30 & exit 0");
        Assert.Null(await Try(well.Check));
        using var ill = new Script("echo why; sleep 30 & exit 4");
        Assert.Equal("the command ended with 4: why", await Try(ill.Check));
    }

    private sealed class Script : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hale-check-");

        public Script(string text)
        {
            File.WriteAllText(Place, $"#!/bin/sh\n{text}\n");
            File.SetUnixFileMode(Place, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        public ManifestCheck Check => new() { Name = "x", Kind = CheckKind.Command, Unit = "x.service", Address = Place };

        private string Place => Path.Combine(_folder.FullName, "check");

        public void Dispose() => _folder.Delete(recursive: true);
    }

    /// <summary>Answers one request.</summary>
    /// <returns>The request's head.</returns>
    private async Task<string> Serve(string answer, bool tls, Func<Stream, Task>? more = null, bool expired = false, TcpListener? on = null)
    {
        using var client = await (on ?? _listener).AcceptTcpClientAsync();
        await using Stream stream = tls ? new SslStream(client.GetStream()) : client.GetStream();
        if (stream is SslStream secure)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var certificate = new CertificateRequest("CN=nobody knows me", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(expired ? 1 : 200));
            await secure.AuthenticateAsServerAsync(certificate);
        }

        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            head.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        if (more is not null)
            await more(stream);
        return head.ToString();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _probe.Dispose();
    }
}
