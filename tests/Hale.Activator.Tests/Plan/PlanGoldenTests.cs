using System.Text;
using Hale.Activator.Plan;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Plan;

public sealed class PlanGoldenTests
{
    private static readonly SystemManifest Ohana = Of(Unit("caddy.service"), Unit("synapse.service"), Loose("backup@.service")) with
    {
        Revision = "c0ffee1",
        Files = [Etc("/etc/caddy/Caddyfile"), Etc("/etc/sysusers.d/hale.conf"), Etc("/etc/tmpfiles.d/hale.conf")],
        Secrets = [new() { Name = "matrix/token" }, new() { Name = "matrix/invite", Origin = SecretOrigin.Provided }],
        Ports = ["443/tcp", "80/tcp"],
        Packages = new Dictionary<string, string> { ["caddy/caddy"] = "2.6.2-12", ["matrix/synapse"] = "1.160-1" },
    };

    private static IEnumerable<(string Case, SystemManifest? Old, SystemManifest New)> Cases()
    {
        var caddy = Unit("caddy.service") with { ReloadTriggers = [StorePath("caddy.json")], RestartTriggers = [StorePath("caddy-env")] };
        yield return ("the first activation", null, Ohana);
        yield return ("the same system", Ohana, Ohana with { });
        yield return ("only the revision differs", Ohana, Ohana with { Revision = "c0ffee2" });
        yield return ("one unit file changed", Ohana, Ohana with { Units = [Unit("caddy.service", 2), .. Ohana.Units.Where(u => u.Name != "caddy.service")] });
        yield return ("a unit is new, another gone", Of(Unit("a.service")), Of(Unit("b.service")));
        yield return ("a new unit that nothing wants", Of(), Of(Loose("job.service")));
        yield return ("everything goes", Ohana, Of());
        yield return ("a reload trigger changed", Of(caddy), Of(caddy with { ReloadTriggers = [StorePath("caddy.json", 2)] }));
        yield return ("a restart trigger changed too", Of(caddy), Of(caddy with { ReloadTriggers = [StorePath("caddy.json", 2)], RestartTriggers = [StorePath("caddy-env", 2)] }));
        yield return ("a trigger went", Of(caddy), Of(caddy with { RestartTriggers = [] }));
        yield return ("each way to change", Ways(1), Ways(2));
        yield return ("reload, never restart, of a unit that is kept", Of(caddy with { OnChange = OnChange.Keep }),
            Of(caddy with { OnChange = OnChange.Keep, ReloadTriggers = [StorePath("caddy.json", 2)] }));
        yield return ("a template", Of(Loose("worker@.service")), Of(Loose("worker@.service", 2)));
        yield return ("a template goes", Of(Loose("worker@.service")), Of());
        yield return ("a socket, its service on demand", Of(Unit("web.socket"), Loose("web.service")), Of(Unit("web.socket", 2), Loose("web.service")));
        yield return ("a socket, its service wanted too", Of(Unit("web.socket"), Unit("web.service")), Of(Unit("web.socket", 2), Unit("web.service", 2)));
        yield return ("a socket without a service here", Of(Unit("web.socket")), Of(Unit("web.socket", 2)));
        yield return ("the service of a socket", Of(Unit("web.socket"), Loose("web.service")), Of(Unit("web.socket"), Loose("web.service", 2)));
        yield return ("a timer and its job", Of(Unit("backup.timer"), Loose("backup.service")), Of(Unit("backup.timer", 2), Loose("backup.service", 2)));
        yield return ("a path unit", Of(Unit("drop.path")), Of(Unit("drop.path", 2)));
        yield return ("a mount and an automount", Of(Unit("srv-media.mount"), Unit("srv-data.automount")), Of(Unit("srv-media.mount", 2), Unit("srv-data.automount", 2)));
        yield return ("a target", Of(Unit("hale.target")), Of(Unit("hale.target", 2)));
        yield return ("a slice changes, another goes", Of(Loose("hale.slice"), Loose("old.slice")), Of(Loose("hale.slice", 2)));
        yield return ("a service moves from a slice that goes to a new one, another stays in one that changes",
            Of(Loose("past.slice"), Loose("wide.slice"), Unit("moved.service"), Unit("stays.service")),
            Of(Loose("new.slice"), Loose("wide.slice", 2), Unit("moved.service", 2), Unit("stays.service")));
        yield return ("a swap", Of(Unit("swapfile.swap"), Unit("old.swap")), Of(Unit("swapfile.swap", 2), Unit("new.swap")));
        yield return ("newly wanted", Of(Loose("job.service")), Of(Unit("job.service")));
        yield return ("wanted by another target", Of(Unit("job.service")), Of(Unit("job.service") with { WantedBy = ["hale.target"] }));
        yield return ("no longer wanted", Of(Unit("job.service")), Of(Loose("job.service")));
        yield return ("users and folders", Ohana, Ohana with
        {
            Files = [Etc("/etc/caddy/Caddyfile"), Etc("/etc/sysusers.d/hale.conf", 2), Etc("/etc/tmpfiles.d/hale.conf", 2)],
        });
        yield return ("files come, change and go; a drop-in makes systemd read anew",
            Of() with { Files = [Etc("/etc/a"), Etc("/etc/b")] },
            Of() with { Files = [Etc("/etc/b", 2), Etc("/etc/c"), Etc("/etc/systemd/system/ssh.service.d/hale.conf")] });
        yield return ("ports, packages and secrets", Ohana, Ohana with
        {
            Ports = ["443/tcp", "8448/tcp"],
            Packages = new Dictionary<string, string> { ["caddy/caddy"] = "2.6.2-13", ["element/web"] = "1.12" },
            Secrets = [.. Ohana.Secrets, new() { Name = "new/made" }, new() { Name = "new/given", Origin = SecretOrigin.Provided }],
        });
        yield return ("order of execution", Order(1), Order(2) with { Units = [.. Order(2).Units.Where(u => u.Name != "e-stop.service"), Unit("f-new.service")] });
    }

    private static SystemManifest Ways(int version) =>
        Of([.. Enum.GetValues<OnChange>().Select(way => Unit($"on-{way.ToString().ToLowerInvariant()}.service", version) with { OnChange = way })]);

    private static SystemManifest Order(int version) => Of(
        Unit("a-stopstart.service", version) with { OnChange = OnChange.StopStart },
        Unit("b-restart.service", version),
        Unit("c-reload.service", version) with { OnChange = OnChange.Reload },
        Unit("d-keep.service", version) with { OnChange = OnChange.Keep },
        Unit("e-stop.service", version));

    [Fact]
    public void Plans_read_as_their_golden_says()
    {
        var text = new StringBuilder();
        foreach (var (name, old, @new) in Cases())
            text.Append($"## {name}\n{string.Join('\n', PlanText.Lines(Planner.Plan(old, @new)))}\n\n");
        Golden.Equal("plans.txt", text.ToString());
    }

    [Fact]
    public void The_same_manifest_read_twice_plans_nothing() =>
        Assert.True(Planner.Plan(Ohana, Ohana with { Units = [.. Ohana.Units], Files = [.. Ohana.Files], Secrets = [.. Ohana.Secrets] }).IsEmpty);

    [Fact]
    public void A_plan_survives_its_json() =>
        Assert.All(Cases(), c =>
        {
            var plan = Planner.Plan(c.Old, c.New);
            var line = System.Text.Json.JsonSerializer.Serialize(new PlanEvent(plan), EventJson.Default.ActivationEvent);
            Assert.DoesNotContain('\n', line);
            var read = Assert.IsType<PlanEvent>(System.Text.Json.JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent));
            Assert.Equal(PlanText.Lines(plan), PlanText.Lines(read.Plan));
        });
}
