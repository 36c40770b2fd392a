using CallTokens.Names;
using CallTokens.Tests.Harness;

namespace CallTokens.Tests;

/// <summary>LiveKit's own library and this service take each other's tokens.</summary>
public sealed class LiveKitLibraryTests
{
    [LiveKitFact]
    public async Task LiveKits_own_verifier_accepts_a_token_with_its_rights()
    {
        await using var service = await CallService.StartAsync();
        var reply = await service.GetTokenAsync(CallService.Request());

        var claims = await LiveKitLibrary.VerifyAsync(reply.Jwt);

        Assert.Equal(CallNames.Identity("@alice:home.test", "DEVICE", "member"), (string?)claims["sub"]);
        Assert.True((bool?)claims["video"]!["roomJoin"]);
        Assert.Null(claims["video"]!["roomCreate"]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => LiveKitLibrary.VerifyAsync(reply.Jwt, "another secret of 32 characters!"));
    }

    [LiveKitFact]
    public async Task LiveKits_own_client_makes_rooms_at_the_fake_as_this_service_does()
    {
        await using var service = await CallService.StartAsync();
        var room = CallNames.Room("!room:home.test", "m.call#ROOM");
        await service.GetTokenAsync(CallService.Request());
        await LiveKitLibrary.MakeRoomAsync(service.LiveKit.Url, room);

        var (ours, theirs) = (service.LiveKit.Calls.First(), service.LiveKit.Calls.Last());
        Assert.Equal(theirs.Method, ours.Method);
        Assert.Equal(room, (string?)theirs.Body["name"]);
        Assert.Equal([300, 20], theirs.Body.Select(field => field.Value!).Where(value => value.GetValueKind() == System.Text.Json.JsonValueKind.Number).Select(value => (int)value));
        Assert.True((bool?)(await LiveKitLibrary.VerifyAsync(ours.Token))["video"]!["roomCreate"]);
    }

    [LiveKitFact]
    public async Task A_webhook_that_LiveKits_library_signs_is_taken_and_any_other_is_not()
    {
        await using var service = await CallService.StartAsync();
        const string body = """{"event":"participant_left","room":{"name":"r"},"participant":{"identity":"i","sid":"PA_1"},"id":"EV_1","createdAt":"1"}""";
        var signed = await LiveKitLibrary.SignAsync(body);

        Assert.Equal(200, (await service.PostAsync("/sfu_webhook", body, signed)).Status);
        Assert.Equal(200, (await service.PostAsync("/sfu_webhook", body, $"Bearer {signed}")).Status);
        Assert.Equal(401, (await service.PostAsync("/sfu_webhook", body + " ", signed)).Status);
        Assert.Equal(401, (await service.PostAsync("/sfu_webhook", body, await LiveKitLibrary.SignAsync(body, "another secret of 32 characters!"))).Status);
        Assert.Equal(401, (await service.PostAsync("/sfu_webhook", body)).Status);
        Assert.Equal(401, (await service.PostAsync("/sfu_webhook", body, "nonsense")).Status);
    }
}
