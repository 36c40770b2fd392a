using System.Text;
using System.Text.Json;
using Hale.Activator.Commands;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Staging.SealedMachine;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Staging;

public sealed class StagingTests : IDisposable
{
    private const UnixFileMode Root = (UnixFileMode)0b100_000_000;
    private readonly SealedMachine _sealed = new();

    private TestMachine Machine => _sealed.Machine;

    /// <summary>A unit for each way to use a secret, and one that uses none.</summary>
    private SystemManifest System(string folder, params ManifestSecret[] more) => Of(
        Unit("handed.service") with { Secrets = ["bot/token"] },
        Unit("filled.service") with { Secrets = ["rendered/bot.env"] },
        Unit("listed.service"), Unit("reloaded.service"), Unit("other.service") with { Secrets = ["db"] },
        Unit("kept.service") with { Secrets = ["bot/token"], OnChange = OnChange.Keep },
        Loose("off.service") with { Secrets = ["bot/token"] }) with
    {
        Sealed = folder,
        Secrets =
        [
            Provided("bot/token") with { Restart = ["listed.service"], Reload = ["reloaded.service", "listed.service"] },
            Provided("db"), new() { Name = "made" }, .. more,
        ],
        Templates = [_sealed.Template("bot.env", "TOKEN={{secret:bot/token}}\n", TemplateFormat.Environment)],
    };

    private SystemManifest System(int version, string token = "one") =>
        System(_sealed.Seal(version, ("s.yaml", $"bot:\n    token: {token}\ndb: postgres\n")));

    [Fact]
    public void All_that_is_secret_is_staged_for_those_who_may_read_it()
    {
        Machine.Write("/etc/passwd", "root:x:0:0:::\nbot:x:1234:55:::\n");
        Machine.Write("/etc/group", "root:x:0:\nbots:x:55:\n");
        var folder = _sealed.Seal(1, ("s.yaml", "bot:\n    token: one\ndb: postgres\n"), ("all.env", "A=1\nB=2\n"), ("raw.bin", "bytes"));
        var system = System(
            folder,
            new() { Name = "whole", Origin = SecretOrigin.Provided, File = "all.env" }, new() { Name = "raw", Origin = SecretOrigin.Provided, File = "raw.bin" },
            Provided("shared", "db") with { Owner = "bot", Group = "bots", Mode = "0440", Link = "/srv/bot/token" });

        Assert.Equal(Outcome.Done, Machine.Activate(Machine.Put("one", system)).Outcome);
        Assert.Equal("/run/secrets.d/1", Machine.Files.Target("/run/secrets"));
        Assert.Equal(folder, Machine.Files.Target("/etc/hale/secrets"));
        Assert.Equal(
            ("one", "postgres", "A=1\nB=2\n", "bytes", "TOKEN=\"one\"\n"),
            (_sealed.Staged("bot/token"), _sealed.Staged("db"), _sealed.Staged("whole"), _sealed.Staged("raw"), _sealed.Staged("rendered/bot.env")));
        Assert.Equal(Machine.Read("/var/lib/hale/secrets/made"), _sealed.Staged("made"));
        Assert.Equal(Root, File.GetUnixFileMode(Machine.At("/run/secrets.d/1/bot/token")));
        Assert.Equal((UnixFileMode)0b111_101_001, File.GetUnixFileMode(Machine.At("/run/secrets.d/1/bot")));
        Assert.Equal("/run/secrets/shared", Machine.Files.Target("/srv/bot/token"));
        if (Environment.IsPrivilegedProcess)
            Assert.True(Hale.Activator.Machine.PathStat.Of(Machine.At("/run/secrets.d/1/shared")) is { Bits: 0b100_100_000, User: 1234, Group: 55 });
    }

    [Fact]
    public void A_changed_secret_restarts_or_reloads_its_users_and_nobody_else()
    {
        Machine.Activate(Machine.Put("one", System(1)));
        Machine.Systemd.Units["kept.service"] = Machine.Systemd.Units["other.service"];
        Machine.Systemd.Calls.Clear();
        Machine.Events.Clear();

        Assert.Equal((Outcome.Done, 2), (Machine.Activate(Machine.Put("two", System(2, "two"))) is var r ? r.Outcome : default, r.Generation));
        Assert.Equal(["reload reloaded.service", "restart filled.service handed.service listed.service"], Machine.Systemd.Calls);
        var plan = Machine.Events.OfType<PlanEvent>().Single().Plan;
        Assert.Equal(["bot/token", "rendered/bot.env"], plan.SecretsChanged);
        Assert.Contains("  ~ unit    restart handed.service (secret bot/token changed)", PlanText.Lines(plan));
        Assert.Contains("  ~ unit    keep kept.service (secret bot/token changed)", PlanText.Lines(plan));
        Assert.Contains("  ~ secret  bot/token", PlanText.Lines(plan));
        Assert.Equal("two", _sealed.Staged("bot/token"));
        Assert.Equal(["2"], Machine.Files.Names("/run/secrets.d"));
    }

    [Fact]
    public void The_same_values_encrypted_anew_touch_nobody_and_stage_nothing()
    {
        Machine.Activate(Machine.Put("one", System(1)));
        Machine.Systemd.Calls.Clear();
        var two = System(2);
        Machine.Activate(Machine.Put("two", two));

        Assert.Empty(Machine.Systemd.Calls);
        Assert.Equal("/run/secrets.d/1", Machine.Files.Target("/run/secrets"));
        Assert.Equal(two.Sealed, Machine.Files.Target("/etc/hale/secrets"));
    }

    [Fact]
    public void Another_mode_or_link_alone_is_applied_and_restarts_nobody()
    {
        var one = System(1);
        Machine.Activate(Machine.Put("one", one with { Secrets = [.. one.Secrets.Select(s => s.Name == "db" ? s with { Link = "/srv/db" } : s)] }));
        Machine.Systemd.Calls.Clear();
        Machine.Activate(Machine.Put("two", one with { Secrets = [.. one.Secrets.Select(s => s.Name == "db" ? s with { Mode = "0440", Link = "/srv/db2" } : s)] }));

        Assert.Empty(Machine.Systemd.Calls);
        Assert.Equal((UnixFileMode)0b100_100_000, File.GetUnixFileMode(Machine.At("/run/secrets.d/2/db")));
        Assert.False(Machine.Files.Exists("/srv/db"));
        Assert.Equal("/run/secrets/db", Machine.Files.Target("/srv/db2"));
    }

    [Fact]
    public void A_rollback_keeps_todays_secrets_and_says_so_and_the_next_deploy_brings_its_own()
    {
        var (one, two) = (Machine.Put("one", System(1)), Machine.Put("two", System(2, "two") with { Revision = "b" }));
        Machine.Activate(one);
        Machine.Activate(two);
        Machine.Systemd.Calls.Clear();
        Machine.Events.Clear();

        Assert.Equal((Outcome.Done, 1), (Machine.GoTo(1) is var r ? r.Outcome : default, r.Generation));
        Assert.Equal("two", _sealed.Staged("bot/token"));
        Assert.Empty(Machine.Systemd.Calls);
        Assert.Contains(Machine.Events.OfType<WarningEvent>(), w => w.Message == "Generation 1 runs with today's secrets.");
        Assert.Equal(Outcome.Nothing, Machine.GoTo(1).Outcome);

        Assert.Equal((Outcome.Done, 3), (Machine.Activate(one) is var d ? d.Outcome : default, d.Generation));
        Assert.Equal("one", _sealed.Staged("bot/token"));
        Assert.Contains("restart filled.service handed.service listed.service", Machine.Systemd.Calls);
        Assert.Equal(Outcome.Nothing, Machine.Activate(one).Outcome);
    }

    [Fact]
    public void A_rollback_to_a_system_whose_secret_today_no_longer_has_takes_the_one_it_came_with()
    {
        var one = Machine.Put("one", System(_sealed.Seal(1, ("s.yaml", "bot:\n    token: one\ndb: postgres\ngone: still\n")), Provided("gone")));
        Machine.Activate(one);
        Machine.Activate(Machine.Put("two", System(2, "two")));
        Machine.Events.Clear();

        Assert.Equal(Outcome.Done, Machine.GoTo(1).Outcome);
        Assert.Equal(("two", "still"), (_sealed.Staged("bot/token"), _sealed.Staged("gone")));
        Assert.Contains(Machine.Events.OfType<WarningEvent>(), w => w.Message.Contains("no longer have gone", StringComparison.Ordinal));
    }

    [Fact]
    public void Secrets_for_users_are_there_for_root_before_users_are_made()
    {
        var system = System(_sealed.Seal(1, ("s.yaml", "bot:\n    token: one\ndb: postgres\npassword: hash\n")), Provided("password") with { ForUsers = true }) with
        {
            Files = [Etc("/etc/sysusers.d/hale.conf")],
        };
        var seen = "";
        Machine.Systemd.Before = what => seen += what.StartsWith("sysusers", StringComparison.Ordinal)
            ? $"{Machine.Read(Machine.Files.Target("/run/secrets-for-users") + "/password")} {Machine.Files.Target("/run/secrets")}|" : "";
        Machine.Activate(Machine.Put("one", system));
        Assert.Equal("hash |", seen);
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Machine.At("/run/secrets-for-users.d/1")));

        Machine.Activate(Machine.Put("two", System(2)));
        Assert.False(Machine.Files.Exists("/run/secrets-for-users"));
        Assert.Empty(Machine.Files.Names("/run/secrets-for-users.d"));
    }

    [Theory]
    [InlineData("reread")]
    [InlineData("restart")]
    public void Killed_after_the_switch_the_users_of_what_changed_go_back_with_it(string call)
    {
        var two = System(2, "two");
        Machine.Activate(Machine.Put("one", System(1)));
        Machine.Systemd.Before = what => _ = what.StartsWith(call, StringComparison.Ordinal) ? throw new InvalidOperationException("killed") : 0;
        var system = Machine.Put("two", two with { Units = [.. two.Units, Unit("new.service")] });
        Assert.Throws<InvalidOperationException>(() => Machine.Activate(system));
        Machine.Systemd.Before = null;
        Machine.Systemd.Calls.Clear();

        Assert.Empty(Recover.Run(Machine.Context, ActivationJournal.Read(Machine.Files)!));
        Assert.Contains("restart filled.service handed.service listed.service", Machine.Systemd.Calls);
        Assert.Equal("one", _sealed.Staged("bot/token"));
    }

    [Fact]
    public void Killed_while_only_secrets_change_those_that_counted_come_back()
    {
        var (one, two) = (Machine.Put("one", System(1)), Machine.Put("two", System(2, "two") with { Revision = "b" }));
        Machine.Activate(one);
        Machine.Activate(two);
        Machine.GoTo(1);
        Machine.Systemd.Before = what => _ = what.StartsWith("restart", StringComparison.Ordinal) ? throw new InvalidOperationException("killed") : 0;
        Assert.Throws<InvalidOperationException>(() => Machine.Activate(one));
        Machine.Systemd.Before = null;

        Assert.Empty(Recover.Run(Machine.Context, ActivationJournal.Read(Machine.Files)!));
        Assert.Equal(1, Machine.Generations.Current()!.Number);
        Assert.Equal("two", _sealed.Staged("bot/token"));
    }

    [Fact]
    public void Taking_an_activation_back_brings_back_the_secrets_that_counted_before()
    {
        var (one, two) = (Machine.Put("one", System(1)), Machine.Put("two", System(2, "two")));
        Machine.Activate(one);
        var before = Machine.Files.Target("/etc/hale/secrets");
        Machine.Systemd.Before = what => _ = what.StartsWith("restart", StringComparison.Ordinal) ? throw new InvalidOperationException("killed") : 0;
        Assert.Throws<InvalidOperationException>(() => Machine.Activate(two));
        Machine.Systemd.Before = null;
        Assert.Equal("two", _sealed.Staged("bot/token"));

        Assert.Empty(Recover.Run(Machine.Context, ActivationJournal.Read(Machine.Files)!));
        Assert.Equal("one", _sealed.Staged("bot/token"));
        Assert.Equal(before, Machine.Files.Target("/etc/hale/secrets"));
    }

    [Fact]
    public void Killed_on_the_way_back_once_the_secrets_are_as_before_recovery_still_restarts_their_users()
    {
        Machine.Activate(Machine.Put("one", System(1)));
        Machine.Systemd.Broken.Add("listed.service");
        var restarts = 0;
        Machine.Systemd.Before = what =>
        {
            if (what.StartsWith("restart", StringComparison.Ordinal) && ++restarts == 2)
                throw new InvalidOperationException("killed");
        };
        var two = Machine.Put("two", System(2, "two") with { Revision = "b" });
        Assert.Throws<InvalidOperationException>(() => Machine.Activate(two));
        Assert.Equal("one", _sealed.Staged("bot/token"));
        Machine.Systemd.Before = null;
        Machine.Systemd.Broken.Clear();
        Machine.Systemd.Calls.Clear();

        Assert.Empty(Recover.Run(Machine.Context, ActivationJournal.Read(Machine.Files)!));
        Assert.Contains("restart filled.service handed.service", Machine.Systemd.Calls);
    }

    [Fact]
    public async Task A_plan_names_the_secrets_that_would_change_before_the_system_is_there()
    {
        Machine.Activate(Machine.Put("one", System(1)));
        var two = System(2, "two");
        var (file, template) = ($"{two.Sealed}/s.yaml", two.Templates[0].Path);
        var texts = new[] { file, template }.ToDictionary(path => path, Machine.Read);
        Directory.Delete(Machine.At(two.Sealed!), recursive: true);
        File.Delete(Machine.At(template));
        Directory.CreateDirectory(Machine.At("/run/hale"));
        var before = Machine.State();

        Assert.Equal(["bot/token", "rendered/bot.env"], (await PlanAsync(two, texts)).SecretsChanged);
        var blind = await PlanAsync(two, new Dictionary<string, string>());
        Assert.True(blind.SecretsUnknown);
        Assert.Contains("  ~ secrets (which ones, the machine can tell once it has the new files)", PlanText.Lines(blind));
        Assert.Equal(before, Machine.State());
    }

    private async Task<ActivationPlan> PlanAsync(SystemManifest manifest, IReadOnlyDictionary<string, string> texts)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.SystemManifest);
        using var input = new MemoryStream(new PlanInput(json, texts).ToBytes());
        using var output = new MemoryStream();
        Assert.Equal(0, await ActivatorCommand.RunAsync(["plan", "--manifest", "-", "--root", Machine.Root], input, output, TextWriter.Null));
        var events = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent)!).ToList();
        Assert.Empty(events.OfType<WarningEvent>());
        return Assert.Single(events.OfType<PlanEvent>()).Plan;
    }

    [Fact]
    public void A_system_without_secrets_leaves_none_behind()
    {
        Machine.Activate(Machine.Put("one", System(1)));
        Machine.Activate(Machine.Put("two", Of(Unit("a.service"))));
        Assert.False(Machine.Files.Exists("/run/secrets"));
        Assert.False(Machine.Files.Exists("/etc/hale/secrets"));
        Assert.Empty(Machine.Files.Names("/run/secrets.d"));
    }

    public void Dispose() => _sealed.Dispose();
}
