namespace Hale.Catalogue.Tests;

/// <summary>What is tuwunel's own: its keys, its unit, its release.</summary>
public sealed class TuwunelTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };

    private static IReadOnlySet<string> Documented { get; } =
        Toml.Documented(File.ReadAllText(Repository.At("tests", "Hale.Catalogue.Tests", "Vectors", "tuwunel-example.toml")));

    private static Matrix Everything => new()
    {
        Provider = Homeserver.Tuwunel,
        ServerName = "example.org",
        GatewayHost = "matrix.example.org",
        Federation = true,
        FederationPort = 8448,
        OpenFirewall = true,
        TrustedServers = ["keys.example.com"],
    };

    [Fact]
    public void Its_configuration_reads_like_this() =>
        Golden.Matches("tuwunel.toml", Fleets.Evaluate(Gateway, Everything).Single().Text("tuwunel.toml"));

    [Fact]
    public void Every_key_that_is_written_is_one_that_it_documents()
    {
        Assert.True(Documented.Count > 300, $"only {Documented.Count} keys were found in its documentation");
        var calls = Fleets.Evaluate(Gateway, Everything, new CallTokens(), new LiveKit { Run = false }).Single().Text("tuwunel.toml");
        Assert.Contains("livekit_url", calls, StringComparison.Ordinal);
        Assert.Subset(Documented.ToHashSet(), Toml.Values(calls).Keys.ToHashSet());
    }

    [Theory]
    [InlineData("global.server_names")]
    [InlineData("global.well_known.servers")]
    [InlineData("well_known.server")]
    public void A_key_that_it_does_not_know_would_be_found(string key) => Assert.DoesNotContain(key, Documented);

    [Fact]
    public void Its_unit_is_as_its_own_packages_have_it()
    {
        var body = Fleets.Evaluate(Gateway, Everything).Single().Unit("tuwunel.service").Body.ToLookup(line => line.Key, line => line.Value.ToString());

        Assert.Equal(["notify"], body["Type"]);
        Assert.Equal(["30"], body["WatchdogSec"]);
        Assert.Contains("USR1", Assert.Single(body["ExecReload"]), StringComparison.Ordinal);
        Assert.Equal(["300"], body["TimeoutStartSec"]);
        Assert.Equal(["120"], body["TimeoutStopSec"]);
        Assert.Contains("@resources", body["SystemCallFilter"]);
        Assert.Matches(@"^/nix/store/.*/bin/tuwunel -c ", Assert.Single(body["ExecStart"]));
    }

    [Fact]
    public void Its_release_is_pinned_for_every_platform_by_checksum()
    {
        var release = new Matrix().TuwunelRelease;

        Assert.All(Enum.GetValues<Platform>(), platform => Assert.Equal(64, release.On(platform).Sha256Hex.Length));
        Assert.All(Enum.GetValues<Platform>(), platform => Assert.Contains($"/v{release.Version}/", release.On(platform).Url, StringComparison.Ordinal));
    }

    [Fact]
    public void All_that_it_cannot_do_is_said_at_once()
    {
        var problems = Fleets.Evaluate(Gateway, new PostgreSql(), Everything with
        {
            Database = HomeserverDatabase.PostgreSql,
            FederationAuthorities = [new LocalPath("root.pem", "./root.pem")],
            FederationNetworks = ["10.1.0.0/16"],
            AdminUser = "conduit",
            TuwunelRelease = new Download("tuwunel", "http://example.org/tuwunel.zst"),
        }).Problems;

        Golden.Matches("tuwunel-problems.txt", CaddyTests.Said(problems));
    }

    [Fact]
    public void What_is_wrong_with_its_release_matters_only_where_it_runs() =>
        Assert.Empty(Fleets.Evaluate(Gateway, new Matrix { TuwunelRelease = new Download("tuwunel", "http://example.org/tuwunel.zst") }).Problems);
}
