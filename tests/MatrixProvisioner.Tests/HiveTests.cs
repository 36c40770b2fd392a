using MatrixProvisioner.Hive;
using MatrixProvisioner.Tests.Harness;

namespace MatrixProvisioner.Tests;

/// <summary>What becomes of a declared hive, at both kinds of homeserver.</summary>
public sealed class HiveTests
{
    public static TheoryData<Dialect> Dialects => [Dialect.Synapse, Dialect.Tuwunel];

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_hive_is_made_admin_first_and_a_second_run_changes_nothing(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);

        Assert.StartsWith("Done with", await hive.RunAsync(), StringComparison.Ordinal);
        CutTests.AssertWhole(fake.World, hive, "made");
        Assert.Equal("@hive:hive.test: account made.", hive.Said.First());
        Assert.Equal("Scout", fake.World.Users["@scout:hive.test"].DisplayName);
        var before = fake.Requests;

        Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
        Assert.All(fake.Log.Skip(before), request => Assert.StartsWith("GET ", request, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_lost_token_is_replaced_and_the_lost_one_is_worth_nothing(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        var (lost, ids) = (hive.TokenOf("scout"), (hive.RoomId("space"), hive.RoomId("hive-chat")));

        // The agent's purge.
        Directory.Delete(hive.AgentFolder("scout"), recursive: true);
        await hive.RunAsync();

        CutTests.AssertWhole(fake.World, hive, "after the purge");
        Assert.NotEqual(lost, hive.TokenOf("scout"));
        Assert.Equal(ids, (hive.RoomId("space"), hive.RoomId("hive-chat")));
    }

    [Fact]
    public async Task A_token_that_the_homeserver_does_not_know_any_more_is_replaced()
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Synapse);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        foreach (var user in fake.World.Users.Values)
            user.Tokens.Clear();

        await hive.RunAsync();

        CutTests.AssertWhole(fake.World, hive, "signed in again");
    }

    [Fact]
    public async Task A_new_homeserver_under_the_old_name_gets_everything_anew()
    {
        await using var old = await FakeMatrix.StartAsync(Dialect.Synapse);
        using var hive = new HiveOnDisk(old.Url);
        await hive.RunAsync();
        old.World.Users.Clear();
        old.World.Rooms.Clear();

        await hive.RunAsync();

        CutTests.AssertWhole(old.World, hive, "anew");
    }

    [Fact]
    public async Task A_deleted_room_id_makes_a_new_room_and_the_others_stay()
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Tuwunel);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        var (space, chat) = (hive.RoomId("space"), hive.RoomId("hive-chat"));

        File.Delete(Path.Combine(hive.State, "rooms", "hive-chat"));
        await hive.RunAsync();

        Assert.Equal(space, hive.RoomId("space"));
        Assert.NotEqual(chat, hive.RoomId("hive-chat"));
        Assert.Equal("join", fake.World.Membership(hive.RoomId("hive-chat"), "@scout:hive.test"));
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task An_admin_that_left_a_room_is_in_it_again_where_it_may_and_else_that_is_told(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        var (chat, space) = (hive.RoomId("hive-chat"), hive.RoomId("space"));
        fake.World.Rooms[chat][("m.room.member", "@hive:hive.test")] = new() { ["membership"] = "leave" };
        await hive.RunAsync();
        Assert.Equal("join", fake.World.Membership(chat, "@hive:hive.test"));
        Assert.Contains("@hive:hive.test had left \"hive-chat\", and is in it again.", hive.Said);

        fake.World.Rooms[space][("m.room.member", "@hive:hive.test")] = new() { ["membership"] = "leave" };
        var error = await Assert.ThrowsAsync<ProvisionError>(hive.RunAsync);
        Assert.Equal($"@hive:hive.test is not in the room {space}, which is kept as \"space\", and may not join it.", error.Message);
    }

    [Theory]
    [InlineData("hive-chat")]
    [InlineData("space")]
    public async Task A_room_that_was_upgraded_is_followed_to_the_one_that_takes_its_place(string key)
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Synapse);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        var (old, space) = (hive.RoomId(key), hive.RoomId("space"));
        Upgrade(fake.World, old, "!next:hive.test");
        if (key == "space")
            fake.World.Rooms["!next:hive.test"][("m.room.member", "@hive:hive.test")] = new() { ["membership"] = "invite" };

        await hive.RunAsync();

        Assert.Equal("!next:hive.test", hive.RoomId(key));
        fake.World.Rooms.Remove(old);
        CutTests.AssertWhole(fake.World, hive, "after the upgrade");
        Assert.Contains(hive.Said, line => line.EndsWith($"was upgraded: !next:hive.test takes the place of {old}.", StringComparison.Ordinal));
        if (key != "space")
            Assert.Empty(fake.World.Rooms[space][("m.space.child", old)]);
        Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_that_the_admin_may_not_follow_is_told_and_one_that_leads_in_a_circle_ends()
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Synapse);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        var (old, space) = (hive.RoomId("hive-chat"), hive.RoomId("space"));
        Upgrade(fake.World, space, "!elsewhere:hive.test");
        var error = await Assert.ThrowsAsync<ProvisionError>(hive.RunAsync);
        Assert.Contains("was upgraded to !elsewhere:hive.test, and @hive:hive.test may not join that one.", error.Message, StringComparison.Ordinal);
        Assert.Contains($"delete {hive.State}/rooms/space", error.Hint, StringComparison.Ordinal);
        Assert.Equal(space, hive.RoomId("space"));

        fake.World.Rooms[space].Remove(("m.room.tombstone", ""));
        fake.World.Rooms[old][("m.room.tombstone", "")] = new() { ["replacement_room"] = old };
        await hive.RunAsync();
        Assert.Equal(old, hive.RoomId("hive-chat"));
    }

    // What Synapse carries over: the rules, not the members.
    private static void Upgrade(World world, string old, string next)
    {
        world.Rooms[next] = world.Rooms[old].Where(one => one.Key.Type is "m.room.join_rules" or "m.room.name" or "m.room.create")
            .ToDictionary(one => one.Key, one => (System.Text.Json.Nodes.JsonObject)one.Value.DeepClone());
        world.Rooms[old][("m.room.tombstone", "")] = new() { ["body"] = "This room is over.", ["replacement_room"] = next };
    }

    [Fact]
    public async Task What_somebody_changed_in_a_room_is_put_right_and_who_left_is_asked_in_again()
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Synapse);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        var room = fake.World.Rooms[hive.RoomId("hive-chat")];
        room[("m.room.join_rules", "")] = new() { ["join_rule"] = "public" };
        room[("m.room.name", "")] = new() { ["name"] = "something else" };
        room[("m.room.member", "@scout:hive.test")] = new() { ["membership"] = "leave" };
        room[("m.room.member", "@scribe:hive.test")] = new() { ["membership"] = "ban" };

        await hive.RunAsync();

        Assert.Equal("hive-chat", (string?)room[("m.room.name", "")]["name"]);
        Assert.Equal("restricted", (string?)room[("m.room.join_rules", "")]["join_rule"]);
        Assert.Equal("join", fake.World.Membership(hive.RoomId("hive-chat"), "@scout:hive.test"));
        Assert.Contains("@scribe:hive.test is banned from \"hive-chat\" and stays so.", hive.Said);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task An_agent_that_is_gone_from_the_declaration_stays_until_it_is_retired_by_name(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        hive.Declaration = hive.Declaration with
        {
            Agents = [new AgentDeclaration("scribe", "", "access_token")],
            Space = hive.Declaration.Space with { Members = ["scribe"] },
            Rooms = [.. hive.Declaration.Rooms.Select(room => room with { Members = ["scribe"] })],
        };

        Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
        Assert.False(fake.World.Users["@scout:hive.test"].Deactivated);
        Assert.Contains(hive.Said, line => line.Contains("@scout:hive.test is not declared any more", StringComparison.Ordinal));

        hive.Declaration = hive.Declaration with { Retired = ["scout", "nobody"] };
        await hive.RunAsync();
        Assert.True(fake.World.Users["@scout:hive.test"].Deactivated);
        Assert.Contains("@nobody:hive.test: there is no such account to retire.", hive.Said);
        Assert.False(fake.World.Users["@scribe:hive.test"].Deactivated);

        // Once it is done, nobody is asked about it again.
        var before = fake.Requests;
        hive.Declaration = hive.Declaration with { Retired = ["scout"] };
        Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("POST /login", fake.Log.Skip(before));
    }

    [Fact]
    public async Task A_name_that_somebody_else_has_or_that_was_retired_is_told_for_all_agents_at_once()
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Tuwunel);
        using var hive = new HiveOnDisk(fake.Url);
        fake.World.Add("scout", "somebody else's");
        fake.World.Add("scribe", "also");
        fake.World.Users["@scribe:hive.test"].Deactivated = true;

        var error = await Assert.ThrowsAsync<ProvisionError>(hive.RunAsync);

        Assert.Contains("@scout:hive.test exists, and is no account of this machine", error.Message, StringComparison.Ordinal);
        Assert.Contains("@scribe:hive.test was deactivated", error.Message, StringComparison.Ordinal);
        Assert.Empty(fake.World.Rooms);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_wrong_registration_token_is_told_from_everything_else(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url) { Token = "another" };

        Assert.Equal("The homeserver does not accept the registration token.", (await Assert.ThrowsAsync<ProvisionError>(hive.RunAsync)).Message);
    }

    [Fact]
    public async Task A_homeserver_that_says_later_is_waited_for()
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Synapse);
        using var hive = new HiveOnDisk(fake.Url);
        fake.LaterEvery = 3;

        await hive.RunAsync();

        CutTests.AssertWhole(fake.World, hive, "in spite of limits");
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_homeserver_that_fails_now_and_then_is_gone_on_with_in_one_run(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);
        fake.FailEvery = 17;

        await hive.PersistAsync();

        CutTests.AssertWhole(fake.World, hive, "in spite of failures");
        Assert.Contains(hive.Said, line => line.Contains("It goes on in 0.25 s.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_no_waiting_mends_ends_at_once_and_patience_has_an_end()
    {
        await using var fake = await FakeMatrix.StartAsync(Dialect.Synapse);
        using var hive = new HiveOnDisk(fake.Url) { Token = "another" };
        await Assert.ThrowsAsync<ProvisionError>(() => hive.PersistAsync());
        Assert.DoesNotContain(hive.Said, line => line.Contains("It goes on", StringComparison.Ordinal));

        fake.FailEvery = 1;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Assert.ThrowsAsync<ProvisionError>(() => hive.PersistAsync(TimeSpan.FromSeconds(1)));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10));
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task An_agent_that_is_taken_out_of_a_room_leaves_it_and_who_came_by_himself_stays(Dialect dialect)
    {
        await using var fake = await FakeMatrix.StartAsync(dialect);
        using var hive = new HiveOnDisk(fake.Url);
        await hive.RunAsync();
        var (all, chat, papers) = (hive.Declaration, hive.RoomId("hive-chat"), hive.RoomId("papers"));
        fake.World.Rooms[chat][("m.room.member", "@nana:hive.test")] = new() { ["membership"] = "join" };
        // Scout came into the papers by itself: whoever is in the Space may.
        fake.World.Rooms[papers][("m.room.member", "@scout:hive.test")] = new() { ["membership"] = "join" };

        hive.Declaration = all with { Rooms = [all.Rooms[0] with { Members = ["scribe"] }, all.Rooms[1]] };
        await hive.RunAsync();

        Assert.Equal(("leave", "join", "join"), (Of(chat, "scout"), Of(chat, "scribe"), Of(chat, "nana")));
        Assert.Equal("join", Of(papers, "scout"));
        Assert.Contains("@scout:hive.test is not among the members of \"hive-chat\" any more, and left it.", hive.Said);
        Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);

        // What it does itself from then on is its own affair; declared again, it is in for good.
        fake.World.Rooms[chat][("m.room.member", "@scout:hive.test")] = new() { ["membership"] = "join" };
        Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
        hive.Declaration = all;
        Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
        hive.Declaration = all with { Rooms = [all.Rooms[0] with { Members = ["scribe"] }, all.Rooms[1]] };
        await hive.RunAsync();
        Assert.Equal("leave", Of(chat, "scout"));

        string? Of(string room, string name) => fake.World.Membership(room, $"@{name}:hive.test");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cut_while_an_agent_is_taken_out_the_next_run_takes_it_out(bool after)
    {
        for (var at = 1; at < 40; at++)
        {
            await using var fake = await FakeMatrix.StartAsync(Dialect.Synapse);
            using var hive = new HiveOnDisk(fake.Url);
            await hive.RunAsync();
            hive.Declaration = hive.Declaration with { Rooms = [.. hive.Declaration.Rooms.Select(room => room with { Members = ["scout"] })] };
            (fake.CutAt, fake.CutAfter) = (fake.Requests + at, after);
            try
            {
                await hive.RunAsync();
            }
            catch (ProvisionError)
            {
                // As the unit would fail, and be started again.
            }
            fake.CutAt = 0;
            await hive.RunAsync();
            Assert.Equal(("join", "leave", "leave"), (
                fake.World.Membership(hive.RoomId("hive-chat"), "@scout:hive.test"), fake.World.Membership(hive.RoomId("hive-chat"), "@scribe:hive.test"),
                fake.World.Membership(hive.RoomId("papers"), "@scribe:hive.test")));
            Assert.StartsWith("Nothing to do", await hive.RunAsync(), StringComparison.Ordinal);
        }
    }
}
