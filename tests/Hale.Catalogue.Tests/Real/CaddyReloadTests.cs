using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Hale.Catalogue.Tests;

/// <summary>
/// Reloads of Debian's Caddy under load. Whether any connection is lost depends on a setting of the kernel and on rules of its packet filter,
/// which the module makes; the test therefore runs itself again in a network namespace that has them, and leaves the computer's own alone.
/// </summary>
public sealed class CaddyReloadTests
{
    private const string Name = "www.example.org";
    private const string OwnNetwork = "HALE_TEST_OWN_NETWORK";

    /// <summary>What a client has from connecting to its request, a little of it lost on the way to the kernel.</summary>
    private static readonly TimeSpan Promised = 0.8 * TimeSpan.FromSeconds(double.Parse(ReloadHold.Pause, CultureInfo.InvariantCulture));

    [DebianFact]
    public async Task A_reload_under_load_changes_the_site_and_loses_no_connection()
    {
        if (Environment.GetEnvironmentVariable(OwnNetwork) is null)
        {
            RunInANetworkOfItsOwn();
            return;
        }
        using var upstream = new Upstream();
        using var caddy = await RunningCaddy.StartAsync(CaddyServesTests.Site(new VirtualHost(Name)
        {
            Routes = [new ReverseProxy(upstream.Address) { Paths = ["/app/*"] }, new Respond(200, "before")],
        }));
        using var enough = new CancellationTokenSource();
        var statuses = new ConcurrentBag<int>();
        var tooLate = 0;
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
                try
                {
                    statuses.Add((await caddy.Https.GetAsync(Name, "/app/x")).Status);
                }
                catch (UnansweredException late) when (late.Asking > Promised)
                {
                    // On a computer this busy, a client that took longer to ask than it has.
                    Interlocked.Increment(ref tooLate);
                }
        })).ToList();

        for (var (i, clock) = (0, Stopwatch.StartNew()); i < 5 || (statuses.Count < 100 && clock.Elapsed < TimeSpan.FromMinutes(1)); i++)
        {
            var reload = caddy.Reload(CaddyServesTests.Site(new VirtualHost(Name)
            {
                Routes = [new ReverseProxy(upstream.Address) { Paths = ["/app/*"] }, new Respond(200, $"after {i}")],
            }));
            Assert.True(reload.ExitCode == 0, reload.Output + caddy.Output);
            Assert.Equal($"after {i}", (await caddy.Https.GetAsync(Name, "/")).Body);
            // A connection that is held back asks again after 1, 2, 4 seconds: where reloads follow at once, it could meet each of them.
            await Task.Delay(1_200);
        }
        await enough.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(statuses.Count >= 100, $"only {statuses.Count} requests");
        Assert.All(statuses, status => Assert.Equal(200, status));
        Console.WriteLine($"{statuses.Count} connections were answered, {tooLate} asked too late");
    }

    private static void RunInANetworkOfItsOwn()
    {
        var file = Assert.Single(Fleets.Evaluate(new Caddy { LocalAuthority = true }).Single().Files, file => file.Path == "/etc/sysctl.d/60-caddy.conf");
        var setting = ((TextFile)file.Content).Content.ToString().TrimStart('-').TrimEnd('\n').Split(" = ");
        var start = new ProcessStartInfo("unshare",
        [
            "--net", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--map-root-user"], "sh", "-c",
            "ip link set lo up && echo \"$2\" > \"/proc/sys/$1\" && exec dotnet vstest \"$0\" --TestCaseFilter:FullyQualifiedName~CaddyReloadTests",
            typeof(CaddyReloadTests).Assembly.Location, setting[0].Replace('.', '/'), setting[1],
        ])
        {
            RedirectStandardOutput = true,
            Environment = { [OwnNetwork] = "1" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("Passed", output, StringComparison.Ordinal);
    }
}
