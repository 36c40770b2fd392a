using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CallTokens.Names;
using CallTokens.Settings;
using CallTokens.Tests.Harness;

namespace CallTokens.Tests;

/// <summary>The two endpoints, through the front door.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task A_user_of_a_server_with_full_access_gets_a_token_and_the_room_is_made()
    {
        await using var service = await CallService.StartAsync();

        var reply = await service.GetTokenAsync(CallService.Request());

        Assert.Equal(200, reply.Status);
        Assert.Equal("wss://calls.test/livekit/sfu", (string?)reply.Json["url"]);
        var room = CallNames.Room("!room:home.test", "m.call#ROOM");
        var claims = reply.Claims;
        Assert.Equal(CallService.KeyName, (string?)claims["iss"]);
        Assert.Equal(CallNames.Identity("@alice:home.test", "DEVICE", "member"), (string?)claims["sub"]);
        Assert.Equal((long)claims["iat"]! + 3600, (long)claims["exp"]!);
        Assert.Equal((long)claims["iat"]!, (long)claims["nbf"]!);
        AssertJson($$"""{"roomJoin":true,"room":"{{room}}","canPublish":true,"canSubscribe":true,"canUpdateOwnMetadata":true}""", claims["video"]!);
        AssertJson($$"""{"name":"{{room}}","empty_timeout":300,"departure_timeout":20}""", Assert.Single(service.LiveKit.Rooms));
    }

    [Fact]
    public async Task The_older_endpoint_names_people_in_plain_text_and_has_one_slot()
    {
        await using var service = await CallService.StartAsync();

        var reply = await service.PostAsync("/sfu/get", CallService.Legacy().ToJsonString());

        Assert.Equal("@alice:home.test:DEVICE", (string?)reply.Claims["sub"]);
        Assert.Equal(CallNames.Room("!room:home.test", "m.call#ROOM"), (string?)reply.Claims["video"]!["room"]);
    }

    [Fact]
    public async Task Others_get_a_token_and_no_room()
    {
        await using var service = await CallService.StartAsync(settings => settings with { FullAccess = FullAccess.Parse("other.test HOME.test").Access! });

        Assert.Equal(200, (await service.GetTokenAsync(CallService.Request())).Status);
        Assert.Empty(service.LiveKit.Calls);
    }

    [Fact]
    public async Task Everybody_has_full_access_where_the_list_is_a_star()
    {
        await using var service = await CallService.StartAsync(settings => settings with { FullAccess = FullAccess.Parse("*").Access! });

        Assert.Equal(200, (await service.GetTokenAsync(CallService.Request())).Status);
        Assert.Single(service.LiveKit.Rooms);
    }

    [Fact]
    public async Task A_body_that_does_not_arrive_is_given_up_and_told_so()
    {
        await using var service = await CallService.StartAsync();

        var answers = await Task.WhenAll(new[] { "/get_token", "/sfu/get", "/delegate_delayed_leave", "/sfu_webhook" }
            .Select(async path => (path, Answer: await StalledRequest.AskAsync(service.Client.BaseAddress!, path, "application/json"))));

        Assert.All(answers, one => Assert.Equal((one.path, 408), (one.path, one.Answer.Status)));
        Assert.All(answers, one => Assert.Contains("The request took too long to arrive.", one.Answer.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", 400, "M_NOT_JSON")]
    [InlineData("null", 400, "M_NOT_JSON")]
    [InlineData("[]", 400, "M_NOT_JSON")]
    [InlineData("{", 400, "M_NOT_JSON")]
    [InlineData("{} {}", 400, "M_NOT_JSON")]
    [InlineData("{}", 400, "M_BAD_JSON")]
    [InlineData("""{"room_id":"!a","colour":"red"}""", 400, "M_NOT_JSON")]
    [InlineData("""{"room_id":"!a","room_id":"!b"}""", 400, "M_NOT_JSON")]
    [InlineData("""{"room_id":5}""", 400, "M_NOT_JSON")]
    [InlineData("""{"room_id":"\ud800"}""", 400, "M_NOT_JSON")]
    [InlineData("""{"member":{"id":"x","nickname":"y"}}""", 400, "M_NOT_JSON")]
    [InlineData("""{"$type":"x"}""", 400, "M_NOT_JSON")]
    public async Task What_is_no_request_is_refused_with_its_reason(string body, int status, string code)
    {
        await using var service = await CallService.StartAsync();

        var reply = await service.PostAsync("/get_token", body);

        Assert.Equal((status, code), (reply.Status, reply.ErrCode));
        Assert.Equal("*", reply.Headers["Access-Control-Allow-Origin"]);
        Assert.Equal(0, service.Homeserver.Questions);
    }

    [Theory]
    [InlineData("room_id")]
    [InlineData("slot_id")]
    [InlineData("openid_token")]
    [InlineData("openid_token.access_token")]
    [InlineData("openid_token.matrix_server_name")]
    [InlineData("member")]
    [InlineData("member.id")]
    [InlineData("member.claimed_user_id")]
    [InlineData("member.claimed_device_id")]
    public async Task Every_field_is_needed(string field)
    {
        await using var service = await CallService.StartAsync();
        foreach (var nothing in (JsonNode?[])[null, ""])
        {
            var request = CallService.Request();
            var path = field.Split('.');
            var place = path.Length == 1 ? request : request[path[0]]!.AsObject();
            if (path.Length == 1 && place[path[0]] is JsonObject && nothing is not null)
                continue;
            place[path[^1]] = nothing?.DeepClone();

            var reply = await service.GetTokenAsync(request);

            Assert.Equal((400, "M_BAD_JSON"), (reply.Status, reply.ErrCode));
        }
    }

    [Theory]
    [InlineData("room")]
    [InlineData("openid_token")]
    [InlineData("device_id")]
    public async Task Every_field_of_the_older_endpoint_is_needed(string field)
    {
        await using var service = await CallService.StartAsync();
        var request = CallService.Legacy();
        request.Remove(field);

        Assert.Equal("M_BAD_JSON", (await service.PostAsync("/sfu/get", request.ToJsonString())).ErrCode);
    }

    [Fact]
    public async Task Who_is_not_who_he_claims_is_refused()
    {
        await using var service = await CallService.StartAsync();

        foreach (var request in (JsonObject[])
            [CallService.Request(user: "@bob:home.test"), CallService.Request(user: "@ALICE:home.test"), CallService.Request(token: "stolen")])
        {
            var reply = await service.GetTokenAsync(request);
            Assert.Equal((401, "M_UNAUTHORIZED"), (reply.Status, reply.ErrCode));
        }
        Assert.Empty(service.LiveKit.Calls);
    }

    [Theory]
    [InlineData("""{"sub":"@alice:other.test"}""")]
    [InlineData("""{"sub":"@alice:home.test:8448"}""")]
    [InlineData("""{"sub":"@alice:HOME.test"}""")]
    [InlineData("""{"sub":"alice:home.test"}""")]
    [InlineData("""{"sub":"@:home.test"}""")]
    [InlineData("""{"sub":"@alice"}""")]
    [InlineData("""{"sub":5}""")]
    [InlineData("""{"sub":"\ud800"}""")]
    [InlineData("""[]""")]
    [InlineData("""<html>""")]
    [InlineData("")]
    public async Task A_server_speaks_for_its_own_users_only_and_in_JSON(string answer)
    {
        await using var service = await CallService.StartAsync();
        service.Homeserver.Answer = http => FakeWeb.JsonAsync(http, answer);

        Assert.Equal(401, (await service.PostAsync("/sfu/get", CallService.Legacy().ToJsonString())).Status);
    }

    [Fact]
    public async Task A_room_that_LiveKit_does_not_make_is_an_error_of_the_service()
    {
        await using var service = await CallService.StartAsync();
        service.LiveKit.Status = 401;

        var reply = await service.GetTokenAsync(CallService.Request());

        Assert.Equal((500, "M_UNKNOWN"), (reply.Status, reply.ErrCode));
        Assert.Contains("Does it have this service's key?", service.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Browsers_of_every_site_may_ask()
    {
        await using var service = await CallService.StartAsync();
        foreach (var path in (string[])["/sfu/get", "/get_token"])
        {
            var reply = await service.SendAsync(new HttpRequestMessage(HttpMethod.Options, path));
            Assert.Equal(200, reply.Status);
            Assert.Equal("*", reply.Headers["Access-Control-Allow-Origin"]);
            Assert.Equal("POST", reply.Headers["Access-Control-Allow-Methods"]);
            Assert.Equal("Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token", reply.Headers["Access-Control-Allow-Headers"]);
        }
        Assert.Equal("*", (await service.GetTokenAsync(CallService.Request())).Headers["Access-Control-Allow-Origin"]);
    }

    [Theory]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("POST", "/healthz", 405)]
    [InlineData("GET", "/get_token", 405)]
    [InlineData("PUT", "/sfu/get", 405)]
    [InlineData("POST", "/sfu/get/", 404)]
    [InlineData("POST", "/SFU/GET", 404)]
    [InlineData("GET", "/", 404)]
    public async Task There_is_nothing_else(string method, string path, int status)
    {
        await using var service = await CallService.StartAsync();
        Assert.Equal(status, (await service.SendAsync(new HttpRequestMessage(new HttpMethod(method), path))).Status);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_also_where_its_length_is_not_said()
    {
        await using var service = await CallService.StartAsync();
        var body = CallService.Request().ToJsonString() + new string(' ', 20_000);

        Assert.Equal((413, "M_TOO_LARGE"), Part(await service.PostAsync("/get_token", body)));
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/get_token") { Content = new StringContent(body) };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal((413, "M_TOO_LARGE"), Part(await service.SendAsync(chunked)));
    }

    [Fact]
    public async Task While_it_shuts_down_it_says_so()
    {
        await using var service = await CallService.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(service.Client.BaseAddress!.Host, service.Client.BaseAddress.Port);
        var stream = client.GetStream();
        // A first request that is under way when the end begins, and a second on the same connection.
        service.Homeserver.Takes = TimeSpan.FromSeconds(1);
        var body = CallService.Request().ToJsonString();
        byte[] Request(string connection) =>
            Encoding.UTF8.GetBytes($"POST /get_token HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        await stream.WriteAsync(Request("keep-alive"));
        while (service.Homeserver.Questions == 0)
            await Task.Delay(20);
        service.BeginStopping();
        await stream.WriteAsync(Request("close"));

        using var reader = new StreamReader(stream);
        var answers = (await reader.ReadToEndAsync()).Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["200", "503"], answers.Select(answer => answer[..3]));
    }

    [Fact]
    public async Task Requests_that_come_together_ask_the_homeserver_once_and_LiveKit_once()
    {
        await using var service = await CallService.StartAsync();
        service.Homeserver.Takes = TimeSpan.FromMilliseconds(500);
        service.LiveKit.Takes = TimeSpan.FromMilliseconds(500);

        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => service.GetTokenAsync(CallService.Request())));

        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.Equal(1, service.Homeserver.Questions);
        Assert.InRange(service.LiveKit.Calls.Count, 1, 5);
    }

    [Fact]
    public async Task An_answer_is_kept_for_a_minute_and_no_longer_than_the_token_lives()
    {
        var time = new ManualClock();
        await using var service = await CallService.StartAsync(configure: options => options.Time = time);
        async Task<int> QuestionsAsync(int expiresIn, string token)
        {
            var request = CallService.Request(user: $"@{token[..^8]}:home.test", token: token);
            request["openid_token"]!["expires_in"] = expiresIn;
            Assert.Equal(200, (await service.GetTokenAsync(request)).Status);
            return service.Homeserver.Questions;
        }

        Assert.Equal(1, await QuestionsAsync(3600, "alice's token"));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(1, await QuestionsAsync(3600, "alice's token"));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, await QuestionsAsync(3600, "alice's token"));

        Assert.Equal(3, await QuestionsAsync(5, "bob's token"));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(4, await QuestionsAsync(5, "bob's token"));

        foreach (var dead in (int[])[0, -5])
        {
            var before = service.Homeserver.Questions;
            Assert.Equal(before + 1, await QuestionsAsync(dead, "eve's token"));
            Assert.Equal(before + 2, await QuestionsAsync(dead, "eve's token"));
        }
    }

    [Fact]
    public async Task A_refusal_is_not_kept()
    {
        await using var service = await CallService.StartAsync();
        service.Homeserver.Answer = http => FakeWeb.JsonAsync(http, "{}", 500);
        Assert.Equal(401, (await service.GetTokenAsync(CallService.Request())).Status);
        service.Homeserver.Answer = FakeHome.AnswerWellAsync;
        Assert.Equal(200, (await service.GetTokenAsync(CallService.Request())).Status);
    }

    [Fact]
    public async Task No_secret_reaches_the_log()
    {
        await using var service = await CallService.StartAsync();
        var reply = await service.GetTokenAsync(CallService.Request());
        await service.GetTokenAsync(CallService.Request(token: "stolen"));

        Assert.Contains("@alice:home.test", service.Log.Text, StringComparison.Ordinal);
        foreach (var secret in (string[])["alice's token", "alice%27s", "stolen", CallService.Secret, reply.Jwt.Split('.')[2]])
            Assert.DoesNotContain(secret, service.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broken_JSON_of_any_kind_is_a_refusal_and_never_an_error()
    {
        await using var service = await CallService.StartAsync();
        var whole = Encoding.UTF8.GetBytes(CallService.Request().ToJsonString());
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var broken = whole.ToArray().AsSpan();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/get_token") { Content = new ByteArrayContent(broken[..random.Next(broken.Length / 2, broken.Length + 1)].ToArray()) };

            Assert.Contains((await service.SendAsync(request)).Status, (int[])[200, 400, 401]);
        }
    }

    private static void AssertJson(string expected, JsonNode actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual.ToJsonString());

    private static (int Status, string? Code) Part(Reply reply) => (reply.Status, reply.ErrCode);
}
