using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Tests.Support;
using Hale.Activator.Verify;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Verify;

public sealed class VerifierTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public VerifierTests()
    {
        var system = _machine.Put("one", Of(Unit("a.service"), Unit("b@.service") with { WantedBy = [] }) with
        {
            Files =
            [
                Etc("/etc/a.conf"), Etc("/etc/sysctl.d/60-a.conf"), Etc("/etc/sysusers.d/hale.conf"), Etc("/etc/tmpfiles.d/hale.conf"),
            ],
        });
        _machine.Write(StorePath("60-a.conf"), "# a comment\nnet.core.somaxconn = 4096\n-net.no.such = 1\nnet/ipv4/conf/eth0.1/forwarding=1\n");
        _machine.Write(StorePath("hale.conf"), "u a - \"somebody else\" /var/lib/a\nd /var/lib/a 0750 a a -\nm a www\n");
        _machine.Write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\na:x:900:900:somebody else:/var/lib/a:/usr/sbin/nologin\n");
        _machine.Write("/etc/group", "root:x:0:\na:x:900:\nwww:x:33:a\n");
        _machine.Write("/proc/sys/net/core/somaxconn", "4096\n");
        _machine.Write("/proc/sys/net/ipv4/conf/eth0.1/forwarding", "1\n");
        Directory.CreateDirectory(_machine.At("/var/lib/a"), (UnixFileMode)0b111_101_000);
        if (Environment.UserName == "root")
            Own("/var/lib/a", 900);
        _machine.Activate(system);
        _machine.Systemd.Units["a.service"] = new("active", "running", "simple", Invocation: "1");
    }

    private void Own(string path, uint number)
    {
        using var chown = System.Diagnostics.Process.Start("chown", [$"{number}:{number}", _machine.At(path)]);
        chown.WaitForExit();
    }

    public void Dispose() => _machine.Dispose();

    private IReadOnlyList<Finding> Found() =>
        [.. Verifier.Run(_machine.Context, SystemClosure.Current(_machine.Files)!, StoreDepth.Named)];

    private Finding Only(FindingKind kind, string subject)
    {
        var finding = Assert.Single(Found());
        Assert.Equal((kind, subject), (finding.Kind, finding.Subject));
        return finding;
    }

    private void Repair(bool keep = false) =>
        Assert.Empty(new Repair(_machine.Context, SystemClosure.Current(_machine.Files)!, new RepairOptions { Keep = keep }).Run(Found()));

    private void Replace(string path, string text)
    {
        File.Delete(_machine.At(path));
        _machine.Write(path, text);
    }

    [Fact]
    public void A_machine_as_it_was_declared_gives_no_finding() => Assert.Empty(Found());

    [Fact]
    public void A_file_in_the_place_of_a_link_is_shown_as_a_diff_kept_aside_and_put_back()
    {
        Replace("/etc/a.conf", $"content of {StorePath("a.conf")}\nand more\n");
        var finding = Only(FindingKind.LinkReplaced, "/etc/a.conf");
        Assert.True(finding.IsContent);
        Assert.Equal(
            ["--- /etc/a.conf as declared", "+++ /etc/a.conf", "@@ -1 +1,2 @@", $" content of {StorePath("a.conf")}", "+and more"], finding.Diff);

        Repair(keep: true);
        Assert.Equal("/run/hale/system/etc/a.conf", new FileInfo(_machine.At("/etc/a.conf")).LinkTarget);
        var aside = Assert.Single(_machine.Events.OfType<RepairedEvent>()).Aside!;
        Assert.EndsWith("and more\n", _machine.Read(aside), StringComparison.Ordinal);
        Assert.StartsWith("/var/lib/hale/aside/20", aside, StringComparison.Ordinal);
        Assert.Empty(Found());
    }

    [Fact]
    public void A_folder_in_the_place_of_a_link_goes_with_all_in_it()
    {
        File.Delete(_machine.At("/etc/a.conf"));
        _machine.Write("/etc/a.conf/deep/one", "mine\n");
        Assert.Equal("a folder", Only(FindingKind.LinkReplaced, "/etc/a.conf").Actual);
        Repair(keep: true);
        Assert.Equal("mine\n", _machine.Read(Assert.Single(_machine.Events.OfType<RepairedEvent>()).Aside + "/deep/one"));
        Assert.Empty(Found());
    }

    [Fact]
    public void A_unit_s_missing_link_is_no_newer_file_for_what_runs()
    {
        _machine.Systemd.Units["a.service"] = _machine.Systemd.Units["a.service"] with { Started = DateTimeOffset.UtcNow.ToUnixTimeSeconds() };
        File.Delete(_machine.At("/etc/systemd/system/a.service"));
        Only(FindingKind.LinkMissing, "/etc/systemd/system/a.service");
        Repair();
        Assert.Empty(Found());
        Assert.Contains("reread", _machine.Systemd.Calls);
        Assert.DoesNotContain("restart a.service", _machine.Systemd.Calls);
    }

    [Theory]
    [InlineData("/etc/systemd/system/a.service.d/override.conf", FindingKind.UnitDropIn, true)]
    [InlineData("/run/systemd/system/a.service.d/override.conf", FindingKind.UnitDropIn, true)]
    [InlineData("/etc/systemd/system/service.d/all.conf", FindingKind.UnitDropIn, true)]
    [InlineData("/etc/systemd/system/b@7.service.d/override.conf", FindingKind.UnitDropIn, true)]
    [InlineData("/run/systemd/system.control/a.service.d/50-CPUWeight.conf", FindingKind.UnitProperty, true)]
    [InlineData("/etc/systemd/system.control/a.service", FindingKind.UnitShadowed, true)]
    [InlineData("/run/systemd/transient/a.service", FindingKind.UnitShadowed, true)]
    public void What_stands_beside_a_unit_is_found_and_removed(string path, FindingKind kind, bool content)
    {
        _machine.Write(path, "[Service]\nNice=5\n");
        Assert.Equal(content, Only(kind, path).IsContent);
        Repair();
        Assert.False(File.Exists(_machine.At(path)));
        Assert.Empty(Found());
    }

    [Theory]
    [InlineData("/etc/systemd/system/ssh.service.d/override.conf")]
    [InlineData("/etc/systemd/system/a.socket.d/override.conf")]
    [InlineData("/run/systemd/system/service.d/zzz-lxc-service.conf")]
    [InlineData("/etc/systemd/system/own.service")]
    [InlineData("/etc/systemd/system/own.service.wants/other.service")]
    public void What_is_no_concern_of_Hale_s_units_is_no_finding(string path)
    {
        _machine.Write(path, "[Service]\nNice=5\n");
        Assert.Empty(Found());
    }

    [Fact]
    public void A_drop_in_that_was_not_read_yet_is_one_finding_and_not_two()
    {
        _machine.Write("/etc/systemd/system/a.service.d/override.conf", "[Service]\nNice=5\n");
        _machine.Systemd.Units["a.service"] = _machine.Systemd.Units["a.service"] with { Stale = true };
        Only(FindingKind.UnitDropIn, "/etc/systemd/system/a.service.d/override.conf");
        File.Delete(_machine.At("/etc/systemd/system/a.service.d/override.conf"));
        Only(FindingKind.UnitNotReread, "a.service");
    }

    [Fact]
    public void A_unit_is_masked_by_a_link_to_nothing_or_by_an_empty_file()
    {
        File.Delete(_machine.At("/etc/systemd/system/a.service"));
        File.CreateSymbolicLink(_machine.At("/etc/systemd/system/a.service"), "/dev/null");
        Assert.False(Only(FindingKind.UnitMasked, "/etc/systemd/system/a.service").IsContent);
        Replace("/etc/systemd/system/a.service", "");
        Only(FindingKind.UnitMasked, "/etc/systemd/system/a.service");
        Repair();
        Assert.Empty(Found());
    }

    [Fact]
    public void A_unit_that_runs_since_before_its_file_came_is_restarted_unless_it_is_left_alone_by_declaration()
    {
        _machine.Systemd.Units["a.service"] = _machine.Systemd.Units["a.service"] with { Started = 1_000_000 };
        Only(FindingKind.UnitRunsOld, "a.service");
        Repair();
        Assert.Contains("restart a.service", _machine.Systemd.Calls);
    }

    [Fact]
    public void A_unit_that_started_by_a_wrong_clock_at_boot_is_no_finding()
    {
        _machine.Systemd.Units["a.service"] = _machine.Systemd.Units["a.service"] with { Started = 1_000_000 };
        _machine.Write("/proc/stat", $"cpu 1 2 3\nbtime {DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60}\n");
        Assert.Empty(Found());
    }

    [Fact]
    public void Stopped_failed_and_frozen_units_are_started_and_thawed()
    {
        _machine.Systemd.Units["a.service"] = new("inactive", "dead", "simple", Invocation: "1");
        Only(FindingKind.UnitStopped, "a.service");
        _machine.Systemd.Units["a.service"] = new("failed", "failed", "simple", "exit-code", Invocation: "1");
        Assert.Equal("failed (exit-code)", Only(FindingKind.UnitFailed, "a.service").Actual);
        Repair();
        Assert.Equal(["forget a.service", "start a.service"], _machine.Systemd.Calls.TakeLast(2));
        _machine.Systemd.Units["a.service"] = _machine.Systemd.Units["a.service"] with { Frozen = true };
        Only(FindingKind.UnitFrozen, "a.service");
        Repair();
        Assert.Contains("thaw a.service", _machine.Systemd.Calls);
    }

    [Fact]
    public void Users_groups_folders_and_kernel_settings_are_compared_with_what_is_declared()
    {
        _machine.Write("/etc/passwd", "a:x:900:33:x:/root:/bin/bash\n");
        _machine.Write("/etc/group", "a:x:900:\nwww:x:33:\n");
        _machine.Write("/proc/sys/net/core/somaxconn", "128\n");
        File.SetUnixFileMode(_machine.At("/var/lib/a"), (UnixFileMode)0b111_111_111);
        Assert.Equal(
            [
                "Mode /var/lib/a: 0750, 0777",
                "UserChanged user a: group a, group www",
                "UserChanged user a: home /var/lib/a, home /root",
                "UserChanged user a: in the group www, not in it",
                "UserChanged user a: shell /usr/sbin/nologin, shell /bin/bash",
                "Sysctl /proc/sys/net/core/somaxconn: 4096, 128",
            ],
            Found().OrderBy(f => f.Kind).ThenBy(f => f.Expected, StringComparer.Ordinal).Select(f => $"{f.Kind} {f.Subject}: {f.Expected}, {f.Actual}"));
        _machine.Write("/etc/passwd", "");
        Assert.Contains(Found(), f => f is { Kind: FindingKind.UserMissing, Account: "user a" });
    }

    [Fact]
    public void Secrets_are_for_root_alone()
    {
        _machine.Write("/var/lib/hale/secrets/x/y", "s");
        File.SetUnixFileMode(_machine.At("/var/lib/hale/secrets"), (UnixFileMode)0b111_000_000);
        File.SetUnixFileMode(_machine.At("/var/lib/hale/secrets/x"), (UnixFileMode)0b111_000_000);
        File.SetUnixFileMode(_machine.At("/var/lib/hale/secrets/x/y"), (UnixFileMode)0b110_100_100);
        var finding = Only(FindingKind.Mode, "/var/lib/hale/secrets/x/y");
        Assert.Equal(("0600", "0644"), (finding.Expected, finding.Actual));
        Repair();
        Assert.Empty(Found());
    }

    [Fact]
    public void A_want_that_is_gone_is_a_disabled_unit_and_one_more_is_no_declared_one()
    {
        File.Delete(_machine.At("/etc/systemd/system/multi-user.target.wants/a.service"));
        Only(FindingKind.UnitDisabled, "/etc/systemd/system/multi-user.target.wants/a.service");
        Repair();
        Directory.CreateDirectory(_machine.At("/etc/systemd/system/x.target.requires"));
        File.CreateSymbolicLink(_machine.At("/etc/systemd/system/x.target.requires/a.service"), "/etc/systemd/system/a.service");
        Only(FindingKind.UnitWanted, "/etc/systemd/system/x.target.requires/a.service");
        Repair();
        Assert.False(Directory.Exists(_machine.At("/etc/systemd/system/x.target.requires")));
        File.CreateSymbolicLink(_machine.At("/etc/systemd/system/other.service"), "/run/hale/system/units/a.service");
        Only(FindingKind.UnitAlias, "/etc/systemd/system/other.service");
        Repair();
        Assert.Empty(Found());
    }
}
