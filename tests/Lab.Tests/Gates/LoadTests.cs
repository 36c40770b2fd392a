using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Hale.Store.Closure;
using Lab.Tests.Ohana;
using Xunit.Abstractions;
using static Lab.Tests.Gates.Declared;

namespace Lab.Tests.Gates;

/// <summary>What people at the gateway notice of deployments: nothing. Clients here never ask a second time.</summary>
[Collection(OhanaMachine.Name)]
public sealed class LoadTests(OhanaFixture ohana, ITestOutputHelper output)
{
    private const int Deployments = 20;

    /// <summary>Milliseconds that a client has from connecting to its request, a little less than the gateway gives it.</summary>
    private const long Promised = 240;

    private const string Photos = "https://photos.ohana-matrix.xyz/";

    /// <summary>Behind the gateway: agrees to a WebSocket, and then says back whatever it is told.</summary>
    private const string Echo =
        """/bin/sh -c 'while read -r line && [ $(printf %%s "$line" | wc -c) -gt 1 ]; do :; done; printf "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n"; exec cat'""";

    private long slowest;

    private static async Task<Fleet> FleetAsync(int number)
    {
        var fleet = await OhanaFixture.DeclareAsync();
        var host = OhanaFixture.HostOf(fleet);
        host.Modules.Add(new Declared(
            new Unit("echo.socket") { WantedBy = ["sockets.target"], Body = { { "Socket", "ListenStream", "127.0.0.1:7779" }, { "Socket", "Accept", "yes" } } },
            Service("echo@", "exec", Echo, ("StandardInput", "socket")) with { WantedBy = [] },
            // Has nothing to do with the gateway.
            Service("beside", "oneshot", "/bin/true", ("RemainAfterExit", "yes"), ("Environment", $"N={number}"))));
        host.Contributions.Add(new VirtualHost("echo.ohana-matrix.xyz") { Routes = [new ReverseProxy("127.0.0.1:7779")] });
        // A site that changes, and one that comes and goes with a certificate of its own.
        host.Contributions.Add(new VirtualHost("photos.ohana-matrix.xyz") { Routes = [new Respond(200, $"{number}")] });
        host.Contributions.Add(new VirtualHost($"new{number}.ohana-matrix.xyz") { Routes = [new Respond(200, "new")] });
        return fleet;
    }

    [LabFact]
    public async Task Twenty_deployments_in_a_row_lose_no_request_and_no_open_WebSocket()
    {
        Assert.Equal(Outcome.Done, (await ohana.DeployAsync(await FleetAsync(0))).Outcome);
        using var stop = new CancellationTokenSource();
        using var kept = ohana.Client();
        using var browser = ohana.Client();
        (browser.DefaultRequestVersion, browser.DefaultVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        await kept.GetStringAsync(Photos);
        await using var socket = await OpenAsync();
        var loads = new[]
        {
            LoadAsync(async () => (int)(await kept.GetAsync(Photos, CancellationToken.None)).StatusCode, stop.Token),
            LoadAsync(async () => (int)(await browser.GetAsync(Photos, CancellationToken.None)).StatusCode, stop.Token),
            LoadAsync(AskAnewAsync, stop.Token), LoadAsync(AskAnewAsync, stop.Token),
        };
        var talk = TalkAsync(socket, stop.Token);
        for (var number = 1; number <= Deployments; number++)
        {
            var result = await ohana.DeployAsync(await FleetAsync(number));
            Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
            Assert.Equal($"{number}", await kept.GetStringAsync(Photos));
        }
        await stop.CancelAsync();
        var (said, closed) = await talk;
        var ended = await Task.WhenAll(loads);
        await ohana.DeployAsync(await OhanaFixture.DeclareAsync());

        output.WriteLine($"{Deployments} deployments: {string.Join(", ", ended.Select(e => $"{e.Succeeded} answered, {e.Failures.Count} failed"))}; the WebSocket said {said} words back{(closed is null ? "" : $", then {closed}")}");
        foreach (var failure in ended.SelectMany(e => e.Failures).GroupBy(f => f))
            output.WriteLine($"{failure.Count()} times {failure.Key}");
        Assert.All(ended, e => Assert.True(e.Succeeded > 100));
        Assert.Null(closed);
        Assert.Empty(ended.Take(2).SelectMany(e => e.Failures));
        var anew = ended.Skip(2).SelectMany(e => e.Failures).ToList();
        if (slowest > Promised && anew.Count > 0)
            output.WriteLine($"THIS COMPUTER WAS TOO BUSY to show that no new connection is lost: one took {slowest} ms to ask");
        Assert.InRange(anew.Count, 0, slowest > Promised ? ended.Skip(2).Sum(e => e.Succeeded) / 1000 : 0);
    }

    /// <summary>A connection for one request: the handshake, the question, the answer to its end.</summary>
    private async Task<int> AskAnewAsync()
    {
        var begun = Stopwatch.StartNew();
        await using var stream = await ConnectAsync("photos.ohana-matrix.xyz", begun);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: photos.ohana-matrix.xyz\r\nConnection: close\r\n\r\n"u8.ToArray());
        var asking = begun.ElapsedMilliseconds;
        slowest = Math.Max(slowest, asking);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync();
        return answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture)
            : throw new IOException($"no answer to who asked {asking} ms after connecting: \"{answer}\"");
    }

    private async Task<SslStream> ConnectAsync(string name, Stopwatch? begun = null)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync("127.0.0.1", ohana.Https);
        begun?.Restart();
        var stream = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, MachineClient.Trusting(ohana.Certificate));
        await stream.AuthenticateAsClientAsync(name);
        return stream;
    }

    private async Task<SslStream> OpenAsync()
    {
        var stream = await ConnectAsync("echo.ohana-matrix.xyz");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "GET / HTTP/1.1\r\nHost: echo.ohana-matrix.xyz\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }
        Assert.StartsWith("HTTP/1.1 101", head.ToString(), StringComparison.Ordinal);
        return stream;
    }

    /// <summary>One word each 100 ms, said back.</summary>
    private static async Task<(int Said, string? Closed)> TalkAsync(SslStream stream, CancellationToken stop)
    {
        var (said, word) = (0, new byte[4]);
        try
        {
            for (; !stop.IsCancellationRequested; said++)
            {
                await stream.WriteAsync("word"u8.ToArray(), CancellationToken.None);
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
                await stream.ReadExactlyAsync(word, limit.Token);
                await Task.Delay(100, CancellationToken.None);
            }
            return (said, null);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            return (said, error.Message);
        }
    }

    private static async Task<(int Succeeded, List<string> Failures)> LoadAsync(Func<Task<int>> askAsync, CancellationToken stop)
    {
        var (succeeded, failures) = (0, new List<string>());
        // Bounded: at most some four minutes.
        for (var request = 0; request < 12_000 && !stop.IsCancellationRequested; request++)
        {
            try
            {
                if (await askAsync() is var status && status == 200) succeeded++;
                else failures.Add($"{status}");
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException or IOException or SocketException or AuthenticationException)
            {
                failures.Add(error.InnerException?.Message ?? error.Message);
            }
            await Task.Delay(20, CancellationToken.None);
        }
        return (succeeded, failures);
    }
}
