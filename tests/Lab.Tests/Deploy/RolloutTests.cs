using System.Text.Json;
using Hale.Declare;
using Hale.Operator;
using Hale.Operator.Deploy;
using Hale.Store.Local;

namespace Lab.Tests.Deploy;

/// <summary>Several hosts at one time, and a plan that somebody agrees to; through the front door.</summary>
public sealed class RolloutTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-rollout-");

    public void Dispose() => folder.Delete(recursive: true);

    [LabFact]
    public async Task Hosts_are_deployed_side_by_side_and_together_all_or_none_switches()
    {
        await using var lab = await LabFixture.StartAsync();
        var booting = new[] { "web", "db" }.Select(name => lab.BootAsync(name)).ToList();
        var (web, db) = (await booting[0], await booting[1]);
        await Task.WhenAll(web.WaitForBootAsync(), db.WaitForBootAsync());
        (Hale.Lab.Machine, Module)[] Both(string note, string command = "/bin/sleep infinity") =>
            [(web, new Waiter("web") { Note = note }), (db, new Waiter("db", command) { Note = note })];

        // A machine that cannot be had ends a deployment of all or none before the others are built, which may take minutes.
        using (var away = new CountingRelay(DeployBench.Target(db), connections: 0))
        {
            var own = folder.CreateSubdirectory("cache").FullName;
            var lost = await HaleAsync(Both("first"), "deploy --all --yes --together", targetOf: host => host.Name == "db" ? away.Target : null, cache: own);
            Assert.True(lost.Exit == 5, lost.ToString());
            Assert.Contains("db failed, and web goes together with it: nothing was copied to it.", lost.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(own, "*-hale-system-*", SearchOption.AllDirectories));
        }

        Assert.Equal(0, (await HaleAsync(Both("first"), "build")).Exit);

        // The plan of bare machines; the same bytes whoever asks for it.
        var plan = await HaleAsync(Both("first"), "plan --all --diff");
        Assert.Equal(plan, await HaleAsync(Both("first"), "deploy --all --dry-run --diff"));
        Assert.Equal((0, ""), (plan.Exit, plan.Error));
        Assert.Contains("web: first activation", plan.Out, StringComparison.Ordinal);
        Assert.Contains("+Description=web first", plan.Out, StringComparison.Ordinal);
        Assert.Contains("store paths are copied", plan.Out, StringComparison.Ordinal);
        Assert.Equal(2, (await HaleAsync(Both("first"), "deploy --all")).Exit);
        Assert.Equal("", await web.SucceedAsync("ls /nix/store 2>/dev/null || true"));

        // One fails; the other is deployed all the same.
        var one = await HaleAsync(Both("first", "/bin/false"), "deploy --all --yes");
        Assert.Equal(3, one.Exit);
        Assert.Contains("web: ✓", one.Out, StringComparison.Ordinal);
        Assert.Contains("web: generation 1 is running\n", one.Out, StringComparison.Ordinal);
        Assert.EndsWith("2 hosts: 1 as declared; not db (3)\n", one.Error, StringComparison.Ordinal);
        var rest = await HaleAsync(Both("first"), "deploy --all --yes");
        Assert.True(rest.Exit == 0, rest.ToString());
        Assert.Contains("web: nothing to do", rest.Out, StringComparison.Ordinal);

        // What the running system says otherwise, line by line, and who does not answer meanwhile.
        var change = await HaleAsync(Both("second"), "plan web");
        Assert.Equal(change, await HaleAsync(Both("second"), "deploy web --dry-run"));
        Assert.Contains("web: after generation 1", change.Out, StringComparison.Ordinal);
        Assert.Contains("  interrupted while restarting: web.service\n", change.Out, StringComparison.Ordinal);
        Assert.Contains("    -Description=web first\n    +Description=web second\n", change.Out, StringComparison.Ordinal);
        var detail = JsonDocument.Parse((await HaleAsync(Both("second"), "plan web --json")).Out.Split('\n')
            .Single(line => line.Contains("\"plan\"", StringComparison.Ordinal))).RootElement.GetProperty("plan").GetProperty("detail");
        Assert.True(detail.GetProperty("missingBytes").GetInt64() > 0);
        Assert.Equal(1, detail.GetProperty("oldGeneration").GetInt32());

        // Together: the one that holds goes back with the one that does not.
        var together = await HaleAsync(Both("second", "/bin/false"), "deploy --all --yes --together");
        Assert.Equal(3, together.Exit);
        Assert.Contains("web: failed, and is back in generation 1", together.Error, StringComparison.Ordinal);
        Assert.Contains("db: failed, and is back in generation", together.Error, StringComparison.Ordinal);
        Assert.Contains("this one goes back with it", together.Error, StringComparison.Ordinal);
        await web.SucceedAsync("grep 'web first' /etc/systemd/system/web.service; systemctl is-active web");
        await db.SucceedAsync("grep 'db first' /etc/systemd/system/db.service; systemctl is-active db");
        var well = await HaleAsync(Both("second"), "deploy --all --yes --together");
        Assert.True(well.Exit == 0, well.ToString());
        Assert.Contains("2 hosts: 2 as declared", well.Out, StringComparison.Ordinal);
        await web.SucceedAsync("grep 'web second' /etc/systemd/system/web.service");
        await db.SucceedAsync("grep 'db second' /etc/systemd/system/db.service");

        // Asked, and somebody else deploys before the answer.
        var asked = new Asked(() => true);
        Assert.Equal(0, (await HaleAsync(Both("third"), "deploy --all", asked)).Exit);
        Assert.Equal(["Deploy to web and db?"], asked.Questions);
        Assert.Equal(1, (await HaleAsync(Both("fourth"), "deploy web", new Asked(() => false))).Exit);
        await web.SucceedAsync("grep 'web third' /etc/systemd/system/web.service");
        var late = await HaleAsync(Both("fourth"), "deploy web", new Asked(() =>
            HaleAsync(Both("fifth"), "deploy web --yes").GetAwaiter().GetResult().Exit == 0));
        Assert.Equal(1, late.Exit);
        Assert.Contains("The machine runs another system than the one that the plan was made for", late.Error, StringComparison.Ordinal);
        await web.SucceedAsync("grep 'web fifth' /etc/systemd/system/web.service");

        // Together, and one is lost between its last hold and its confirmation, when the other is committed already: that one goes back too.
        using (var relay = new CountingRelay(DeployBench.Target(db), connections: 2))
        {
            var lost = await HaleAsync(Both("sixth"), "deploy --all --yes --together --confirm 8", targetOf: host => host.Name == "db" ? relay.Target : null);
            Assert.True(lost.Exit == 3, lost.ToString());
            Assert.Contains("db failed, and web goes together with it", lost.Error, StringComparison.Ordinal);
        }
        await web.SucceedAsync("grep 'web fifth' /etc/systemd/system/web.service; systemctl is-active web");
        await db.SucceedAsync("grep 'db third' /etc/systemd/system/db.service; systemctl is-active db; test ! -e /var/lib/hale/journal.json");
        Assert.Equal("activate\nrollback\n", await web.SucceedAsync("tail -n 2 /var/lib/hale/history.jsonl | sed 's/.*\"verb\":\"\\([a-z]*\\)\".*/\\1/'"));

        // Together, and one is lost before it is healthy: the other does not wait until it is known what that one came to.
        using (var relay = new CountingRelay(DeployBench.Target(db), connections: 1))
        using (var stop = new CancellationTokenSource())
        {
            const string here = "readlink /run/hale/system";
            var (webs, dbs) = (await web.SucceedAsync(here), (await db.SucceedAsync(here)).Trim());
            var lost = HaleAsync(Both("seventh"), "deploy --all --yes --together --confirm 6", targetOf: host => host.Name == "db" ? relay.Target : null, cancellation: stop.Token);
            await db.SucceedAsync($"for i in $(seq 600); do test $({here}) != {dbs} && exit; sleep 0.1; done; exit 1", timeout: TimeSpan.FromSeconds(120));
            relay.Cut();
            await web.SucceedAsync("for i in $(seq 400); do tail -n 1 /var/lib/hale/history.jsonl | grep -q 'another host failed\\|to another host' && exit; sleep 0.1; done; exit 1");
            Assert.Equal(webs, await web.SucceedAsync(here));
            await stop.CancelAsync();
            Assert.Equal(130, (await lost).Exit);
            await db.SucceedAsync("for i in $(seq 500); do test ! -e /var/lib/hale/journal.json && exit; sleep 0.1; done; exit 1");
            Assert.Equal(dbs, (await db.SucceedAsync(here)).Trim());
        }
    }

    private async Task<(int Exit, string Out, string Error)> HaleAsync((Hale.Lab.Machine Machine, Module Module)[] hosts, string line, IPrompt? prompt = null, Func<Host, SshTarget?>? targetOf = null, string? cache = null, CancellationToken cancellation = default)
    {
        var fleet = new Fleet("example.org");
        var machines = new Dictionary<string, Hale.Lab.Machine>();
        foreach (var (machine, module) in hosts)
        {
            var host = new Host(((Waiter)module).Label);
            host.Modules.Add(module);
            fleet.Hosts.Add(host);
            machines[host.Name] = machine;
        }
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var context = new VerbContext
        {
            Fleet = fleet,
            FleetFile = Path.Combine(folder.FullName, "fleet.cs"),
            TargetOf = host => targetOf?.Invoke(host) ?? DeployBench.Target(machines[host.Name]),
            Surroundings = Surroundings.OfProcess() with
            {
                Out = output,
                Error = error,
                IsTerminal = false,
                Color = false,
                WorkingDirectory = folder.FullName,
                CacheFolder = cache ?? LocalStore.DefaultFolder(),
                Who = "tester@here",
                Prompt = prompt,
            },
        };
        var exit = await HaleCommand.RunAsync(line.Split(' '), context, cancellation);
        return (exit, output.ToString(), error.ToString());
    }

    private sealed class Asked(Func<bool> answer) : IPrompt
    {
        public List<string> Questions { get; } = [];

        public string? Hidden(string question) => null;

        public bool Confirm(string question)
        {
            Questions.Add(question);
            return answer();
        }
    }
}
