using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Store.Closure;

namespace Hale.Operator.Tests.Deploy;

public sealed class PlanTests
{
    private const string Old = "/nix/store/00000000000000000000000000000000-", New = "/nix/store/11111111111111111111111111111111-";

    private static readonly string Long = string.Concat(Enumerable.Range(1, 60).Select(number => $"host{number}.example.org\n"));

    private static readonly ActivationPlan Plan = new()
    {
        Host = "ohana",
        OldRevision = "c0ffee1",
        NewRevision = "c0ffee2-dirty",
        Packages = [new("caddy/caddy", "2.6.2-12", "2.6.2-13")],
        Files = [new("/etc/caddy/Caddyfile", Change.Changed), new("/etc/hosts.list", Change.Changed), new("/etc/motd", Change.Added)],
        PortsOpened = ["8448/tcp"],
        PortsClosed = ["80/tcp"],
        SecretsChanged = ["matrix/token"],
        Units = [new("caddy.service", UnitAction.Reload, UnitReason.ReloadTriggerChanged, "Caddyfile"), new("synapse.service", UnitAction.Restart, UnitReason.FileChanged)],
        Detail = new PlanDetail
        {
            OldSystem = $"{Old}hale-system-ohana",
            NewSystem = $"{New}hale-system-ohana",
            OldGeneration = 3,
            OldSize = 812_300_000,
            NewSize = 815_100_000,
            Paths = 41,
            MissingPaths = 3,
            MissingBytes = 12_400_000,
            Interruption = new() { Restarted = ["synapse.service"], Reloaded = ["caddy.service"], Waited = ["hook.service"], Stopped = ["old.service"] },
            Differences = [.. TextDifferences.Between(
                new Dictionary<string, string>
                {
                    ["/etc/caddy/Caddyfile"] = $"example.org {{\n    root {Old}site/public\n    log\n}}\n",
                    ["/etc/hosts.list"] = "",
                    ["/etc/systemd/system/synapse.service"] = $"[Service]\nExecStart={Old}synapse/bin/synapse\nNice=5\n",
                    ["/etc/systemd/system/other.service"] = $"[Service]\nExecStart={Old}other/bin/other\n",
                },
                new Dictionary<string, string>
                {
                    ["/etc/caddy/Caddyfile"] = $"example.org {{\n    root {New}site/public\n    encode zstd\n    log\n}}\n",
                    ["/etc/hosts.list"] = Long,
                    ["/etc/motd"] = "Aloha\n",
                    ["/etc/systemd/system/synapse.service"] = $"[Service]\nExecStart={New}synapse/bin/synapse\nNice=10\n",
                    ["/etc/systemd/system/other.service"] = $"[Service]\nExecStart={New}other/bin/other\n",
                })],
        },
    };

    [Theory]
    [InlineData(Detail.Usual, "plan.txt")]
    [InlineData(Detail.Differences, "plan-diff.txt")]
    public void A_plan_is_readable(Detail detail, string golden)
    {
        using var output = new StringWriter { NewLine = "\n" };
        new PlainReporter(output, detail).Report(new FromMachine("ohana", new PlanEvent(Plan)));
        Golden.Matches(golden, output.ToString());
    }

    [Fact]
    public void A_plan_as_json_has_every_line()
    {
        using var output = new StringWriter { NewLine = "\n" };
        new JsonReporter(output).Report(new FromMachine("ohana", new PlanEvent(Plan)));
        Assert.Contains("+host60.example.org", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"missingBytes\":12400000", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"restarted\":[\"synapse.service\"]", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_nothing_is_deployed_without_yes()
    {
        foreach (var args in new string[][] { ["deploy", "one"], ["deploy", "--json"], ["deploy", "-q"] })
        {
            var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Hello())), args);
            Assert.Equal(2, run.Exit);
            Assert.Contains("Say --yes", run.Out + run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--mode", "boot")]
    [InlineData("--confirm", "0")]
    [InlineData("--no-rollback", "-y")]
    public async Task Together_needs_hosts_that_can_go_back(string option, string value)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Hello())), ["deploy", "one", "--yes", "--together", option, value]);
        Assert.Equal(2, run.Exit);
        Assert.Contains("--together goes back", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_hosts_each_line_has_its_name_and_json_too()
    {
        OperatorEvent[] events =
        [
            new WorkEnded("copy 2 paths to web", true, 0.5, "20 kB"),
            new FromMachine("web", new CheckEvent("Caddy answers", "caddy.service", Progress.Done, 1.5)),
            new FromMachine("web", new CheckEvent("Synapse answers", "synapse.service", Progress.Failed, 2, "status 502, expected 200")),
            new Warned("The clock is wrong.", "Mend it."),
        ];
        using var lines = new StringWriter { NewLine = "\n" };
        using var json = new StringWriter { NewLine = "\n" };
        foreach (var reporter in (IReporter[])[new HostReporter(new PlainReporter(lines), "web"), new HostReporter(new JsonReporter(json), "web")])
            foreach (var happened in events)
                reporter.Report(happened);
        Golden.Matches("events-of-hosts.txt", lines.ToString());
        Assert.All(json.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains("\"host\":\"web\"", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_a_terminal_each_host_has_a_line_with_what_it_does()
    {
        using var written = new StringWriter { NewLine = "\n" };
        var output = TextWriter.Synchronized(written);
        await using var reporter = new LiveReporter(output, Detail.Usual, color: false);
        foreach (var host in (string[])["web", "db"])
        {
            reporter.Report(new OfHost(host, new WorkBegan($"copy 2 paths to {host}")));
            reporter.Report(new OfHost(host, new FromMachine(host, new CheckEvent("Caddy answers", "caddy.service", Progress.Started))));
        }

        // Drawn ten times a second, on a computer that has time for it.
        for (var patience = 0; !Shows("web") || !Shows("db"); patience++)
        {
            Assert.True(patience < 300, Shown());
            await Task.Delay(100);
        }

        string Shown()
        {
            lock (output)
                return written.ToString();
        }

        bool Shows(string host) => Shown().Contains($"{host}: waiting until Caddy answers", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, "| web: copy 2 paths to web  1.2 MB of 3 MB  00:01:02")]
    [InlineData(45, "| web: copy 2 paths to web  00:01:02")]
    [InlineData(30, "| web: copy 2 paths…  00:01:02")]
    [InlineData(24, "| web: copy 2…  00:01:02")]
    [InlineData(20, "| web: copy 2 paths…")]
    [InlineData(3, "| …")]
    [InlineData(0, "| ")]
    public void A_live_line_has_room_on_any_terminal(int width, string line)
    {
        var shown = LiveLine.Fit("|", "web: copy 2 paths to web", "1.2 MB of 3 MB", new TimeSpan(0, 1, 2), width);
        Assert.Equal(line, shown);
        Assert.True(shown.Length <= Math.Max(2, width));
    }

    [Fact]
    public async Task All_hosts_stay_or_none()
    {
        var ballot = new Ballot(2);
        var (one, other) = (ballot.Join(), ballot.Join());
        one.Yes();
        one.Yes();
        Assert.False(ballot.Verdict.IsCompleted);
        other.Yes();
        Assert.True(await ballot.Verdict);

        var broken = new Ballot(2);
        broken.Join().No();
        broken.Join().Yes();
        Assert.False(await broken.Verdict);
    }
}
