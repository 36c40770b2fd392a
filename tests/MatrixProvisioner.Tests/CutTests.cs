using MatrixProvisioner.Tests.Harness;

namespace MatrixProvisioner.Tests;

/// <summary>The connection is cut at each request in turn, before the homeserver took it and after. The next run must end as if nothing had been.</summary>
public sealed class CutTests
{
    [Theory]
    [InlineData(Dialect.Synapse, false)]
    [InlineData(Dialect.Synapse, true)]
    [InlineData(Dialect.Tuwunel, false)]
    [InlineData(Dialect.Tuwunel, true)]
    public async Task Cut_at_any_request_the_next_run_ends_with_one_Space_and_no_room_twice(Dialect dialect, bool after)
    {
        var requests = await RequestsAsync(dialect);
        Assert.True(requests > 20);
        for (var at = 1; at <= requests; at++)
        {
            await using var fake = await FakeMatrix.StartAsync(dialect);
            using var hive = new HiveOnDisk(fake.Url);
            (fake.CutAt, fake.CutAfter) = (at, after);
            try
            {
                await hive.RunAsync();
            }
            catch (ProvisionError)
            {
                // As the unit would fail, and be started again.
            }
            await hive.RunAsync();
            AssertWhole(fake.World, hive, $"request {at} of {requests} cut {(after ? "after" : "before")}: {fake.Log.ElementAtOrDefault(at - 1)}");
            Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Dialect.Synapse)]
    [InlineData(Dialect.Tuwunel)]
    public async Task Cut_again_and_again_it_gets_there(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);
        for (var run = 0; ; run++)
        {
            Assert.True(run < 200, "it never gets there");
            (fake.CutAt, fake.CutAfter) = (fake.Requests + 3 + run, run % 2 == 0);
            try
            {
                await hive.RunAsync();
                break;
            }
            catch (ProvisionError)
            {
                // Once more.
            }
        }
        AssertWhole(fake.World, hive, "after many cuts");
    }

    /// <summary>All that is declared is there once, and each agent's token is the only one of its account.</summary>
    internal static void AssertWhole(World world, HiveOnDisk hive, string when)
    {
        Assert.True(world.Users.Keys.SequenceEqual(["@hive:hive.test", "@scout:hive.test", "@scribe:hive.test"]), when);
        Assert.True(world.Rooms.Count == 3, $"{when}: {world.Rooms.Count} rooms");
        var space = Assert.Single(world.Rooms, room => (string?)room.Value[("m.room.create", "")]["type"] == "m.space").Key;
        Assert.Equal(space, hive.RoomId("space"));
        foreach (var agent in new[] { "scout", "scribe" })
        {
            var tokens = world.Users[$"@{agent}:hive.test"].Tokens;
            Assert.True(tokens.Count == 1 && tokens.Contains(hive.TokenOf(agent)!), $"{when}: {agent} has {tokens.Count} sessions");
            Assert.True(world.Membership(space, $"@{agent}:hive.test") == "join", $"{when}: {agent} is not in the Space");
            Assert.True(world.Membership(hive.RoomId("hive-chat"), $"@{agent}:hive.test") == "join", $"{when}: {agent} is not in hive-chat");
        }
        Assert.Null(world.Membership(hive.RoomId("papers"), "@scout:hive.test"));
        foreach (var key in new[] { "hive-chat", "papers" })
        {
            var room = world.Rooms[hive.RoomId(key)];
            Assert.Equal("restricted", (string?)room[("m.room.join_rules", "")]["join_rule"]);
            Assert.Equal(space, (string?)room[("m.room.join_rules", "")]["allow"]![0]!["room_id"]);
            Assert.Equal(World.ServerName, (string?)room[("m.space.parent", space)]["via"]![0]);
            Assert.Equal(World.ServerName, (string?)world.Rooms[space][("m.space.child", hive.RoomId(key))]["via"]![0]);
        }
    }

    private static async Task<int> RequestsAsync(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        AssertWhole(fake.World, hive, "uncut");
        return fake.Requests;
    }
}
