using System.Text;
using System.Text.Json.Nodes;
using CallTokens.LiveKit;
using CallTokens.Names;
using CallTokens.Settings;
using CallTokens.Tests.Harness;

namespace CallTokens.Tests;

/// <summary>Leaves that were handed over (MSC4140, MSC4195): held back while LiveKit has the person, sent when it loses the person.</summary>
public sealed class LeaveTests
{
    private static readonly string Room = CallNames.Room("!room:home.test", "m.call#ROOM");
    private static readonly string Identity = CallNames.Identity("@alice:home.test", "DEVICE", "member");
    private readonly Jwt jwt = new(new LiveKitKey(CallService.KeyName, new SecretText(CallService.Secret)), TimeProvider.System);

    [Fact]
    public async Task It_is_held_back_while_the_person_is_there_and_sent_when_the_person_has_left()
    {
        await using var service = await CallService.StartAsync();
        await TakeAsync(service, "id/1 ?", delay: 3_000);
        Assert.Empty(service.Homeserver.Delayed);

        service.LiveKit.There[(Room, Identity)] = "PA_1";
        await TellAsync(service, "participant_joined", "PA_1");
        await UntilAsync(() => service.Homeserver.Delayed.Count() >= 2);
        Assert.All(service.Homeserver.Delayed, told => Assert.Equal("id%2F1%20%3F/restart", told));

        service.LiveKit.There.Clear();
        await TellAsync(service, "participant_left", "PA_1", "CLIENT_INITIATED");
        await UntilAsync(() => service.Homeserver.Delayed.Last() == "id%2F1%20%3F/send");
        await Task.Delay(500);
        Assert.Single(service.Homeserver.Delayed, told => told.EndsWith("/send", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_person_who_is_there_already_is_found_without_being_told()
    {
        await using var service = await CallService.StartAsync();
        service.LiveKit.There[(Room, Identity)] = "PA_1";

        var request = CallService.Request();
        Delay(request, "id", 60_000);
        Assert.Equal(200, (await service.PostAsync("/delegate_delayed_leave", request.ToJsonString())).Status);

        await UntilAsync(() => service.Homeserver.Delayed.Any());
        Assert.Equal(["id/restart"], service.Homeserver.Delayed);
    }

    [Fact]
    public async Task The_end_of_an_older_connection_is_not_the_end_of_the_newer_one()
    {
        await using var service = await CallService.StartAsync();
        await TakeAsync(service, "id", delay: 60_000);
        await TellAsync(service, "participant_joined", "PA_1");
        await TellAsync(service, "participant_joined", "PA_2");
        await TellAsync(service, "participant_left", "PA_1", "CLIENT_INITIATED");
        await TellAsync(service, "participant_left", "PA_2", "DUPLICATE_IDENTITY");
        await UntilAsync(() => service.Homeserver.Delayed.Any());
        await Task.Delay(500);
        Assert.Equal(["id/restart"], service.Homeserver.Delayed);

        await TellAsync(service, "participant_connection_aborted", "PA_2");
        await UntilAsync(() => service.Homeserver.Delayed.Contains("id/send"));
    }

    [Fact]
    public async Task A_connection_that_never_came_up_leaves_it_to_the_client()
    {
        await using var service = await CallService.StartAsync();
        await TakeAsync(service, "id", delay: 60_000);
        await TellAsync(service, "participant_connection_aborted", "PA_1");
        await TellAsync(service, "participant_joined", "PA_1");
        await Task.Delay(1_000);
        Assert.Empty(service.Homeserver.Delayed);
    }

    [Fact]
    public async Task Who_never_comes_is_taken_for_gone()
    {
        await using var service = await CallService.StartAsync();
        await TakeAsync(service, "id", delay: 1_500);
        await UntilAsync(() => service.Homeserver.Delayed.Any());
        Assert.Equal(["id/send"], service.Homeserver.Delayed);
    }

    [Fact]
    public async Task A_busy_homeserver_is_asked_again()
    {
        await using var service = await CallService.StartAsync();
        var refusals = 2;
        service.Homeserver.Answer = http => http.Request.Path.Value!.EndsWith("/send", StringComparison.Ordinal) && refusals-- > 0
            ? FakeWeb.JsonAsync(http, """{"errcode":"M_UNKNOWN"}""", 502)
            : FakeHome.AnswerWellAsync(http);
        await TakeAsync(service, "id", delay: 30_000);
        await TellAsync(service, "participant_joined", "PA_1");
        await TellAsync(service, "participant_left", "PA_1");
        await UntilAsync(() => service.Homeserver.Delayed.Count(told => told == "id/send") == 3);
    }

    [Fact]
    public async Task An_event_that_is_gone_ends_it_and_an_older_homeserver_is_spoken_to_in_its_way()
    {
        await using var service = await CallService.StartAsync();
        service.Homeserver.Answer = http => http.Request.Path.Value!.EndsWith("/restart", StringComparison.Ordinal)
            ? FakeWeb.JsonAsync(http, """{"errcode":"M_UNRECOGNIZED"}""", 404)
            : http.Request.Path.Value!.EndsWith("/id", StringComparison.Ordinal)
                ? FakeWeb.JsonAsync(http, """{"errcode":"M_NOT_FOUND"}""", 404)
                : FakeHome.AnswerWellAsync(http);
        await TakeAsync(service, "id", delay: 30_000);
        await TellAsync(service, "participant_joined", "PA_1");
        await UntilAsync(() => service.Homeserver.Delayed.Count() == 2);
        Assert.Contains(service.Homeserver.Asked, line => line.EndsWith("/id {\"action\":\"restart\"}", StringComparison.Ordinal));
        await TellAsync(service, "participant_left", "PA_1");
        await Task.Delay(500);
        Assert.Equal(["id/restart", "id"], service.Homeserver.Delayed);
    }

    [Fact]
    public async Task A_later_leave_of_the_same_person_takes_the_place_of_the_earlier()
    {
        await using var service = await CallService.StartAsync();
        await TakeAsync(service, "one", delay: 60_000);
        await TakeAsync(service, "two", delay: 60_000);
        await TellAsync(service, "participant_joined", "PA_1");
        await UntilAsync(() => service.Homeserver.Delayed.Any());
        await TellAsync(service, "participant_left", "PA_1");
        await UntilAsync(() => service.Homeserver.Delayed.Contains("two/send"));
        Assert.DoesNotContain(service.Homeserver.Delayed, told => told.StartsWith("one/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Leaves_outlive_a_restart_of_the_service()
    {
        using var folder = new TemporaryFolder();
        await using (var before = await CallService.StartAsync(settings => settings with { StateFolder = folder.Path }))
        {
            await TakeAsync(before, "id", delay: 60_000);
            await before.StopAsync();
            Assert.DoesNotContain(before.Homeserver.Delayed, told => told.EndsWith("/send", StringComparison.Ordinal));
        }
        var file = Path.Combine(folder.Path, "leaves.json");
        Assert.Equal("600\n", await Tools.RunAsync("stat", "--format=%a", file));

        await using var after = await CallService.StartAsync(settings => settings with { StateFolder = folder.Path });
        var kept = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsArray();
        Assert.Equal("id", (string?)Assert.Single(kept)!["Id"]);
        await TellAsync(after, "participant_connection_aborted", "PA_1");
        await UntilAsync(() => File.ReadAllText(file) == "[]");
    }

    [Fact]
    public async Task A_leave_comes_with_all_its_fields_and_only_over_TLS()
    {
        await using var service = await CallService.StartAsync();
        foreach (var (field, value) in ((string, JsonNode?)[])
            [("delay_id", null), ("delay_timeout", 0), ("delay_timeout", -1), ("delay_cs_api_url", ""), ("delay_cs_api_url", "file:///etc/passwd"), ("delay_cs_api_url", "https://u:p@home.test")])
        {
            var request = CallService.Request();
            Delay(request, "id", 1_000);
            request[field] = value;
            Assert.Equal("M_BAD_JSON", (await service.GetTokenAsync(request)).ErrCode);
        }
        var none = CallService.Request();
        Assert.Equal("M_BAD_JSON", (await service.PostAsync("/delegate_delayed_leave", none.ToJsonString())).ErrCode);

        // A plain URL of a stranger's is never spoken to, nor an inner one; the token is given all the same.
        foreach (var url in (string[])[$"http://127.0.0.2:{service.Homeserver.Url.Port}", $"https://127.0.0.1:{service.Homeserver.Url.Port}/x"])
        {
            var request = CallService.Request();
            Delay(request, "id", 1_000);
            request["delay_cs_api_url"] = url;
            Assert.Equal(200, (await service.GetTokenAsync(request)).Status);
        }
        await Task.Delay(2_500);
        Assert.Empty(service.Homeserver.Delayed);
    }

    private static async Task TakeAsync(CallService service, string id, int delay)
    {
        var request = CallService.Request();
        Delay(request, id, delay);
        Assert.Equal(200, (await service.GetTokenAsync(request)).Status);
    }

    private static void Delay(JsonObject request, string id, int delay)
    {
        request["delay_id"] = id;
        request["delay_timeout"] = delay;
        request["delay_cs_api_url"] = $"https://{CallService.Home}/";
    }

    private async Task TellAsync(CallService service, string what, string connection, string reason = "")
    {
        var participant = new JsonObject { ["identity"] = Identity, ["sid"] = connection };
        if (reason.Length > 0)
            participant["disconnectReason"] = reason;
        var body = new JsonObject { ["event"] = what, ["room"] = new JsonObject { ["name"] = Room }, ["participant"] = participant }.ToJsonString();
        var hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(body)));
        Assert.Equal(200, (await service.PostAsync("/sfu_webhook", body, jwt.Sign(TimeSpan.FromMinutes(1), new JsonObject { ["sha256"] = hash }))).Status);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.True(tries < 600, "It never came to be so.");
            await Task.Delay(50);
        }
    }
}
