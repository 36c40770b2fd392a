using System.Text.Json.Nodes;

namespace Hale.Catalogue.Tests;

/// <summary>A declared hive: what it comes to, and what is said to be wrong. What it does is a test of the provisioner and of the lab.</summary>
public sealed class HiveTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };

    [Fact]
    public void All_that_is_wrong_with_a_hive_is_said_at_once_with_a_hint()
    {
        var evaluation = Fleets.Evaluate(Gateway, new Matrix { AdminUser = "queen" }, new Hive
        {
            AdminUser = "queen",
            Agents =
            [
                new Agent("scout"), new Agent("scout"), new Agent("Scribe"), new Agent("queen"), new Agent("one") { StateDirectory = "shared" },
                new Agent("two") { StateDirectory = "shared", Unit = "two" }, new Agent("three") { StateDirectory = "../etc", TokenFile = "a/b" }, new Agent("old"),
            ],
            Rooms = [new HiveRoom("space"), new HiveRoom("Great Hall"), new HiveRoom("talk") { Members = ["nobody"] }, new HiveRoom("talk")],
            Retired = ["old"],
            RoomVersion = "7",
        });

        Golden.Matches("hive-problems.txt", string.Join('\n', evaluation.Problems.Select(problem => $"{problem.Message}\n    {problem.Hint}")) + "\n");
    }

    [Fact]
    public void A_hive_without_a_homeserver_is_refused() =>
        Assert.Contains(Fleets.Evaluate(Gateway, new Hive()).Problems, problem => problem.Message.Contains("has no Matrix", StringComparison.Ordinal));

    [Fact]
    public void An_agent_may_have_its_unit_its_folder_and_its_file_under_other_names()
    {
        var plan = Fleets.Evaluate(Gateway, new Matrix(), new Hive
        {
            Agents = [new Agent("scout") { Unit = "scouting@north.service", StateDirectory = "scouts/north", TokenFile = "matrix" }],
        }).Single();

        Assert.Contains(plan.Unit("hive-wake-scout.path").Body, line => line is { Key: "PathChanged" } && line.Value.ToString() == "/var/lib/scouts/north/matrix");
        Assert.Contains(plan.Unit("hive-wake-scout.service").Body, line => line.Value.ToString().EndsWith("restart --no-block scouting@north.service", StringComparison.Ordinal));
        Assert.Contains(plan.Unit("hive-provision.service").Body, line => line.Key == "BindPaths" && line.Value.ToString() == "/var/lib/scouts/north:/run/agents/scout");
        Assert.Equal("matrix", (string?)JsonNode.Parse(plan.Text("hive.json"))!["agents"]![0]!["tokenFile"]);
    }

    [Fact]
    public void No_agent_is_handed_what_accounts_are_made_with()
    {
        var plan = Fleets.Evaluate(Gateway, new Matrix(), new Hive { Agents = [new Agent("scout")] }).Single();

        Assert.Equal(["registration_token", "password_seed"], plan.Unit("hive-provision.service").Credentials.Select(credential => credential.Id));
        Assert.DoesNotContain(plan.Units, unit => unit.Name.StartsWith("hive-wake", StringComparison.Ordinal) && unit.Credentials.Count > 0);
    }

    [Fact]
    public void Synapse_has_room_for_a_whole_hive_and_its_own_limits_without_one()
    {
        JsonNode Config(params Module[] modules) => JsonNode.Parse(Fleets.Evaluate([Gateway, new Matrix(), .. modules]).Single().Text("homeserver.yaml"))!;

        Assert.Null(Config()["rc_registration"]);
        var config = Config(new Hive { Agents = [.. Enumerable.Range(0, 20).Select(number => new Agent($"agent{number}"))] });
        Assert.Equal(30, (int)config["rc_registration"]!["burst_count"]!);
        Assert.Null(config["rc_login"]!["failed_attempts"]);
    }
}
