using System.Globalization;
using System.Text.Json.Nodes;

namespace Hale.Catalogue.Tests;

/// <summary>What a homeserver is told, in the words of Matrix's settings, whatever its own configuration calls it.</summary>
internal sealed record Rendered
{
    public required string ServerName { get; init; }

    public required int Port { get; init; }

    public required IEnumerable<string> Addresses { get; init; }

    public required long MaxRequestSize { get; init; }

    public required string RoomVersion { get; init; }

    public required bool Federation { get; init; }

    public required IEnumerable<string> TrustedServers { get; init; }

    /// <summary>Whether an account needs a token, where accounts are made at all.</summary>
    public required bool NeedsToken { get; init; }

    /// <summary>The file of the shared secret that the first administrator is made with.</summary>
    public required string SharedSecretFile { get; init; }

    /// <summary>Whether whoever registers first becomes the administrator.</summary>
    public required bool FirstUserRules { get; init; }

    /// <summary>Whether the address of a client is what the gateway says.</summary>
    public required bool BelievesTheGateway { get; init; }
}

/// <summary>What holds for every provider of <see cref="Matrix"/>: the same settings mean the same.</summary>
public abstract class HomeserverContract
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };

    private protected abstract Homeserver Provider { get; }

    private protected abstract string UnitName { get; }

    private protected abstract Rendered Read(HostPlan plan);

    private HostPlan Plan(Matrix matrix) => Fleets.Evaluate(Gateway, matrix with { Provider = Provider }).Single();

    [Fact]
    public void Every_setting_arrives()
    {
        var rendered = Read(Plan(new Matrix
        {
            ServerName = "example.com",
            GatewayHost = "matrix.example.com",
            Port = 6167,
            MaxRequestSize = 50_000_000,
            RoomVersion = "12",
            Federation = true,
            TrustedServers = ["keys.example.com", "more.example.com"],
        }));

        Assert.Equal("example.com", rendered.ServerName);
        Assert.Equal(6167, rendered.Port);
        Assert.Equal(50_000_000, rendered.MaxRequestSize);
        Assert.Equal("12", rendered.RoomVersion);
        Assert.True(rendered.Federation);
        Assert.Equal(["keys.example.com", "more.example.com"], rendered.TrustedServers);
    }

    [Fact]
    public void What_nobody_opened_is_closed()
    {
        var plan = Plan(new Matrix());
        var rendered = Read(plan);

        Assert.Equal("example.org", rendered.ServerName);
        Assert.Equal(["127.0.0.1"], rendered.Addresses);
        Assert.False(rendered.Federation);
        Assert.Empty(rendered.TrustedServers);
        Assert.True(rendered.NeedsToken);
        Assert.False(rendered.FirstUserRules);
        Assert.True(rendered.BelievesTheGateway);
        Assert.Equal(20_000_000, rendered.MaxRequestSize);
        Assert.Equal("10", rendered.RoomVersion);
        Assert.Equal(["80", "443"], plan.Ports.Select(port => port.Port.ToString()));
    }

    [Fact]
    public void Secrets_reach_it_as_credentials_and_nothing_it_reads_from_the_store_names_one()
    {
        var plan = Plan(new Matrix());
        var unit = plan.Unit(UnitName);

        Assert.Equal($"/run/credentials/{UnitName}/registration_shared_secret", Read(plan).SharedSecretFile);
        Assert.Contains(unit.Credentials, credential => credential.Id == "registration_shared_secret" && credential.Secret!.IsGenerated);
        Assert.DoesNotContain(plan.Derivations.OfType<TextFile>(), text => text.Content.ToString().Contains("/run/secrets/matrix", StringComparison.Ordinal) && !text.Name.EndsWith(".service", StringComparison.Ordinal));
    }

    [Fact]
    public void It_runs_on_a_root_of_its_own_as_a_user_of_its_own_and_says_when_it_is_ready()
    {
        var body = Plan(new Matrix()).Unit(UnitName).Body.ToLookup(line => line.Key, line => line.Value.ToString());

        Assert.Equal(["notify"], body["Type"]);
        Assert.Equal(["yes"], body["DynamicUser"]);
        Assert.Single(body["RootDirectory"]);
        Assert.Equal(["yes"], body["NoNewPrivileges"]);
        Assert.Equal(["strict"], body["ProtectSystem"]);
        Assert.Equal(["0700"], body["StateDirectoryMode"]);
        Assert.Equal([""], body["CapabilityBoundingSet"]);
    }

    [Fact]
    public void The_first_administrator_and_the_token_are_provisioned_after_it_is_up()
    {
        var plan = Plan(new Matrix { AdminUser = "ruth" });
        var provision = plan.Unit("matrix-provision.service");

        Assert.Contains(provision.Body, line => line is { Key: "Requires" } && line.Value.ToString() == UnitName);
        Assert.Contains(provision.Body, line => line.Value.ToString() == "ADMIN_USER=ruth");
        Assert.Equal(["admin_password", "registration_shared_secret", "registration_token"], provision.Credentials.Select(credential => credential.Id).Order());
        Assert.Contains(plan.Checks, check => check.Unit == UnitName);
        Assert.Contains(plan.Checks, check => check.Unit == "matrix-provision.service");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_gateway_is_the_same_for_all(bool federation) =>
        Assert.Equal(
            Fleets.Evaluate(Gateway, new Matrix { Federation = federation }).Single().CaddyJson(),
            Plan(new Matrix { Federation = federation }).CaddyJson());

    [Fact]
    public void Registration_without_a_token_is_refused() =>
        Assert.Contains(
            Fleets.Evaluate(Gateway, new Matrix { Provider = Provider, RegistrationToken = null! }).Problems,
            problem => problem.Message.Contains("anybody could make accounts", StringComparison.Ordinal));
}

/// <summary>The contract for Synapse.</summary>
public sealed class SynapseContractTests : HomeserverContract
{
    private protected override Homeserver Provider => Homeserver.Synapse;

    private protected override string UnitName => "matrix-synapse.service";

    private protected override Rendered Read(HostPlan plan)
    {
        var config = JsonNode.Parse(plan.Text("homeserver.yaml"))!;
        var listener = Assert.Single(config["listeners"]!.AsArray())!;
        var federates = listener["resources"]!.AsArray().SelectMany(resource => resource!["names"]!.AsArray()).Any(name => (string?)name == "federation");
        Assert.Equal(!federates, config["federation_domain_whitelist"] is JsonArray { Count: 0 });
        return new Rendered
        {
            ServerName = (string)config["server_name"]!,
            Port = (int)listener["port"]!,
            Addresses = listener["bind_addresses"]!.AsArray().Select(address => (string)address!),
            MaxRequestSize = (long)config["max_upload_size"]!,
            RoomVersion = (string)config["default_room_version"]!,
            Federation = federates,
            TrustedServers = config["trusted_key_servers"]!.AsArray().Select(server => (string)server!["server_name"]!),
            NeedsToken = (bool)config["enable_registration"]! && (bool)config["registration_requires_token"]!,
            SharedSecretFile = (string)config["registration_shared_secret_path"]!,
            FirstUserRules = false, // Synapse has no such thing
            BelievesTheGateway = (bool)listener["x_forwarded"]!,
        };
    }
}

/// <summary>The contract for tuwunel.</summary>
public sealed class TuwunelContractTests : HomeserverContract
{
    private protected override Homeserver Provider => Homeserver.Tuwunel;

    private protected override string UnitName => "tuwunel.service";

    private protected override Rendered Read(HostPlan plan)
    {
        var config = Toml.Values(plan.Text("tuwunel.toml"));
        var unit = plan.Unit(UnitName);
        Assert.Contains(unit.Credentials, credential => $"\"/run/credentials/{UnitName}/{credential.Id}\"" == config["global.registration_token_file"]);
        return new Rendered
        {
            ServerName = Text("server_name"),
            Port = int.Parse(config["global.port"], CultureInfo.InvariantCulture),
            Addresses = List("address"),
            MaxRequestSize = long.Parse(config["global.max_request_size"], CultureInfo.InvariantCulture),
            RoomVersion = Text("default_room_version"),
            Federation = bool.Parse(config["global.allow_federation"]),
            TrustedServers = List("trusted_servers"),
            NeedsToken = bool.Parse(config["global.allow_registration"]) && Text("registration_token_file").Length > 0,
            SharedSecretFile = Text("registration_shared_secret_file"),
            FirstUserRules = bool.Parse(config["global.grant_admin_to_first_user"]),
            BelievesTheGateway = Text("ip_source") == "rightmost_x_forwarded_for",
        };

        string Text(string key) => (string)JsonNode.Parse(config[$"global.{key}"])!;

        IEnumerable<string> List(string key) => JsonNode.Parse(config[$"global.{key}"])!.AsArray().Select(item => (string)item!);
    }
}
