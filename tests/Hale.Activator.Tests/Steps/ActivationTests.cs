using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Steps;

public sealed class ActivationTests : IDisposable
{
    private readonly TestMachine _machine = new();

    private static SystemManifest One => Of(Unit("a.service"), Unit("b.service")) with
    {
        Files = [Etc("/etc/a/a.conf"), Etc("/etc/sysusers.d/hale.conf"), Etc("/etc/tmpfiles.d/hale.conf")],
        Secrets = [new() { Name = "matrix/token" }, new() { Name = "pin", Alphabet = "0123456789", Length = 6 }],
    };

    private static SystemManifest Two => Of(Unit("a.service", 2), Unit("c.service")) with { Files = [Etc("/etc/a/a.conf", 2)], Secrets = One.Secrets };

    [Fact]
    public void The_first_activation_makes_everything_in_order()
    {
        var system = _machine.Put("one", One);
        var result = _machine.Activate(system);

        Assert.Equal((Outcome.Done, 1, system), (result.Outcome, result.Generation, result.System));
        Assert.Equal(system, _machine.Files.Target("/etc/hale/system"));
        Assert.Equal(system, _machine.Files.Target("/run/hale/system"));
        Assert.Equal("/run/hale/system/units/a.service", _machine.Files.Target("/etc/systemd/system/a.service"));
        Assert.Equal("/run/hale/system/units/a.service", _machine.Files.Target("/etc/systemd/system/multi-user.target.wants/a.service"));
        Assert.Equal("/run/hale/system/etc/a/a.conf", _machine.Files.Target("/etc/a/a.conf"));
        Assert.Equal($"sysusers {Path.GetFileName(StorePath("hale.conf"))}", _machine.Systemd.Calls[0]);
        Assert.Equal($"tmpfiles {Path.GetFileName(StorePath("hale.conf"))}", _machine.Systemd.Calls[1]);
        Assert.Equal(["reread", "start a.service b.service"], _machine.Systemd.Calls[2..]);
        Assert.False(_machine.Files.Exists("/var/lib/hale/journal.json"));
        Assert.IsType<PlanEvent>(_machine.Events[0]);
    }

    [Fact]
    public void The_same_system_again_does_nothing_at_all()
    {
        var system = _machine.Put("one", One);
        _machine.Activate(system);
        var (state, calls) = (_machine.State(), _machine.Systemd.Calls.Count);

        Assert.Equal(Outcome.Nothing, _machine.Activate(system).Outcome);
        Assert.Equal(state, _machine.State());
        Assert.Equal(calls, _machine.Systemd.Calls.Count);
    }

    [Fact]
    public void The_same_system_again_names_the_wanted_units_that_failed_meanwhile()
    {
        var system = _machine.Put("one", One);
        _machine.Activate(system);
        _machine.Systemd.Units["b.service"] = new("failed", "failed", "simple", "exit-code");

        var result = _machine.Activate(system);
        Assert.Equal(Outcome.Nothing, result.Outcome);
        Assert.Equal("b.service", Assert.Single(result.Errors).Unit);
    }

    [Fact]
    public void A_change_touches_what_changed_and_removes_what_went()
    {
        _machine.Activate(_machine.Put("one", One));
        _machine.Systemd.Calls.Clear();
        var result = _machine.Activate(_machine.Put("two", Two));

        Assert.Equal((Outcome.Done, 2), (result.Outcome, result.Generation));
        Assert.Equal(["stop b.service", "reread", "restart a.service", "start c.service", "reread"], _machine.Systemd.Calls);
        Assert.False(_machine.Files.Exists("/etc/systemd/system/b.service"));
        Assert.False(_machine.Files.Exists("/etc/sysusers.d/hale.conf"));
    }

    [Fact]
    public void Another_revision_of_the_same_content_is_a_generation_and_nothing_else()
    {
        _machine.Activate(_machine.Put("one", One));
        _machine.Systemd.Calls.Clear();
        var result = _machine.Activate(_machine.Put("one-later", One with { Revision = "c0ffee2" }));

        Assert.Equal((Outcome.Done, 2), (result.Outcome, result.Generation));
        Assert.Empty(_machine.Systemd.Calls);
        Assert.Equal("c0ffee2", _machine.Generations.Current()!.Revision);
    }

    [Fact]
    public void A_file_in_the_way_is_refused_before_anything_is_touched()
    {
        _machine.Write("/etc/a/a.conf", "mine");
        _machine.Write("/etc/systemd/system/a.service", "mine too");
        var before = _machine.State();
        var result = _machine.Activate(_machine.Put("one", One));

        Assert.Equal(Outcome.Refused, result.Outcome);
        Assert.Equal(1, result.Outcome.ExitCode());
        Assert.Equal(2, result.Errors.Count);
        Assert.Contains(result.Errors, e => e.Message.StartsWith("/etc/a/a.conf is in the way", StringComparison.Ordinal) && e.Hint!.Contains("mv /etc/a/a.conf", StringComparison.Ordinal));
        Assert.Equal(before, _machine.State());
        Assert.Empty(_machine.Systemd.Calls);
    }

    [Fact]
    public void A_file_where_a_folder_must_be_is_in_the_way_too()
    {
        _machine.Write("/etc/a", "a file");
        Assert.Contains("/etc/a is in the way", Assert.Single(_machine.Activate(_machine.Put("one", One)).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_provided_secret_is_refused_and_all_refusals_are_told_at_once()
    {
        _machine.Write("/etc/os-release", "ID=ubuntu\nVERSION_ID=24.04\n");
        var system = _machine.Put("one", One with { Secrets = [new() { Name = "matrix/invite", Origin = SecretOrigin.Provided, File = "s.yaml", Key = "invite" }], Sealed = StorePath("hale-secrets-ohana") });
        File.Delete(_machine.At(StorePath("a.service")));

        var result = _machine.Activate(system);
        Assert.Equal(Outcome.Refused, result.Outcome);
        Assert.Contains(result.Errors, e => e.Message.Contains("ubuntu 24.04", StringComparison.Ordinal) && e.Hint!.Contains("--any-os", StringComparison.Ordinal));
        Assert.Contains(result.Errors, e => e.Message.Contains("This machine has no key, /var/lib/hale/key.txt", StringComparison.Ordinal) && e.Hint!.Contains("hale machine-key", StringComparison.Ordinal));
        Assert.Contains(result.Errors, e => e.Message.Contains($"{StorePath("a.service")} is missing", StringComparison.Ordinal));
        Assert.Equal(3, result.Errors.Count);
        Assert.False(_machine.Files.Exists("/var/lib/hale"));
    }

    [Theory]
    [InlineData("../../etc/shadow")]
    [InlineData("/etc/shadow")]
    [InlineData("a//b")]
    public void A_secret_whose_name_leads_elsewhere_is_refused(string name) =>
        Assert.Contains(_machine.Activate(_machine.Put("one", One with { Secrets = [new() { Name = name }] })).Errors, e => e.Message.Contains("not a secret's name", StringComparison.Ordinal));

    [Theory]
    [InlineData("/usr/bin/x")]
    [InlineData("/etc/../usr/x")]
    [InlineData("/etc/hale/system")]
    public void A_file_outside_etc_or_in_Hales_own_place_is_refused(string target)
    {
        var system = _machine.Put("one", One);
        _machine.Write($"{system}/manifest.json", System.Text.Json.JsonSerializer.Serialize(One with { Files = [Etc(target)] }, ManifestJson.Default.SystemManifest));
        Assert.Equal(Outcome.Refused, _machine.Activate(system).Outcome);
    }

    [Fact]
    public void Secrets_are_made_once_and_their_mode_is_put_right()
    {
        _machine.Activate(_machine.Put("one", One));
        var token = _machine.Read("/var/lib/hale/secrets/matrix/token");
        Assert.Matches("^[0-9a-f]{64}$", token);
        Assert.Matches("^[0-9]{6}$", _machine.Read("/var/lib/hale/secrets/pin"));
        File.SetUnixFileMode(_machine.At("/var/lib/hale/secrets/matrix/token"), (UnixFileMode)0b110_100_100);
        File.WriteAllText(_machine.At("/var/lib/hale/secrets/pin"), "");

        _machine.Activate(_machine.Put("two", Two));
        Assert.Equal(token, _machine.Read("/var/lib/hale/secrets/matrix/token"));
        Assert.Matches("^[0-9]{6}$", _machine.Read("/var/lib/hale/secrets/pin"));
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(_machine.At("/var/lib/hale/secrets/matrix/token")));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(_machine.At("/var/lib/hale/secrets/matrix")));
        Assert.DoesNotContain(_machine.Events, e => System.Text.Json.JsonSerializer.Serialize(e, EventJson.Default.ActivationEvent).Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_unit_that_fails_is_named_with_its_journal_and_what_was_started_stops()
    {
        var before = _machine.State();
        _machine.Systemd.Broken.UnionWith(["a.service", "b.service"]);
        var result = _machine.Activate(_machine.Put("one", One with { Files = [], Secrets = [] }));

        Assert.Equal(3, result.Outcome.ExitCode());
        Assert.Equal(["a.service", "b.service"], result.Errors.Select(e => e.Unit!));
        Assert.All(result.Errors, e => Assert.Contains($"the last words of {e.Unit}", e.Log!));
        Assert.All(result.Errors, e => Assert.Contains("no generation to go back to", e.Hint!, StringComparison.Ordinal));
        Assert.Null(result.Generation);
        Assert.Equal(Whole(before), Whole(_machine.State()));
    }

    [Fact]
    public void A_unit_that_fails_takes_the_machine_back_to_the_system_before()
    {
        var one = _machine.Put("one", One);
        _machine.Activate(one);
        var before = _machine.State();
        _machine.Systemd.Broken.Add("c.service");
        var result = _machine.Activate(_machine.Put("two", Two));

        Assert.Equal((Outcome.RolledBack, 1, one), (result.Outcome, result.Generation, result.System));
        Assert.Equal("c.service", Assert.Single(result.Errors).Unit);
        Assert.Equal(Whole(before), Whole(_machine.State()));
        Assert.Equal("running", _machine.Systemd.Units["b.service"].Sub);
    }

    [Fact]
    public void A_machine_that_cannot_go_back_says_so()
    {
        _machine.Activate(_machine.Put("one", One));
        _machine.Systemd.Broken.UnionWith(["b.service", "c.service"]);
        var result = _machine.Activate(_machine.Put("two", Two));

        Assert.Equal(Outcome.RollbackFailed, result.Outcome);
        Assert.Equal("c.service", result.Errors[0].Unit);
        Assert.StartsWith("On the way back: b.service", result.Errors[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_rollback_the_machine_stays_in_what_failed_until_it_boots()
    {
        var (one, two) = (_machine.Put("one", One), _machine.Put("two", Two));
        _machine.Activate(one);
        _machine.Systemd.Broken.Add("c.service");
        var result = _machine.Activate(new ActivationRequest(two) { NoRollback = true });

        Assert.Equal((Outcome.Failed, 2, two), (result.Outcome, result.Generation, result.System));
        Assert.Equal(one, _machine.Files.Target("/etc/hale/system"));
        _machine.Reboot();
        Assert.Equal(one, _machine.Files.Target("/run/hale/system"));
        Recover.Run(_machine.Context, ActivationJournal.Read(_machine.Files)!);
        Assert.Equal([1], _machine.Generations.All().Select(g => g.Number));
        Assert.True(_machine.Files.Exists("/etc/systemd/system/b.service"));
        Assert.False(_machine.Files.Exists("/etc/systemd/system/c.service"));
    }

    [Fact]
    public void A_test_lasts_until_the_next_boot_and_can_be_committed()
    {
        var (one, two) = (_machine.Put("one", One), _machine.Put("two", Two));
        _machine.Activate(one);
        Assert.Equal(Outcome.Done, _machine.Activate(new ActivationRequest(two) { Mode = SwitchMode.Test }).Outcome);
        Assert.Equal((one, two), (_machine.Files.Target("/etc/hale/system"), _machine.Files.Target("/run/hale/system")));
        Assert.Equal(Outcome.Nothing, _machine.Activate(new ActivationRequest(two) { Mode = SwitchMode.Test }).Outcome);

        using (var rebooted = _machine.Copy())
        {
            rebooted.Reboot();
            Recover.Run(rebooted.Context, ActivationJournal.Read(rebooted.Files)!);
            Assert.Equal(one, rebooted.Files.Target("/run/hale/system"));
            Assert.True(rebooted.Files.Exists("/etc/systemd/system/b.service"));
            Assert.False(rebooted.Files.Exists("/etc/systemd/system/c.service"));
        }

        var committed = _machine.Activate(two);
        Assert.Equal((Outcome.Done, 2), (committed.Outcome, committed.Generation));
        Assert.Equal(two, _machine.Files.Target("/etc/hale/system"));
        Assert.False(_machine.Files.Exists("/etc/systemd/system/b.service"));
        Assert.False(_machine.Files.Exists("/var/lib/hale/journal.json"));
    }

    [Theory]
    [InlineData(SwitchMode.Test)]
    [InlineData(SwitchMode.Switch)]
    public void What_was_left_running_and_is_not_well_does_not_become_what_the_machine_boots(SwitchMode left)
    {
        var (one, two) = (_machine.Put("one", One), _machine.Put("two", Two));
        _machine.Activate(one);
        if (left == SwitchMode.Switch)
            _machine.Systemd.Broken.Add("c.service");
        _machine.Activate(new ActivationRequest(two) { Mode = left, NoRollback = left == SwitchMode.Switch });
        _machine.Systemd.Units["c.service"] = new("failed", "failed", "simple", "exit-code");

        foreach (var again in (ActivationRequest[])[new(two), new(two) { NoRollback = true }])
        {
            var result = _machine.Activate(again);
            Assert.Equal((Outcome.Failed, 2, two), (result.Outcome, result.Generation, result.System));
            Assert.Equal("c.service", Assert.Single(result.Errors).Unit);
            Assert.Contains("does not become what the machine boots; hale rollback goes back", result.Errors[0].Hint, StringComparison.Ordinal);
            Assert.Equal((one, two), (_machine.Files.Target("/etc/hale/system"), _machine.Files.Target("/run/hale/system")));
        }

        _machine.Systemd.Units["c.service"] = new("active", "running", "simple");
        Assert.Equal(Outcome.Done, _machine.Activate(two).Outcome);
        Assert.Equal(two, _machine.Files.Target("/etc/hale/system"));
    }

    [Fact]
    public void What_comes_with_the_next_boot_already_still_needs_it_and_what_is_new_in_it_need_not_run_yet()
    {
        var (one, two) = (_machine.Put("one", One), _machine.Put("two", Two));
        _machine.Activate(one);
        _machine.Activate(new ActivationRequest(two) { Mode = SwitchMode.Boot });
        var again = _machine.Activate(new ActivationRequest(two) { Mode = SwitchMode.Boot });
        Assert.Equal(Outcome.NeedsReboot, again.Outcome);
        Assert.Empty(again.Errors);
        Assert.Empty(_machine.Events.OfType<WarningEvent>());

        // What runs, and was committed before, is what boots again, well or not.
        _machine.Systemd.Units["b.service"] = new("failed", "failed", "simple", "exit-code");
        Assert.Equal(Outcome.Done, _machine.Activate(one).Outcome);
        Assert.Equal(one, _machine.Files.Target("/etc/hale/system"));
    }

    [Fact]
    public void At_the_next_boot_means_that_nothing_runs_before_it()
    {
        var (one, two) = (_machine.Put("one", One), _machine.Put("two", Two));
        _machine.Activate(one);
        _machine.Systemd.Calls.Clear();
        Assert.Equal(Outcome.NeedsReboot, _machine.Activate(new ActivationRequest(two) { Mode = SwitchMode.Boot }).Outcome);
        Assert.Equal((two, one), (_machine.Files.Target("/etc/hale/system"), _machine.Files.Target("/run/hale/system")));
        Assert.Empty(_machine.Systemd.Calls);
        Assert.True(_machine.Files.Exists("/etc/systemd/system/b.service"));

        _machine.Reboot();
        Recover.Run(_machine.Context, ActivationJournal.Read(_machine.Files)!);
        Assert.Equal(two, _machine.Files.Target("/run/hale/system"));
        Assert.False(_machine.Files.Exists("/etc/systemd/system/b.service"));
        Assert.Equal(2, _machine.Generations.Current()!.Number);
    }

    /// <summary>What belongs to generations: secrets that were made, and empty folders, may be left behind.</summary>
    private static string Whole(string state) => string.Join('\n', state.Split('\n')
        .Where(line => !line.StartsWith("/var/lib/hale/secrets", StringComparison.Ordinal) && !line.StartsWith("/run/secrets", StringComparison.Ordinal)
            && !line.Contains("/ ", StringComparison.Ordinal)));

    [Fact]
    public void Rollback_moves_back_and_the_next_activation_gets_the_next_free_number()
    {
        var (one, two) = (_machine.Put("one", One), _machine.Put("two", Two));
        _machine.Activate(one);
        _machine.Activate(two);
        Assert.Equal((Outcome.Done, 1), (_machine.GoTo(1) is var r ? r.Outcome : default, r.Generation));
        Assert.Equal(one, _machine.Files.Target("/etc/hale/system"));
        Assert.Equal("running", _machine.Systemd.Units["b.service"].Sub);

        Assert.Equal(3, _machine.Activate(two).Generation);
        Assert.Equal([1, 2, 3], _machine.Generations.All().Select(g => g.Number));
        Assert.Equal(2, _machine.GoTo(2).Generation);
        Assert.Equal(2, _machine.Generations.Current()!.Number);
    }

    [Fact]
    public void A_generation_whose_store_paths_are_gone_is_told_apart()
    {
        _machine.Activate(_machine.Put("one", One));
        _machine.Activate(_machine.Put("two", Two));
        File.Delete(_machine.At(StorePath("b.service")));
        Assert.Equal([(1, false, false), (2, true, true)], _machine.Generations.Infos().Select(i => (i.Generation.Number, i.Current, i.Present)));
    }

    [Fact]
    public void A_folder_of_links_becomes_one_link_and_back()
    {
        var deep = Of() with { Files = [Etc("/etc/a/x/1"), Etc("/etc/a/x/2")] };
        var flat = Of() with { Files = [Etc("/etc/a")] };
        var (one, two) = (_machine.Put("deep", deep), _machine.Put("flat", flat));
        _machine.Activate(one);
        Assert.Equal(Outcome.Done, _machine.Activate(two).Outcome);
        Assert.Equal("/run/hale/system/etc/a", _machine.Files.Target("/etc/a"));
        Assert.Equal(Outcome.Done, _machine.GoTo(1).Outcome);
        Assert.Equal("/run/hale/system/etc/a/x/2", _machine.Files.Target("/etc/a/x/2"));
    }

    [Fact]
    public void Two_at_once_are_refused_with_who_holds_the_lock()
    {
        var self = new LockHolder("ana@laptop", DateTimeOffset.UnixEpoch, 42, "/nix/store/x");
        using (DeploymentLock.Take(_machine.Files, self))
        {
            var refused = Assert.Throws<UserError>(() => DeploymentLock.Take(_machine.Files, self with { Who = "bo@desk" }));
            Assert.Contains("ana@laptop is deploying /nix/store/x since 1970-01-01 00:00:00Z, for 0 s (process 42", refused.Message, StringComparison.Ordinal);
            Assert.Equal(self, DeploymentLock.Holder(_machine.Files));
        }

        Assert.Null(DeploymentLock.Holder(_machine.Files));
        DeploymentLock.Take(_machine.Files, self).Dispose();
    }

    [Fact]
    public void A_newer_manifest_is_refused_by_its_version()
    {
        var system = _machine.Put("one", One);
        _machine.Write($"{system}/manifest.json", $$"""{ "version": {{SystemManifest.CurrentVersion + 1}}, "unheardOf": true }""");
        Assert.Contains($"version {SystemManifest.CurrentVersion + 1}", Assert.Throws<UserError>(() => _machine.Activate(system)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "version": 1, "host": "ohana", "architecture": "amd64" }""", "the manifest has no 'revision'")]
    [InlineData("""{ "version": 1, "unheardOf": true }""", "unheardOf")]
    [InlineData("""{ "version": 1, "host": """, "cannot be read")]
    [InlineData("[]", "it has no version")]
    public void A_damaged_manifest_is_refused_with_what_is_wrong(string json, string said)
    {
        var system = _machine.Put("one", One);
        _machine.Write($"{system}/manifest.json", json);
        Assert.Contains(said, Assert.Throws<UserError>(() => _machine.Activate(system)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _machine.Dispose();
}
