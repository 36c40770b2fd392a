using Hale.Lab;
using Hale.Store.Closure;
using Hale.Store.Paths;
using static Lab.Tests.Secrets.SecretMachine;

namespace Lab.Tests.Secrets;

/// <summary>Secrets on a booted Debian 13: who gets them, who restarts, and what is left when the power goes.</summary>
public sealed class StagingTests
{
    private static readonly string[] Users = ["handed.service", "listed.service", "reloaded.service", "filled.service", "other.service", "kept.service"];

    /// <summary>A unit for each way to use a secret.</summary>
    private static PathInfo System(SecretMachine m, string token, string mark = "", params ManifestSecret[] more)
    {
        var template = m.Real.Template("bot.env", "TOKEN={{secret:bot/token}}\nDB=\"postgres://bot:{{secret:db|url}}@localhost\"\n", TemplateFormat.Environment);
        return m.Real.Build(
            [
                m.Real.Unit("handed.service", Sleep + "DynamicUser=yes\nLoadCredential=token:/run/secrets/bot/token" + mark) with { Secrets = ["bot/token"] },
                m.Real.Unit("listed.service", Sleep),
                m.Real.Unit("reloaded.service", Sleep + "ExecReload=/usr/bin/touch /run/reloaded"),
                m.Real.Unit("filled.service", Sleep + "DynamicUser=yes\nLoadCredential=env:/run/secrets/rendered/bot.env") with { Secrets = ["rendered/bot.env"] },
                m.Real.Unit("other.service", Sleep + "LoadCredential=db:/run/secrets/db") with { Secrets = ["db"] },
                m.Real.Unit("kept.service", Sleep) with { Secrets = ["bot/token"], OnChange = OnChange.Keep },
                m.Real.Unit("early.service", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/cp /run/secrets/db /root/seen-early",
                    "DefaultDependencies=no\nAfter=hale-secrets.service") with { WantedBy = ["sysinit.target"] },
            ],
            [m.Real.File("/etc/sysusers.d/hale.conf", "u bot - \"a test\"\n")],
            [
                Provided("bot/token") with { Restart = ["listed.service"], Reload = ["reloaded.service"] },
                Provided("db"), Provided("shared", "db") with { Owner = "bot", Group = "bot", Mode = "0440", Link = "/srv/bot/db" },
                new ManifestSecret { Name = "whole", Origin = SecretOrigin.Provided, File = "all.env" }, .. more,
            ],
            sealedFolder: m.Seal(("s.yaml", $"bot:\n    token: {token}\ndb: p@ss word\npassword: hash\n"), ("all.env", "A=1\n")),
            templates: [template]);
    }

    [LabFact]
    public async Task A_changed_secret_restarts_exactly_its_users_and_an_unchanged_one_nobody()
    {
        await using var m = await SecretMachine.StartAsync();
        await m.DoneAsync(System(m, "one"));
        Assert.Equal("one", await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
        Assert.Equal(
            "TOKEN=\"one\"\nDB=\"postgres://bot:p%40ss%20word@localhost\"\n", await m.Machine.SucceedAsync("cat /run/credentials/filled.service/env"));
        Assert.Equal("A=1\n", await m.Machine.SucceedAsync("cat /run/secrets/whole"));
        Assert.Equal("active\n", await m.Machine.SucceedAsync("systemctl is-active hale-secrets.service"));
        Assert.Equal("/run/secrets.d/1\n", await m.Machine.SucceedAsync("readlink /run/secrets"));
        var before = await m.PidsAsync(Users);

        var (result, events) = await m.ActivateAsync(System(m, "two"));
        Assert.Equal(Outcome.Done, result.Outcome);
        Assert.Equal(["bot/token", "rendered/bot.env"], events.OfType<PlanEvent>().Single().Plan.SecretsChanged);
        var after = await m.PidsAsync(Users);
        Assert.Equal(["filled.service", "handed.service", "listed.service"], Users.Where(u => before[u] != after[u]).Order());
        await m.Machine.SucceedAsync("test -e /run/reloaded");
        Assert.Equal("two", await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
        Assert.Equal("2\n", await m.Machine.SucceedAsync("ls /run/secrets.d"));

        // Encrypted anew, with other random numbers: other bytes in git, the same values.
        Assert.Equal(Outcome.Done, (await m.DoneAsync(System(m, "two"))).Outcome);
        Assert.Equal(after, await m.PidsAsync(Users));
        Assert.Equal("2\n", await m.Machine.SucceedAsync("ls /run/secrets.d"));
    }

    [LabFact]
    public async Task Only_those_may_read_a_secret_who_are_said_to_and_it_lies_in_memory_that_is_not_swapped()
    {
        await using var m = await SecretMachine.StartAsync();
        await m.DoneAsync(System(m, "one"));
        var mount = await m.Machine.SucceedAsync("findmnt -no FSTYPE,OPTIONS /run/secrets.d");
        Assert.True(mount.StartsWith("ramfs", StringComparison.Ordinal) || mount.Contains("noswap", StringComparison.Ordinal), mount);
        foreach (var flag in new[] { "nosuid", "nodev", "noexec", "mode=751" })
            Assert.Contains(flag, mount, StringComparison.Ordinal);
        Assert.Equal("751 root root\n", await m.Machine.SucceedAsync("stat -L -c '%a %U %G' /run/secrets"));
        Assert.Equal("440 bot bot\n400 root root\n", await m.Machine.SucceedAsync("stat -L -c '%a %U %G' /run/secrets/shared /run/secrets/db"));

        Assert.Equal("p@ss word", await m.Machine.SucceedAsync("setpriv --reuid=bot --regid=bot --clear-groups cat /srv/bot/db"));
        foreach (var forbidden in new[] { "cat /run/secrets/db", "cat /run/secrets/rendered/bot.env", "ls /run/secrets/", "ls /run/secrets.d", "cat /var/lib/hale/key.txt" })
            await m.Machine.FailAsync($"setpriv --reuid=bot --regid=bot --clear-groups {forbidden}");
        await m.Machine.FailAsync("setpriv --reuid=65534 --regid=65534 --clear-groups cat /run/secrets/shared");
    }

    [LabFact]
    public async Task What_cannot_be_opened_refuses_with_nothing_touched_and_at_boot_only_its_users_fail()
    {
        await using var m = await SecretMachine.StartAsync(withKey: false);
        var one = System(m, "one");
        await RefusedAsync(one, "This machine has no key", "hale machine-key HOST");
        await m.GiveKeyAsync(Hale.Secrets.AgeIdentity.Generate());
        await RefusedAsync(one, "no key at hand opens the file", "hale secrets recipients add");
        await m.GiveKeyAsync(m.Key);
        await m.Machine.SucceedAsync("chmod 644 /var/lib/hale/key.txt");
        await RefusedAsync(one, "others than its owner have access", "chmod 600");
        await m.Machine.SucceedAsync("chmod 600 /var/lib/hale/key.txt");
        await RefusedAsync(System(m, "one", more: Provided("gone")), "s.yaml: there is no value gone.", "");

        await m.DoneAsync(one);
        var before = await m.PidsAsync(Users);
        var (result, _) = await m.ActivateAsync(m.Real.Build(
            [m.Real.Unit("handed.service", Sleep)], secrets: [Provided("bot/token")],
            sealedFolder: m.Real.Folder("hale-secrets-ohana", ("s.yaml", Tampered(m.Encrypt("s.yaml", "bot:\n    token: two\n    other: x\n"))))));
        Assert.Equal(Outcome.Refused, result.Outcome);
        Assert.Contains("authentication code", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
        Assert.Equal(before, await m.PidsAsync(Users));

        // The file of one secret is damaged on the machine: at boot all others are there, and what needs it says why it does not run.
        await m.Machine.SucceedAsync("f=$(readlink /etc/hale/secrets)/all.env && chmod u+w $f && echo broken >$f");
        await m.Machine.RebootAsync();
        await m.Machine.WaitForBootAsync();
        Assert.Equal("one", await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
        Assert.Equal("failed\n", (await m.Machine.RunAsync("systemctl is-active hale-secrets")).Output);
        Assert.Contains("all.env", await m.Machine.SucceedAsync("journalctl -b -u hale-secrets -o cat --no-pager"), StringComparison.Ordinal);
        await m.Machine.FailAsync("test -e /run/secrets/whole");

        async Task RefusedAsync(PathInfo system, string said, string hint)
        {
            var (refused, _) = await m.ActivateAsync(system);
            Assert.True(refused.Outcome == Outcome.Refused, $"{refused.Outcome}: {string.Join('\n', refused.Errors)}");
            Assert.Contains(refused.Errors, e => e.Message.Contains(said, StringComparison.Ordinal) && (e.Hint ?? "").Contains(hint, StringComparison.Ordinal));
            await m.Machine.FailAsync("test -e /run/secrets.d || test -e /etc/hale/system || test -e /var/lib/hale/journal.json");
        }
    }

    [LabFact]
    public async Task The_power_is_cut_while_secrets_are_staged_and_the_machine_boots_with_those_of_one_of_two_generations()
    {
        await using var m = await SecretMachine.StartAsync();
        var (one, two) = (System(m, "one"), System(m, "two", "\nEnvironment=TWO=1"));
        await m.DoneAsync(one);
        m.Real.Send(m.Machine, two);
        for (var round = 0; round < 6; round++)
        {
            await m.Machine.SucceedAsync(
                $"DOTNET_ROOT={two.Path}/runtime setsid -f {two.Path}/activator/bin/hale-activator activate --system {two.Path} >/root/log 2>&1; "
                + $"until ls -d /run/secrets.d/* 2>/dev/null | grep >/dev/null -v '/1$' || test $(readlink /etc/hale/system) = {two.Path}; do :; done; sleep 0.0{round}");
            await m.Machine.PowerCutAsync();
            await m.Machine.StartAsync();
            Assert.Equal("running", await m.Machine.WaitForBootAsync());
            await m.Machine.FailAsync("test -e /var/lib/hale/journal.json");
            var (system, token) = (await m.Machine.SucceedAsync("readlink /etc/hale/system"), await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
            Assert.Equal(system.Trim() == two.Path.ToString() ? "two" : "one", token);
            Assert.Equal("1\n", await m.Machine.SucceedAsync("ls /run/secrets.d"));
            Assert.True((await m.ActivateAsync(one)).Result.Outcome is Outcome.Done or Outcome.Nothing);
        }
    }

    /// <summary>The value of the last key is gone, as somebody without the key could leave it out.</summary>
    private static string Tampered(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("    other:", StringComparison.Ordinal)));

    [LabFact]
    public async Task After_a_reboot_secrets_are_there_before_what_needs_them_and_todays_count()
    {
        await using var m = await SecretMachine.StartAsync();
        var (one, two) = (System(m, "one"), System(m, "two", "\nEnvironment=TWO=1", Provided("password") with { ForUsers = true }));
        await m.DoneAsync(one);
        await m.DoneAsync(two);
        Assert.Equal("hash 400 root\n", await m.Machine.SucceedAsync("cat /run/secrets-for-users/password; stat -L -c ' %a %U' /run/secrets-for-users/password"));
        await m.Machine.SucceedAsync("rm /root/seen-early");

        await m.Machine.RebootAsync();
        Assert.Equal("running", await m.Machine.WaitForBootAsync());
        Assert.Equal("p@ss word", await m.Machine.SucceedAsync("cat /root/seen-early"));
        Assert.Equal("two", await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
        Assert.DoesNotContain("cycle", await m.Machine.SucceedAsync("systemd-analyze verify --man=no default.target 2>&1 || true"), StringComparison.Ordinal);

        var (result, events) = await m.ActivateAsync(one, "rollback");
        Assert.Equal((Outcome.Done, 1), (result.Outcome, result.Generation));
        Assert.Contains(events.OfType<WarningEvent>(), w => w.Message == "Generation 1 runs with today's secrets.");
        Assert.Equal("two", await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
        Assert.DoesNotContain("TWO=1", await m.Machine.SucceedAsync("systemctl show -p Environment handed.service"), StringComparison.Ordinal);

        await m.Machine.RebootAsync();
        await m.Machine.WaitForBootAsync();
        Assert.Equal("two", await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
        Assert.Equal((Outcome.Done, 3), (await m.DoneAsync(one) is var again ? again.Outcome : default, again.Generation));
        Assert.Equal("one", await m.Machine.SucceedAsync("cat /run/credentials/handed.service/token"));
    }
}
