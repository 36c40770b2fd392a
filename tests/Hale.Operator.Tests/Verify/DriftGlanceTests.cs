using Hale.Operator.Deploy;
using Hale.Operator.Verify;
using Hale.Produce;
using Hale.Store.Closure;

namespace Hale.Operator.Tests.Verify;

/// <summary>What a glance at a machine lets pass, and what makes its activator look closely.</summary>
public sealed class DriftGlanceTests
{
    private const string Clean = """
        links	6
        files	1
        beside	/etc/systemd/system/multi-user.target.wants/ssh.service	/usr/lib/systemd/system/ssh.service
        beside	/etc/systemd/system/ssh.service.d/own.conf
        beside	/run/systemd/system/service.d/zzz-lxc.conf
        beside	/run/systemd/transient/session-1.scope
        unit	a.service active
        unit	once.service inactive
        unit	maybe.service inactive
        unit	multi-user.target active
        unit	rescue.target inactive
        """;

    private static readonly Unit[] Units =
    [
        new("a.service") { WantedBy = ["multi-user.target"] },
        new("once.service") { WantedBy = ["multi-user.target"], Body = { { "Service", "Type", "oneshot" } } },
        new("maybe.service") { Body = { { "Unit", "ConditionPathExists", "/x" } } },
        new("w@.service"),
    ];

    private static readonly SystemManifest Manifest = new()
    {
        Host = "one",
        Architecture = "amd64",
        Units = [.. Units.Select(unit => new ManifestUnit { Name = unit.Name, Path = $"/nix/store/x-{unit.Name}", WantedBy = [.. unit.WantedBy] })],
        Files = [new ManifestFile { Target = "/etc/a.conf", Path = "/nix/store/y-a.conf" }],
    };

    private static bool Suspects(string said) => DriftGlance.Suspects(
        Manifest, Units, DriftFacts.Read(said.Split('\n').Select(line => line.Split('\t', 2)).Where(parts => parts.Length == 2).ToLookup(p => p[0], p => p[1])));

    [Fact]
    public void A_machine_as_it_was_declared_passes() => Assert.False(Suspects(Clean));

    [Fact]
    public void A_machine_that_says_nothing_does_not_pass() => Assert.True(Suspects("uid\t0"));

    [Theory]
    [InlineData("links\t6", "links\t5")]
    [InlineData("files\t1", "files\t0")]
    [InlineData("a.service active", "a.service inactive")]
    [InlineData("a.service active", "a.service failed")]
    [InlineData("once.service inactive", "once.service failed")]
    [InlineData("files\t1", "files\t1\nwritten\tunits/a.service")]
    [InlineData("files\t1", "files\t1\nbeside\t/etc/systemd/system/a.service.d/x.conf\t")]
    [InlineData("files\t1", "files\t1\nbeside\t/run/systemd/system.control/a.service.d/50-CPUWeight.conf\t")]
    [InlineData("files\t1", "files\t1\nbeside\t/etc/systemd/system/service.d/x.conf\t")]
    [InlineData("files\t1", "files\t1\nbeside\t/etc/systemd/system/w@7.service.d/x.conf\t")]
    [InlineData("files\t1", "files\t1\nbeside\t/etc/systemd/system/x.target.wants/w@7.service\t/etc/systemd/system/w@.service")]
    [InlineData("files\t1", "files\t1\nbeside\t/etc/systemd/system/a.service.requires/other.service\t/x")]
    [InlineData("files\t1", "files\t1\nbeside\t/run/systemd/system/a.service\t/dev/null")]
    [InlineData("files\t1", "files\t1\nbeside\t/etc/systemd/system/other.service\t/run/hale/system/units/a.service")]
    public void What_speaks_for_a_hand_edit_is_looked_at_closely(string clean, string edited) =>
        Assert.True(Suspects(Clean.Replace(clean, edited, StringComparison.Ordinal)));
}
