using System.Net.Security;
using System.Net.Sockets;
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

/// <summary>
/// What people at the gateway notice of deployments. On open connections no request fails. Debian 13's Caddy 2.6 can refuse a handshake in the
/// milliseconds of a reload, and ends WebSockets with it: how often is printed, and held below one in a thousand.
/// </summary>
[Collection(OhanaMachine.Name)]
public sealed class LoadTests(OhanaFixture ohana, ITestOutputHelper output)
{
    private const int Deployments = 20;

    /// <summary>Behind the gateway: agrees to a WebSocket, and then says back whatever it is told.</summary>
    private const string Echo =
        """/bin/sh -c 'while read -r line && [ $(printf %%s "$line" | wc -c) -gt 1 ]; do :; done; printf "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n"; exec cat'""";

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
    public async Task Twenty_deployments_in_a_row_lose_no_request_of_an_open_connection()
    {
        Assert.Equal(Outcome.Done, (await ohana.DeployAsync(await FleetAsync(0))).Outcome);
        using var stop = new CancellationTokenSource();
        using var kept = ohana.Client();
        using var anew = ohana.Client();
        anew.DefaultRequestHeaders.ConnectionClose = true;
        await kept.GetStringAsync("https://photos.ohana-matrix.xyz/");
        await using var socket = await OpenAsync();
        var loads = new[] { LoadAsync(kept, stop.Token), LoadAsync(anew, stop.Token) };
        var talk = TalkAsync(socket, stop.Token);
        for (var number = 1; number <= Deployments; number++)
        {
            var result = await ohana.DeployAsync(await FleetAsync(number));
            Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
            Assert.Equal($"{number}", await kept.GetStringAsync("https://photos.ohana-matrix.xyz/"));
        }
        await stop.CancelAsync();
        var (said, closed) = await talk;
        var ended = await Task.WhenAll(loads);
        await ohana.DeployAsync(await OhanaFixture.DeclareAsync());

        output.WriteLine($"{Deployments} deployments: {string.Join(" and ", ended.Select(e => $"{e.Succeeded} answered, {e.Failures.Count} failed"))}; the WebSocket said {said} words back{(closed is null ? "" : $", then {closed}")}");
        foreach (var failure in ended.SelectMany(e => e.Failures).GroupBy(f => f))
            output.WriteLine($"{failure.Count()} times {failure.Key}");
        Assert.All(ended, e => Assert.True(e.Succeeded > 100));
        Assert.Empty(ended[0].Failures);
        Assert.InRange(ended[1].Failures.Count, 0, ended[1].Succeeded / 1000);
    }

    private async Task<SslStream> OpenAsync()
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync("127.0.0.1", ohana.Https);
        var stream = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, MachineClient.Trusting(ohana.Certificate));
        await stream.AuthenticateAsClientAsync("echo.ohana-matrix.xyz");
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

    private static async Task<(int Succeeded, List<string> Failures)> LoadAsync(HttpClient client, CancellationToken stop)
    {
        var (succeeded, failures) = (0, new List<string>());
        // Bounded: at most some four minutes.
        for (var request = 0; request < 12_000 && !stop.IsCancellationRequested; request++)
        {
            try
            {
                using var answer = await client.GetAsync("https://photos.ohana-matrix.xyz/", CancellationToken.None);
                if (answer.IsSuccessStatusCode) succeeded++;
                else failures.Add(answer.StatusCode.ToString());
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                failures.Add(error.InnerException?.Message ?? error.Message);
            }
            await Task.Delay(20, CancellationToken.None);
        }
        return (succeeded, failures);
    }
}
