using System.Diagnostics;
using Hale.Store.Debian;

namespace Hale.Store.Tests.Debian;

public class DebianVersionTests
{
    // Each earlier than the next; the rules of deb-version(7), one after another.
    private static readonly string[] Ascending =
    [
        "0~~", "0~~a", "0~", "0", "0a", "0+", "0.", "1~rc1-1", "1-0", "1-0+deb13u1", "1-1~bpo12+1", "1-1", "1-1a", "1-1+b1", "1-1.1",
        "1-2", "1-10", "1.2", "1.2a", "1.2a0b", "1.2+dfsg", "1.2.0", "1.2.1-3-1", "1.10", "2a~b", "2a", "2b", "10", "1:0~", "1:0", "1:1:2", "2:0",
    ];

    [Fact]
    public void Versions_are_ordered_by_every_rule_of_the_manual()
    {
        var versions = Ascending.Select(DebianVersion.Parse).ToList();
        for (var i = 0; i < versions.Count; i++)
            for (var j = 0; j < versions.Count; j++)
                Assert.True(
                    Math.Sign(versions[i].CompareTo(versions[j])) == i.CompareTo(j), $"{versions[i]} against {versions[j]}");
    }

    [Theory]
    [InlineData("1.0", "0:1.0")]
    [InlineData("1.0", "1.00")]
    [InlineData("1.0", "1.0-0")]
    [InlineData("1.a", "1.a0")]
    public void Versions_written_differently_may_be_equal(string a, string b)
    {
        var (first, second) = (DebianVersion.Parse(a), DebianVersion.Parse(b));
        Assert.Equal(first, second);
        Assert.Equal(first.GetHashCode(), second.GetHashCode());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":1")]
    [InlineData("a:1")]
    [InlineData("-1:1")]
    [InlineData("99999999999:1")]
    [InlineData("1:")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("1 0")]
    [InlineData("1/0")]
    [InlineData("1\n")]
    [InlineData("1_0")]
    public void What_is_no_version_is_refused(string text) => Assert.False(DebianVersion.TryParse(text, out _));

    [Fact]
    public void Random_versions_form_a_total_order_that_equality_and_hash_follow()
    {
        var random = new Random(20_240_601);
        var versions = Enumerable.Range(0, 300).Select(_ => DebianVersion.Parse(RandomVersion(random))).ToList();
        foreach (var a in versions)
        {
            Assert.Equal(0, a.CompareTo(a));
            foreach (var b in versions)
            {
                Assert.Equal(Math.Sign(a.CompareTo(b)), -Math.Sign(b.CompareTo(a)));
                if (a.Equals(b)) Assert.Equal(a.GetHashCode(), b.GetHashCode());
            }
        }

        var sorted = versions.Order().ToList();
        for (var i = 0; i < sorted.Count; i++)
            for (var j = i; j < sorted.Count; j++)
                Assert.True(sorted[i].CompareTo(sorted[j]) <= 0, $"{sorted[i]} against {sorted[j]}");
    }

    [Fact]
    public void Dpkg_orders_random_versions_the_same_way()
    {
        if (!Peer.Has("dpkg")) return;
        var random = new Random(42);
        var pairs = Enumerable.Range(0, 400).Select(_ => (A: RandomVersion(random), B: RandomVersion(random))).ToList();
        foreach (var (a, b) in pairs)
        {
            var order = DebianVersion.Parse(a).CompareTo(DebianVersion.Parse(b));
            var relation = order < 0 ? "lt" : order > 0 ? "gt" : "eq";
            using var dpkg = Process.Start(new ProcessStartInfo("dpkg", ["--compare-versions", a, relation, b]) { RedirectStandardError = true })!;
            dpkg.WaitForExit();
            Assert.True(dpkg.ExitCode == 0, $"dpkg does not find that {a} {relation} {b}");
        }
    }

    private static string RandomVersion(Random random)
    {
        const string Letters = "0123.~+aZ";
        var upstream = string.Concat(Enumerable.Range(0, random.Next(0, 6)).Select(_ => Letters[random.Next(Letters.Length)]));
        var revision = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Letters[random.Next(Letters.Length)]));
        return (random.Next(4) == 0 ? $"{random.Next(3)}:" : "") + random.Next(3) + upstream + (random.Next(2) == 0 ? "-" + revision : "");
    }
}
