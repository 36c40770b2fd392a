using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Registration.Tests.Clients;

/// <summary>The same at a real Synapse: its stages, its accounts, its rooms.</summary>
[Collection(RealSynapse.Name)]
public class InviteUiaaTests(SynapseServer synapse)
{
    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_client_registers_with_an_invite_is_signed_in_and_in_the_room()
    {
        await using var service = await StartAsync();
        var room = await RoomAsync("kitchen", "public_chat");
        var (id, code) = await service.InviteAsync(new() { ["rooms"] = new JsonArray("#kitchen:example.test", "#nowhere:example.test") });

        var (status, body) = await RegisterAsync(service, "uiaaanna", code);

        Assert.Equal((200, "@uiaaanna:example.test"), (status, (string?)body["user_id"]));
        var (_, joined) = await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/joined_rooms", null, (string)body["access_token"]!);
        Assert.Equal([room], joined["joined_rooms"]!.AsArray().Select(one => (string)one!));
        var use = Assert.Single((await service.ShowAsync(id))["uses"]!.AsArray())!;
        Assert.Equal("could not join #nowhere:example.test", (string)use["note"]!);
        Assert.Equal(401, (await RegisterAsync(service, "uiaaberta", code)).Status);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Whoever_comes_by_the_page_is_in_the_room_too_and_no_device_stays()
    {
        await using var service = await StartAsync();
        var room = await RoomAsync("garden", "public_chat");
        var (_, code) = await service.InviteAsync(new() { ["rooms"] = new JsonArray(room) });

        Assert.Equal(200, (await service.ApiAsync("uiaacarla", code: code, from: "203.0.113.201")).Status);

        var (_, session) = await synapse.LogInAsync("uiaacarla", Service.Password);
        var token = (string)session["access_token"]!;
        var (_, joined) = await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/joined_rooms", null, token);
        Assert.Equal([room], joined["joined_rooms"]!.AsArray().Select(one => (string)one!));
        var (_, devices) = await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/devices", null, token);
        Assert.Single(devices["devices"]!.AsArray());
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_name_can_be_looked_up_while_it_is_typed()
    {
        await using var service = await StartAsync();
        Assert.Equal("""{"available":true}""", (await service.SendAsync(HttpMethod.Get, "/register/available?username=uiaafree", from: "203.0.113.202")).Text);
        await service.ApiAsync("uiaataken", from: "203.0.113.203");
        var taken = await service.SendAsync(HttpMethod.Get, "/register/available?username=UiaaTaken", from: "203.0.113.204");
        Assert.Equal("""{"available":false,"error":"This name is taken. Choose another."}""", taken.Text);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Synapse_gives_the_account_again_to_whom_its_answer_was_lost_and_that_is_one_use()
    {
        Assert.Equal(0, (await Provision.RunAsync(synapse.Url, Service.Token)).Code);
        var loses = true;
        await using var lossy = await FakeHomeserver.StartAsync(async (http, body) =>
        {
            var (status, answer) = await synapse.SendAsync(new HttpMethod(http.Request.Method), http.Request.Path + http.Request.QueryString, http.Request.Method == "POST" ? body : null);
            if (loses && status == 200 && http.Request.Method == "POST")
                http.Abort();
            else
                await FakeHomeserver.ReplyAsync(http, status, answer.ToJsonString());
        });
        await using var service = await Service.StartAsync(lossy.Url);
        var (id, code) = await service.InviteAsync(new() { ["uses"] = 5 });
        var account = new JsonObject { ["username"] = "uiaalost", ["password"] = Service.Password };
        var session = (string)(await PostAsync(service, account)).Body["session"]!;
        account["auth"] = new JsonObject { ["type"] = "m.login.registration_token", ["token"] = code, ["session"] = session };
        Assert.Equal(401, (await PostAsync(service, account)).Status);
        account["auth"] = new JsonObject { ["type"] = "m.login.dummy", ["session"] = session };
        Assert.Equal(502, (await PostAsync(service, account)).Status);
        loses = false;

        var (again, body) = await PostAsync(service, account);

        Assert.True((200, "@uiaalost:example.test") == (again, (string?)body["user_id"]), body.ToJsonString());
        var shown = await service.ShowAsync(id);
        Assert.Equal((1, 0), ((int)shown["invite"]!["used"]!, (int)shown["invite"]!["reserved"]!));
    }

    private static async Task<(int Status, JsonObject Body)> RegisterAsync(Service service, string username, string code)
    {
        var account = new JsonObject { ["username"] = username, ["password"] = Service.Password };
        var (_, first) = await PostAsync(service, account);
        account["auth"] = new JsonObject { ["type"] = "m.login.registration_token", ["token"] = code, ["session"] = first["session"]!.DeepClone() };
        var (status, second) = await PostAsync(service, account);
        if (second["completed"] is null)
            return (status, second);
        account["auth"] = new JsonObject { ["type"] = "m.login.dummy", ["session"] = first["session"]!.DeepClone() };
        return await PostAsync(service, account);
    }

    private static async Task<(int Status, JsonObject Body)> PostAsync(Service service, JsonObject body)
    {
        using var content = JsonContent.Create(body);
        var reply = await service.SendAsync(HttpMethod.Post, "/_matrix/client/v3/register", content, $"198.51.100.{Random.Shared.Next(1, 250)}");
        return (reply.Status, JsonNode.Parse(reply.Text)!.AsObject());
    }

    private async Task<string> RoomAsync(string alias, string preset)
    {
        var (_, session) = await synapse.LogInAsync("hale", SynapseServer.AdminPassword);
        var (status, room) = await synapse.SendAsync(HttpMethod.Post, "/_matrix/client/v3/createRoom",
            new JsonObject { ["room_alias_name"] = alias, ["preset"] = preset }, (string)session["access_token"]!);
        Assert.True(status == 200, room.ToJsonString());
        await synapse.LogOutAsync(session);
        return (string)room["room_id"]!;
    }

    private async Task<Service> StartAsync()
    {
        Assert.Equal(0, (await Provision.RunAsync(synapse.Url, Service.Token)).Code);
        return await Service.StartAsync(synapse.Url);
    }
}
