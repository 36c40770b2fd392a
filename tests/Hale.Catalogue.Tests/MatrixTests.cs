using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hale.Catalogue.Tests;

/// <summary>Matrix and its registration page: configuration, defaults that are closed, and what is said to be wrong.</summary>
public sealed class MatrixTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };

    [Fact]
    public void A_federating_server_with_a_gateway_of_another_name_reads_like_this()
    {
        var plan = Fleets.Evaluate(Gateway, new Matrix
        {
            ServerName = "example.org",
            GatewayHost = "matrix.example.org",
            Federation = true,
            TrustedServers = ["keys.example.com"],
            MaxRequestSize = 50_000_000,
            Port = 6167,
        }).Single();

        var log = plan.Derivations.Single(derivation => derivation.Name == "log.yaml");
        Golden.Matches("homeserver.yaml", plan.Text("homeserver.yaml").Replace(log.Path, "«log.yaml»", StringComparison.Ordinal));
        Assert.Equal(["example.org", "matrix.example.org"], plan.Sites());
    }

    [Fact]
    public void What_nobody_opened_is_closed()
    {
        var config = JsonNode.Parse(Fleets.Evaluate(Gateway, new Matrix()).Single().Text("homeserver.yaml"))!;

        Assert.Equal("example.org", (string?)config["server_name"]);
        Assert.Equal(["client"], config["listeners"]![0]!["resources"]![0]!["names"]!.AsArray().Select(name => (string?)name));
        Assert.Equal(["127.0.0.1"], config["listeners"]![0]!["bind_addresses"]!.AsArray().Select(name => (string?)name));
        Assert.Empty(config["federation_domain_whitelist"]!.AsArray());
        Assert.Empty(config["trusted_key_servers"]!.AsArray());
        Assert.True((bool)config["registration_requires_token"]!);
        Assert.False((bool)config["report_stats"]!);
    }

    [Fact]
    public void Secrets_but_the_invite_code_are_made_on_the_machine_and_reach_services_as_credentials_only()
    {
        var plan = Fleets.Evaluate(Gateway, new Matrix(), new Registration()).Single();

        Assert.Equal(
            ["invite_code", "matrix/admin_password", "matrix/form_secret", "matrix/macaroon_secret_key", "matrix/registration_shared_secret", "matrix/registration_token"],
            plan.Secrets.Select(secret => secret.Secret.Name));
        Assert.All(plan.Secrets, secret => Assert.Equal(secret.Secret.Name != "invite_code", secret.Secret.IsGenerated));
        Assert.Equal(["invite_code", "registration_token"], plan.Unit("registration.service").Credentials.Select(credential => credential.Id));
        Assert.DoesNotContain(plan.Unit("registration.service").Credentials, credential => credential.Secret == SynapseUnit.SharedSecret);
    }

    [Fact]
    public void An_invite_code_can_be_one_that_the_machine_makes() =>
        Assert.True(Fleets.Evaluate(Gateway, new Matrix(), new Registration { InviteCode = Secret.Generated("invite_code") })
            .Single().Secrets.Single(secret => secret.Secret.Name == "invite_code").Secret.IsGenerated);

    [Fact]
    public void Nobody_mistakes_a_character_of_the_invite_code_for_another() =>
        Assert.DoesNotContain(new Registration().InviteCode!.Shape!.Alphabet, character => "0o1lIiO".Contains(character));

    [Fact]
    public void Each_version_of_synapse_keeps_byte_code_of_its_own()
    {
        var unit = Fleets.Evaluate(Gateway, new Matrix()).Single().Unit("matrix-synapse.service");
        var root = unit.Body.Single(line => line.Key == "RootDirectory").Value.ToString();

        Assert.Contains(unit.Body, line => line.Value.ToString() == $"PYTHONPYCACHEPREFIX=/var/cache/matrix-synapse{root}");
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var problems = Fleets.Evaluate(
            new Matrix
            {
                ServerName = "https://Example.org/",
                GatewayHost = "matrix.example.org:8448",
                MaxRequestSize = 10,
                TrustedServers = ["not a name", "keys.example.com"],
                AdminUser = "The Admin",
                RegistrationToken = Secret.Generated("token", 65),
                RoomVersion = "5",
                Database = HomeserverDatabase.PostgreSql,
                FederationPort = 8448,
                OpenFirewall = true,
                FederationNetworks = ["10.1.0.0/16", "10.1.0.0", "10.1.0/8", "10.1.0.0/33", "fd00::/8"],
                SupportUser = "@ruth",
                SupportEmail = "ruth",
                SupportPage = "http://example.org",
            },
            new Registration { Host = "Example.org", InviteCode = Secret.Generated("code", 8) }).Problems;

        Golden.Matches("matrix-problems.txt", CaddyTests.Said(problems));
    }

    [Theory]
    [InlineData("12345", "for guests")]
    [InlineData("_bridge", "for bridges")]
    public void A_reserved_name_of_the_administrator_is_refused(string name, string why) =>
        Assert.Contains(why, Problem(new Matrix { AdminUser = name }).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("192.0.2.1", "is an address")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.org", "255")]
    public void A_server_name_that_would_not_last_is_refused(string name, string why) =>
        Assert.Contains(why, Problem(new Matrix { ServerName = name }).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_hosts_of_a_fleet_are_not_one_server()
    {
        Host Named(string name, Matrix matrix) => new(name) { Modules = { Gateway, matrix } };

        var problem = Assert.Single(Evaluator.Evaluate(new Fleet("example.org") { Hosts = { Named("one", new Matrix()), Named("two", new Matrix()) } }).Problems);
        Assert.Equal("one is the homeserver example.org already, and people and other servers find one of the two.", problem.Message);
        Assert.Contains("ServerName = \"two.example.org\"", problem.Hint, StringComparison.Ordinal);

        Assert.Empty(Evaluator.Evaluate(new Fleet("example.org") { Hosts = { Named("one", new Matrix()), Named("two", new Matrix { ServerName = "two.example.org" }) } }).Problems);
    }

    [Theory]
    [InlineData("b.example.org", "m.example.org", "GatewayHost = \"matrix.b.example.org\"")]
    [InlineData("b.example.org", "a.example.org", "GatewayHost = \"matrix.b.example.org\"")]
    [InlineData("m.example.org", "n.example.org", "ServerName = \"two.example.org\"")]
    public void Two_hosts_of_a_fleet_do_not_share_a_name(string server, string gateway, string instead)
    {
        Host Named(string name, Matrix matrix) => new(name) { Modules = { Gateway, matrix } };

        var one = Named("one", new Matrix { ServerName = "a.example.org", GatewayHost = "m.example.org" });
        var problem = Assert.Single(Evaluator.Evaluate(new Fleet("example.org") { Hosts = { one, Named("two", new Matrix { ServerName = server, GatewayHost = gateway }) } }).Problems);
        Assert.Contains("one answers at ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(instead, problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_homeservers_on_one_host_are_told_as_what_they_are()
    {
        var problems = Fleets.Evaluate(Gateway, new Matrix(), new Matrix { Name = "second", ServerName = "b.example.org", Port = 8108, AdminUser = "b" }).Problems;

        Assert.Equal("one has two homeservers, and units and data of the one would be the other's.", problems[0].Message);
        Assert.DoesNotContain(problems, problem => problem.Message.Contains("around what keeps", StringComparison.Ordinal));
    }

    [Fact]
    public void However_small_uploads_must_be_other_servers_get_their_transactions_through()
    {
        var small = new Matrix { Federation = true, MaxRequestSize = 1_000_000 };
        Assert.Equal(["13107200", "1000000"], Limits(small));
        Assert.Equal(["20000000"], Limits(new Matrix { Federation = true }));
        Assert.Equal(["1000000"], Limits(small with { Federation = false }));
        // tuwunel has one limit for all.
        Assert.Contains("Write 13_107_200 or more", Problem(small with { Provider = Homeserver.Tuwunel }).Hint, StringComparison.Ordinal);
        Assert.Empty(Fleets.Evaluate(Gateway, small with { Provider = Homeserver.Tuwunel, MaxRequestSize = 13_107_200 }).Problems);

        static IEnumerable<string> Limits(Matrix matrix) =>
            Regex.Matches(Fleets.Evaluate(Gateway, matrix).Single().CaddyJson(), "\"max_size\": (\\d+)").Select(found => found.Groups[1].Value);
    }

    [Fact]
    public void The_name_of_an_account_that_is_taken_is_not_what_is_proposed() =>
        Assert.Equal("Take another name.", Assert.Single(Fleets.Evaluate(Gateway, new Matrix { AdminUser = "invites" }, new Registration()).Problems).Hint);

    [Fact]
    public void A_registration_token_that_can_be_guessed_or_that_Matrix_does_not_take_is_refused()
    {
        Assert.Contains("can be guessed", Problem(new Matrix { RegistrationToken = Secret.Generated("token", 8) }).Message, StringComparison.Ordinal);
        Assert.Contains("'/'", Problem(new Matrix { RegistrationToken = Secret.Generated("token", 64, "abc/") }).Message, StringComparison.Ordinal);
        Assert.Contains("Base64", Problem(new Matrix { RegistrationToken = Secret.Named("token", SecretShape.Base64()) }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Servers_that_are_trusted_while_none_is_talked_to_are_a_mistake() =>
        Assert.Contains("while Federation is off", Problem(new Matrix { TrustedServers = ["keys.example.com"] }).Message, StringComparison.Ordinal);

    [Fact]
    public void A_port_of_federation_that_the_firewall_keeps_closed_is_a_mistake() =>
        Assert.Contains("OpenFirewall = true", Problem(new Matrix { Federation = true, FederationPort = 8448 }).Hint, StringComparison.Ordinal);

    [Theory]
    [InlineData(80, "speaks plain HTTP")]
    [InlineData(8008, "matrix-synapse.service listens on")]
    public void A_port_of_federation_that_is_taken_is_a_mistake(int port, string why) =>
        Assert.Contains(
            Fleets.Evaluate(Gateway, new Matrix { Federation = true, FederationPort = port, OpenFirewall = true }).Problems,
            problem => problem.Message.Contains(why, StringComparison.Ordinal));

    [Fact]
    public void Federation_without_a_gateway_is_a_mistake() =>
        Assert.Contains("for other servers", Assert.Single(Fleets.Evaluate(new Matrix { Federation = true }).Problems).Message, StringComparison.Ordinal);

    [Fact]
    public void A_site_that_hands_everything_on_to_the_homeserver_is_a_hole()
    {
        var host = new Host("one")
        {
            Modules = { Gateway, new Matrix() },
            Contributions = { new VirtualHost("chat.example.org") { Routes = [new ReverseProxy("localhost:8008")] } },
        };

        Assert.Contains("keeps registration and administration closed", Assert.Single(Evaluator.Evaluate(Fleets.Of(host)).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Federation_at_a_port_of_its_own_is_announced_opened_and_served_there()
    {
        var plan = Fleets.Evaluate(Gateway, new Matrix { GatewayHost = "matrix.example.org", Federation = true, FederationPort = 8448, OpenFirewall = true }).Single();
        var servers = JsonNode.Parse(plan.CaddyJson())!["apps"]!["http"]!["servers"]!;

        Assert.Equal(":8448", (string?)servers["sites-8448"]!["listen"]![0]);
        Assert.Equal(["example.org", "matrix.example.org"], servers["sites-8448"]!["routes"]!.AsArray()
            .Where(route => route!["match"] is not null).Select(route => (string)route!["match"]![0]!["host"]![0]!));
        Assert.Contains("{\\\"m.server\\\":\\\"matrix.example.org:8448\\\"}", plan.CaddyJson().Replace("\\\\{", "{", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(plan.Ports, port => port.Port == 8448);
    }

    [Fact]
    public void Who_answers_for_the_server_is_told_where_somebody_is_named()
    {
        var all = Fleets.Evaluate(Gateway, new Matrix { SupportUser = "@ruth:example.org", SupportEmail = "help@example.org", SupportPage = "https://example.org/help" }).Single();
        var page = Fleets.Evaluate(Gateway, new Matrix { SupportPage = "https://example.org/help" }).Single();

        Assert.Contains("""{\"contacts\":[{\"matrix_id\":\"@ruth:example.org\",\"email_address\":\"help@example.org\",\"role\":\"m.role.admin\"}],\"support_page\":\"https://example.org/help\"}""", Plain(all), StringComparison.Ordinal);
        Assert.Contains("""{\"support_page\":\"https://example.org/help\"}""", Plain(page), StringComparison.Ordinal);
        Assert.Contains("This server names nobody.", Plain(Fleets.Evaluate(Gateway, new Matrix()).Single()), StringComparison.Ordinal);

        static string Plain(HostPlan plan) => plan.CaddyJson().Replace("\\\\{", "{", StringComparison.Ordinal);
    }

    private static Problem Problem(Matrix matrix) => Assert.Single(Fleets.Evaluate(Gateway, matrix).Problems);

    [Theory]
    [InlineData("hale", "is the administrator's on this host already")]
    [InlineData("claude", "is the assistant's on this host already")]
    [InlineData("scout", "is an agent's on this host already")]
    [InlineData("_bridge", "for bridges")]
    [InlineData("2026", "for guests")]
    [InlineData("Invites", "not a user name")]
    [InlineData("", null)]
    [InlineData("usher", null)]
    public void The_account_that_lets_people_into_rooms_has_a_name_of_its_own(string name, string? problem)
    {
        var problems = Fleets.Evaluate(
            Gateway, new Matrix(), new Companion { UserName = "claude" }, new Hive { Agents = [new Agent("scout")] }, new Registration { Inviter = name }).Problems;
        Assert.Equal(problem is null ? 0 : 1, problems.Count);
        Assert.All(problems, one => Assert.Contains(problem!, one.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Registration_without_matrix_is_a_problem_with_a_hint()
    {
        var problem = Assert.Single(Fleets.Evaluate(Gateway, new Registration()).Problems);

        Assert.Equal("Registration makes Matrix accounts, but one has no Matrix.", problem.Message);
        Assert.Contains("new Matrix { ServerName = \"example.org\" }", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_services_on_one_port_are_a_problem() =>
        Assert.Contains(
            Fleets.Evaluate(Gateway, new Matrix(), new Registration { Port = 8008 }).Problems,
            problem => problem.Message == "matrix-synapse.service and registration.service both listen on tcp port 8008.");

    [Fact]
    public void What_a_person_may_open_says_where_the_invite_code_lies()
    {
        var reachable = Fleets.Evaluate(Gateway, new Matrix(), new Registration()).Single().Reachable.Single(one => one.Name == "Registration");

        Assert.Equal("https://example.org/register/", reachable.Url);
        Assert.Contains("/run/secrets/invite_code", reachable.Hint, StringComparison.Ordinal);
    }
}
