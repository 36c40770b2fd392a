using System.Text.Json.Nodes;

namespace Hale.Catalogue.Tests;

/// <summary>Calls: LiveKit's configuration, who gives tokens to whom, and what is said to be wrong.</summary>
public sealed class CallTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };
    private static readonly Matrix Homeserver = new() { ServerName = "example.org", GatewayHost = "matrix.example.org" };

    [Fact]
    public void LiveKit_reads_like_this() =>
        Golden.Matches("livekit.yaml", Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit()).Single().Text("livekit.yaml"));

    [Fact]
    public void Clients_learn_of_calls_and_the_gateway_leads_there()
    {
        var caddy = Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit()).Single().CaddyJson();

        Assert.Contains("org.matrix.msc4143.rtc_foci", caddy, StringComparison.Ordinal);
        Assert.Contains("https://matrix.example.org/livekit/jwt", caddy, StringComparison.Ordinal);
        foreach (var path in (string[])["/livekit/jwt/*", "/livekit/sfu/*", "/sfu/get"])
            Assert.Contains($"\"{path}\"", caddy, StringComparison.Ordinal);
        Assert.DoesNotContain("rtc_foci", Fleets.Evaluate(Gateway, Homeserver).Single().CaddyJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_service_asks_its_own_homeserver_directly_and_only_its_users_open_calls()
    {
        var lines = Environment(Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit()).Single());

        Assert.Contains("FULL_ACCESS_SERVERS=example.org", lines);
        Assert.Contains("LOCAL_SERVERS=example.org=http://127.0.0.1:8008,matrix.example.org=http://127.0.0.1:8008", lines);
        Assert.Contains("LIVEKIT_URL=wss://matrix.example.org/livekit/sfu", lines);
        Assert.Contains("ALLOWED_NETWORKS=", lines);
    }

    [Fact]
    public void Synapse_says_whose_token_it_is_although_it_does_not_federate()
    {
        var config = JsonNode.Parse(Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit()).Single().Text("homeserver.yaml"))!;

        Assert.Equal(["client", "openid"], config["listeners"]![0]!["resources"]![0]!["names"]!.AsArray().Select(name => (string?)name));
        Assert.Equal("24h", (string?)config["max_event_delay_duration"]);
    }

    [Fact]
    public void The_key_is_a_credential_of_both_and_stands_in_no_text()
    {
        var plan = Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit()).Single();

        foreach (var unit in (string[])["livekit.service", "call-tokens.service"])
            Assert.Equal("rendered/livekit/keys", Assert.Single(plan.Unit(unit).Credentials).StagedName);
        Assert.DoesNotContain("key_secret", plan.Text("livekit.yaml"), StringComparison.Ordinal);
        Assert.Equal("hale: {{secret:livekit/key_secret|raw}}\n", new LiveKit().KeyFile.Content.ToString());
    }

    [Fact]
    public void Media_ports_are_open_and_taken_and_the_others_are_not()
    {
        var plan = Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit()).Single();

        Assert.Equal(["80/tcp", "443/tcp", "7881/tcp", "50000-50200/udp"], plan.Ports.Select(port => port.Label));
        Assert.Contains(
            Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit { TcpPort = 8008 }).Problems,
            problem => problem.Message.Contains("both listen on tcp port 8008", StringComparison.Ordinal));
    }

    [Fact]
    public void In_the_lab_there_are_tokens_and_no_server_for_media()
    {
        var fleet = Fleets.Of(Gateway, Homeserver, new CallTokens(), new LiveKit());

        var plan = Assert.Single(Evaluator.Evaluate(fleet, inLab: true).Plans);

        Assert.DoesNotContain(plan.Units, unit => unit.Name == "livekit.service");
        Assert.Contains(plan.Units, unit => unit.Name == "call-tokens.service");
        Assert.DoesNotContain(plan.Derivations, derivation => derivation is Download);
    }

    [Fact]
    public void A_release_is_pinned_by_its_checksum_and_an_unknown_one_is_asked_for()
    {
        var download = Assert.Single(Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit()).Single().Derivations.OfType<Download>());
        Assert.Equal("https://github.com/livekit/livekit/releases/download/v1.13.9/livekit_1.13.9_linux_amd64.tar.gz", download.Url);
        Assert.Equal(64, download.Sha256.Length);

        var other = Assert.Single(Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit { Version = "1.14.0" }).Problems);
        Assert.Contains("livekit_1.14.0_linux_amd64.tar.gz in the checksums.txt", other.Hint, StringComparison.Ordinal);
        var arm = Assert.Single(Evaluator.Evaluate(Fleets.Of(new Host("one") { Platform = Platform.Arm64, Modules = { Gateway, Homeserver, new CallTokens(), new LiveKit() } })).Problems);
        Assert.Contains("livekit_1.13.9_linux_arm64.tar.gz", arm.Hint, StringComparison.Ordinal);
        Assert.Empty(Fleets.Evaluate(Gateway, Homeserver, new CallTokens(), new LiveKit { Version = "1.14.0", Sha256 = new string('a', 64) }).Problems);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once() =>
        Golden.Matches("call-problems.txt", CaddyTests.Said(Fleets.Evaluate(
            new CallTokens { FullAccess = ["*", "https://example.com", "example.com:99999"], AllowedNetworks = ["10.0.0.0", "10.0.0.0/33", "inner"] },
            new LiveKit { FirstUdpPort = 50200, LastUdpPort = 50000, Sha256 = "abc", KeySecret = Secret.Generated("key", 16) }).Problems)
        + "\n" + CaddyTests.Said(Fleets.Evaluate(Gateway, Homeserver, new CallTokens()).Problems)
        + "\n" + CaddyTests.Said(Fleets.Evaluate(Gateway, Homeserver, new LiveKit { Version = "v1" }).Problems));

    private static IEnumerable<string> Environment(HostPlan plan) =>
        plan.Unit("call-tokens.service").Body.Where(line => line.Key == "Environment").Select(line => line.Value.ToString());
}
