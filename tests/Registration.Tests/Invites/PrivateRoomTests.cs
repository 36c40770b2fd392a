using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Registration.Tests.Invites;

/// <summary>Rooms that only their members let people into, at a real Synapse.</summary>
[Collection(RealSynapse.Name)]
public class PrivateRoomTests(SynapseServer synapse)
{
    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task New_people_get_into_a_private_room_once_its_members_have_invited_the_services_account()
    {
        await using var service = await StartAsync("usherone");
        var room = await RoomAsync("attic");
        var early = await service.AdminAsync(Create("#attic:example.test"));
        Assert.Equal("Invite @usherone:example.test there, once.", (string)Assert.Single(early["notes"]!.AsArray())!["hint"]!);
        Assert.Equal(200, (await service.ApiAsync("privateanna", code: (string)early["code"]!, from: "203.0.113.220")).Status);
        Assert.Empty(await RoomsOfAsync("privateanna"));

        await InviteAsync(room, "usherone");
        var made = await service.AdminAsync(Create("#attic:example.test"));
        Assert.Empty(made["notes"]!.AsArray());
        Assert.Equal(200, (await service.ApiAsync("privateberta", code: (string)made["code"]!, from: "203.0.113.220")).Status);

        Assert.Equal([room], await RoomsOfAsync("privateberta"));
        Assert.Equal("", (string)Assert.Single((await service.ShowAsync((string)made["invite"]!["id"]!))["uses"]!.AsArray())!["note"]!);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(service.State, "inviter.json")));
        Assert.DoesNotContain(Keys(service)["password"]!.GetValue<string>(), service.Log.Text);
        Assert.DoesNotContain(Keys(service)["access_token"]!.GetValue<string>(), service.Log.Text);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task The_account_is_made_once_and_signs_in_again_where_its_access_was_ended()
    {
        using var state = new TemporaryFolder();
        string room;
        await using (var service = await StartAsync("ushertwo", state.Path))
        {
            room = await RoomAsync("cellar");
            await service.AdminAsync(Create(room));
            await InviteAsync(room, "ushertwo");
            Assert.Contains("Made @ushertwo:example.test", service.Log.Text);
            await synapse.SendAsync(HttpMethod.Post, "/_matrix/client/v3/logout", [], (string)Keys(service)["access_token"]!);
        }
        await using (var service = await StartAsync("ushertwo", state.Path))
        {
            var made = await service.AdminAsync(Create(room));
            Assert.Equal(200, (await service.ApiAsync("privatecarla", code: (string)made["code"]!, from: "203.0.113.221")).Status);
            Assert.DoesNotContain("Made @ushertwo", service.Log.Text);
        }
        Assert.Equal([room], await RoomsOfAsync("privatecarla"));
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Whoever_makes_an_invite_learns_what_stands_in_the_way_and_gets_it_nevertheless()
    {
        await using var service = await StartAsync("usherthree");
        var strict = await RoomAsync("council", new() { ["invite"] = 50 });
        await service.AdminAsync(Create(strict));
        await InviteAsync(strict, "usherthree");

        var powerless = await service.AdminAsync(Create(strict));
        var unknown = await service.AdminAsync(Create("#nowhere:example.test"));
        Assert.Contains("is in " + strict + " but may not invite people there.", (string)powerless["notes"]![0]!["message"]!);
        Assert.Equal("There is no room #nowhere:example.test here.", (string)unknown["notes"]![0]!["message"]!);

        // A person was faster than the service, and has the name that its declaration wants.
        await using var late = await StartAsync("hale");
        var made = await late.AdminAsync(Create(strict));
        Assert.Contains("cannot sign in", (string)made["notes"]![0]!["message"]!);
        Assert.NotNull(made["code"]);
        Assert.Contains("If somebody else has the name, choose another.", late.Log.Text);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_room_of_another_server_and_one_that_is_over_are_told_as_what_they_are()
    {
        await using var service = await StartAsync("usherfive");
        foreach (var foreign in new[] { "#kitchen:other.example", "!kitchen:other.example" })
        {
            var note = Assert.Single((await service.AdminAsync(Create(foreign)))["notes"]!.AsArray())!;
            Assert.Matches($"^@usherfive:example.test cannot get into {foreign}, a room of another server. The homeserver says: .", (string)note["message"]!);
            Assert.StartsWith("Where this server does not federate, name a room of its own", (string)note["hint"]!);
        }

        var old = await RoomAsync("pantry");
        await InviteAsync(old, "usherfive");
        Assert.Empty((await service.AdminAsync(Create(old)))["notes"]!.AsArray());
        var next = (string)(await AsOwnerAsync($"rooms/{old}/upgrade", new() { ["new_version"] = "11" }))["replacement_room"]!;
        Assert.Equal($"{old} was upgraded: it is over, and {next} takes its place.", (string)(await service.AdminAsync(Create(old)))["notes"]![0]!["message"]!);
        // The alias leads to the new one, which the account is not in.
        Assert.Equal("Invite @usherfive:example.test there, once.", (string)(await service.AdminAsync(Create("#pantry:example.test")))["notes"]![0]!["hint"]!);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Nobody_gets_the_name_of_the_services_account()
    {
        await using var service = await StartAsync("usherfour");
        var refused = await service.ApiAsync("Usherfour", from: "203.0.113.222");
        Assert.Equal((400, "user name is reserved"), (refused.Status, refused.Error));
        Assert.Contains("This name is reserved.", (await service.SendAsync(HttpMethod.Get, "/register/available?username=usherfour")).Text);
    }

    [Fact]
    public async Task An_invite_is_made_also_while_the_homeserver_is_away()
    {
        await using var service = await Service.StartAsync(tweak: settings => settings with { Inviter = "usher" });
        var made = await service.AdminAsync(Create("#attic:example.test"));
        Assert.NotNull(made["code"]);
        Assert.StartsWith("The homeserver did not answer", (string)made["notes"]![0]!["message"]!);
    }

    [Fact]
    public async Task A_homeserver_that_hangs_keeps_nobody_from_learning_the_code_that_was_made()
    {
        await using var homeserver = await FakeHomeserver.StartAsync((http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted));
        // As long as the machine's own ten seconds.
        await using var service = await Service.StartAsync(homeserver.Url);
        Assert.NotNull((await service.AdminAsync(new() { ["verb"] = "create", ["user"] = "nana" }))["code"]);
    }

    private static JsonObject Create(string room) => new() { ["verb"] = "create", ["rooms"] = new JsonArray(room) };

    private static JsonNode Keys(Service service) => JsonNode.Parse(File.ReadAllText(Path.Combine(service.State, "inviter.json")))!;

    private async Task<Service> StartAsync(string inviter, string? state = null)
    {
        var (code, _, error) = await Provision.RunAsync(synapse.Url, Service.Token);
        Assert.True(code == 0, error);
        return await Service.StartAsync(synapse.Url, settings => settings with { Inviter = inviter }, state: state);
    }

    private async Task<string> RoomAsync(string alias, JsonObject? levels = null) => (string)(await AsOwnerAsync("createRoom", new()
    {
        ["room_alias_name"] = alias,
        ["preset"] = "private_chat",
        ["power_level_content_override"] = levels,
    }))["room_id"]!;

    private Task<JsonObject> InviteAsync(string room, string user) => AsOwnerAsync($"rooms/{room}/invite", new() { ["user_id"] = $"@{user}:example.test" });

    // Other tests count the owner's sessions: none stays.
    private async Task<JsonObject> AsOwnerAsync(string path, JsonObject body)
    {
        var (_, session) = await synapse.LogInAsync("hale", SynapseServer.AdminPassword);
        var (status, answer) = await synapse.SendAsync(HttpMethod.Post, $"/_matrix/client/v3/{path}", body, (string)session["access_token"]!);
        await synapse.LogOutAsync(session);
        Assert.True(status == 200, answer.ToJsonString());
        return answer;
    }

    private async Task<IEnumerable<string>> RoomsOfAsync(string user)
    {
        var (_, session) = await synapse.LogInAsync(user, Service.Password);
        var (_, joined) = await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/joined_rooms", null, (string)session["access_token"]!);
        return joined["joined_rooms"]!.AsArray().Select(one => (string)one!);
    }
}
