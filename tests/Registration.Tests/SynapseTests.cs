using System.Text.Json.Nodes;
using Registration.Settings;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>The way a person goes, at a real Synapse whose token the real provisioner made.</summary>
[Collection(RealSynapse.Name)]
public class SynapseTests(SynapseServer synapse)
{
    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_person_registers_signs_in_and_writes_a_message()
    {
        await using var service = await StartAsync();
        var reply = await service.ApiAsync(" Alice ", from: "203.0.113.1");
        Assert.Equal(200, reply.Status);
        Assert.Equal("""{"status":"ok","message":"account created successfully","user_id":"@alice:example.test"}""", reply.Text);

        var (status, session) = await synapse.LogInAsync("alice", Service.Password);
        Assert.Equal((200, "@alice:example.test"), (status, (string?)session["user_id"]));
        var token = (string)session["access_token"]!;
        var (_, room) = await synapse.SendAsync(HttpMethod.Post, "/_matrix/client/v3/createRoom",
            new JsonObject { ["name"] = "garden" }, token);
        var (sent, _) = await synapse.SendAsync(HttpMethod.Put, $"/_matrix/client/v3/rooms/{room["room_id"]}/send/m.room.message/1",
            new JsonObject { ["msgtype"] = "m.text", ["body"] = "hello" }, token);
        Assert.Equal(200, sent);

        // inhibit_login: the device of this sign-in is the only one that there is.
        var (_, devices) = await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/devices", null, token);
        Assert.Single(devices["devices"]!.AsArray());
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_taken_name_is_said_to_be_taken()
    {
        await using var service = await StartAsync();
        Assert.Equal(200, (await service.ApiAsync("bob", from: "203.0.113.2")).Status);
        var again = await service.ApiAsync("BOB", from: "203.0.113.2");
        Assert.Equal((400, "User ID already taken."), (again.Status, again.Error));
        var page = await service.FormAsync("bob", from: "203.0.113.2");
        Assert.Equal(400, page.Status);
        Assert.Matches("id=\"username-error\"[^>]*>This name is taken: the account “bob” was made with this invite.", page.Text);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Names_that_only_the_homeserver_knows_to_be_bad_stand_beside_their_field()
    {
        await using var service = await StartAsync();
        foreach (var name in new[] { "_underscore", "12345", new string('a', 255) })
        {
            var page = await service.FormAsync(name, from: "203.0.113.3");
            Assert.Equal(400, page.Status);
            Assert.Matches("id=\"username-error\"[^>]*>[^<]+<", page.Text);
        }
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task The_form_without_a_script_leads_to_an_account_and_tells_how_to_sign_in()
    {
        await using var service = await StartAsync();
        var page = await service.FormAsync("carol", from: "203.0.113.4");
        Assert.Equal(200, page.Status);
        Assert.Contains("@carol:example.test", page.Text);
        Assert.Contains("https://matrix.example.test", page.Text);
        Assert.DoesNotContain(Service.Password, page.Text);
        Assert.Equal(200, (await synapse.LogInAsync("carol", Service.Password)).Status);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_wrong_code_never_reaches_the_homeserver_and_makes_no_account()
    {
        await using var service = await StartAsync();
        Assert.Equal(403, (await service.ApiAsync("dave", code: "wrong", from: "203.0.113.5")).Status);
        Assert.Equal(403, (await synapse.LogInAsync("dave", Service.Password)).Status);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_token_that_the_homeserver_does_not_know_is_the_operators_fault_and_says_so()
    {
        await using var service = await StartAsync(settings => settings with { RegistrationToken = new SecretText("not-the-token") });
        var reply = await service.ApiAsync("erin", from: "203.0.113.6");
        Assert.Equal((502, "homeserver did not accept the registration token"), (reply.Status, reply.Error));
        Assert.Contains("m.login.registration_token", service.Log.Text);
        Assert.DoesNotContain("not-the-token", service.Log.Text);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task The_homeservers_own_limit_counts_by_person_and_passes_through()
    {
        await using var service = await StartAsync();
        var replies = new List<Reply>();
        for (var account = 0; account < 5; account++)
            replies.Add(await service.ApiAsync($"frank{account}", from: "203.0.113.7"));
        var limited = replies.First(reply => reply.Status == 429);
        Assert.True(limited.RetryAfter >= 1);
        Assert.Equal(200, (await service.ApiAsync("grace", from: "203.0.113.8")).Status);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Strange_passwords_work_as_they_are()
    {
        await using var service = await StartAsync();
        const string password = " \"quotes\", \\ & <tags> + % ünïcödé 🔑 ";
        Assert.Equal(200, (await service.ApiAsync("heidi", password, from: "203.0.113.9")).Status);
        Assert.Equal(200, (await service.FormAsync("ivan", password, from: "203.0.113.9")).Status);
        Assert.Equal(200, (await synapse.LogInAsync("heidi", password)).Status);
        Assert.Equal(200, (await synapse.LogInAsync("ivan", password)).Status);
        Assert.Equal(403, (await synapse.LogInAsync("ivan", password.Trim())).Status);
    }

    private async Task<Service> StartAsync(Func<ServiceSettings, ServiceSettings>? tweak = null)
    {
        var (code, _, error) = await Provision.RunAsync(synapse.Url, Service.Token);
        Assert.True(code == 0, error);
        return await Service.StartAsync(synapse.Url, tweak);
    }
}
