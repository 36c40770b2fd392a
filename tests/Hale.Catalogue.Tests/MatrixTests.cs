using System.Text.Json.Nodes;

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
        Assert.DoesNotContain(new Registration().InviteCode.Shape!.Alphabet, character => "0o1lIiO".Contains(character));

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
            },
            new Registration { Host = "Example.org", InviteCode = Secret.Generated("code", 8) }).Problems;

        Golden.Matches("matrix-problems.txt", CaddyTests.Said(problems));
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
