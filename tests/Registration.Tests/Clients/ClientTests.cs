using System.Text;
using System.Text.Json.Nodes;
using Registration.Limits;
using Registration.Tests.Harness;
using Registration.Tests.Invites;

namespace Registration.Tests.Clients;

/// <summary>Matrix clients that register at the homeserver's own path, with an invite as their registration token.</summary>
public class ClientTests : ClientScenario
{
    [Theory]
    [InlineData("v3")]
    [InlineData("r0")]
    public async Task A_client_goes_through_the_homeservers_stages_with_a_code_in_place_of_the_token(string version)
    {
        var (id, code) = await service.InviteAsync();

        var first = await PostAsync(Account("anna"), version);
        var session = Session(first);
        var second = await PostAsync(Account("anna", Auth(Token, session, code)), version);
        // The parameters of the first request still hold; some clients send only the stage.
        var third = await PostAsync(new JsonObject { ["auth"] = Auth(Dummy, session) }, version);

        Assert.Equal((401, 401, 200), (first.Status, second.Status, third.Status));
        Assert.Equal("""[{"stages":["m.login.registration_token","m.login.dummy"]}]""", Json(first)["flows"]!.ToJsonString());
        Assert.Equal("""["m.login.registration_token"]""", Json(second)["completed"]!.ToJsonString());
        Assert.Equal("@anna:example.test", (string)Json(third)["user_id"]!);
        Assert.Equal("access of anna", (string)Json(third)["access_token"]!);
        var use = Assert.Single((await service.ShowAsync(id))["uses"]!.AsArray())!;
        Assert.Equal(("@anna:example.test", "app"), ((string)use["user"]!, (string)use["via"]!));
        Assert.All(new[] { first, second }, reply => Assert.NotEqual("s", Session(reply)));
        Assert.All(homeserver.Requests.Where(request => request["auth"] is not null), request => Assert.Equal("s", (string)request["auth"]!["session"]!));
    }

    [Fact]
    public async Task The_token_stage_may_come_without_a_session_and_without_a_name()
    {
        var (_, code) = await service.InviteAsync();
        var first = await PostAsync(new JsonObject { ["password"] = Service.Password, ["auth"] = new JsonObject { ["type"] = Token, ["token"] = code } });
        Assert.Equal("""["m.login.registration_token"]""", Json(first)["completed"]!.ToJsonString());
        var second = await PostAsync(new JsonObject { ["auth"] = Auth(Dummy, Session(first)) });
        Assert.Equal(200, second.Status);
        Assert.Equal(12, Assert.Single(homeserver.Names).Length);
    }

    [Fact]
    public async Task What_is_no_invite_is_refused_the_real_token_too_and_the_session_goes_on()
    {
        var (_, code) = await service.InviteAsync();
        var session = Session(await PostAsync(Account("anna")));

        foreach (var wrong in (string[])["abcd-efgh-jkmn-pqrs", Service.Token])
        {
            var refused = await PostAsync(Account("anna", Auth(Token, session, wrong)));
            Assert.Equal((401, "M_FORBIDDEN", session), (refused.Status, (string)Json(refused)["errcode"]!, Session(refused)));
            Assert.Null(Json(refused)["completed"]);
        }
        Assert.Equal(401, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
        Assert.Empty(homeserver.Names);

        await PostAsync(Account("anna", Auth(Token, session, code)));
        Assert.Equal(200, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
    }

    [Theory]
    [InlineData("m.login.terms")]
    [InlineData("m.login.password")]
    [InlineData("")]
    public async Task A_stage_that_no_flow_has_never_reaches_the_homeserver_and_the_session_goes_on(string stage)
    {
        var (_, code) = await service.InviteAsync();
        var session = Session(await PostAsync(Account("anna")));
        await PostAsync(Account("anna", Auth(Token, session, code)));
        var before = homeserver.Requests.Count();

        var refused = await PostAsync(new JsonObject { ["auth"] = Auth(stage, session) });

        Assert.Equal((400, "M_UNRECOGNIZED"), (refused.Status, (string)Json(refused)["errcode"]!));
        Assert.Equal(before, homeserver.Requests.Count());
        Assert.Equal(200, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
    }

    [Theory]
    [InlineData("expired", "This invite has expired.")]
    [InlineData("revoked", "This invite was taken back.")]
    [InlineData("used up", "This invite was used already.")]
    public async Task Each_reason_is_told(string state, string sentence)
    {
        var (id, code) = await service.InviteAsync(new() { ["expires"] = "7d" });
        if (state == "expired")
            time.Advance(TimeSpan.FromDays(8));
        else if (state == "revoked")
            await service.AdminAsync(new() { ["verb"] = "revoke", ["id"] = id });
        else
            Assert.Equal(200, (await service.ApiAsync("berta", code: code)).Status);
        var refused = await PostAsync(Account("anna", Auth(Token, Session(await PostAsync(Account("anna"))), code)));
        Assert.Equal(401, refused.Status);
        Assert.StartsWith(sentence, (string)Json(refused)["error"]!);
    }

    [Fact]
    public async Task A_session_of_somebody_else_a_replay_and_one_that_is_over_are_refused()
    {
        var (_, code) = await service.InviteAsync(new() { ["uses"] = 5 });
        Assert.Equal(400, (await PostAsync(Account("anna", Auth(Token, "s", code)))).Status);

        var session = Session(await PostAsync(Account("anna")));
        await PostAsync(Account("anna", Auth(Token, session, code)));
        Assert.Equal(200, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
        Assert.Equal(400, (await PostAsync(Account("berta", Auth(Dummy, session)))).Status);

        var old = Session(await PostAsync(Account("carla")));
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(400, (await PostAsync(Account("carla", Auth(Token, old, code)))).Status);
        Assert.Equal(["anna"], homeserver.Names);
    }

    [Fact]
    public async Task The_same_last_request_twice_at_once_makes_one_account()
    {
        var (id, code) = await service.InviteAsync(new() { ["uses"] = 5 });
        var session = Session(await PostAsync(Account("anna")));
        await PostAsync(Account("anna", Auth(Token, session, code)));
        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => PostAsync(new JsonObject { ["auth"] = Auth(Dummy, session) })));
        Assert.Single(replies, reply => reply.Status == 200);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["used"]!);
    }

    [Fact]
    public async Task An_invite_for_one_name_gives_that_name_and_no_other()
    {
        var (_, code) = await service.InviteAsync(new() { ["user"] = "nana" });
        var other = await PostAsync(Account("mallory", Auth(Token, Session(await PostAsync(Account("mallory"))), code)));
        Assert.Equal((403, "M_FORBIDDEN"), (other.Status, (string)Json(other)["errcode"]!));

        var session = Session(await PostAsync(new JsonObject { ["password"] = Service.Password }));
        await PostAsync(new JsonObject { ["auth"] = Auth(Token, session, code) });
        // A name that is given only now does not get around it.
        Assert.Equal(403, (await PostAsync(Account("mallory", Auth(Dummy, session)))).Status);
        Assert.Empty(homeserver.Names);
    }

    [Fact]
    public async Task Of_a_hundred_attempts_by_the_page_and_by_clients_at_once_one_makes_an_account()
    {
        var (id, code) = await service.InviteAsync();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 50).Select(async number =>
        {
            var session = Session(await PostAsync(Account($"app{number}")));
            await PostAsync(Account($"app{number}", Auth(Token, session, code)));
            return session;
        }));
        var replies = await Task.WhenAll(
            sessions.Select(session => PostAsync(new JsonObject { ["auth"] = Auth(Dummy, session) }))
                .Concat(Enumerable.Range(0, 50).Select(number => service.FormAsync($"page{number}", code: code, from: $"203.0.113.{number}"))));
        Assert.Single(replies, reply => reply.Status == 200);
        Assert.Single(homeserver.Names);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["used"]!);
    }

    [Fact]
    public async Task A_taken_name_is_the_homeservers_own_error_at_the_first_request()
    {
        await service.ApiAsync("anna");
        var reply = await PostAsync(Account("anna"));
        Assert.Equal((400, "M_USER_IN_USE"), (reply.Status, (string)Json(reply)["errcode"]!));
    }

    [Fact]
    public async Task Guests_are_refused_and_application_services_pass_with_their_own_token()
    {
        var guest = await service.SendAsync(HttpMethod.Post, "/_matrix/client/v3/register?kind=guest", Content("{}"));
        Assert.Equal((403, "M_GUEST_ACCESS_FORBIDDEN"), (guest.Status, (string)Json(guest)["errcode"]!));

        var bridged = new JsonObject { ["type"] = "m.login.application_service", ["username"] = "_bridge_anna" };
        Assert.Equal(401, (await PostAsync(bridged)).Status);
        Assert.Equal(401, (await PostAsync(bridged, bearer: "wrong")).Status);
        Assert.Equal(200, (await PostAsync(bridged, bearer: Accounts.BridgeToken)).Status);
        Assert.Equal(["_bridge_anna"], homeserver.Names);
        // Whoever says both is asked for what the homeserver would ask of him: it sees one of them alone.
        var twice = await service.SendAsync(HttpMethod.Post, "/_matrix/client/v3/register",
            Content("""{"type":"m.login.application_service","type":"m.login.dummy","username":"eve"}"""));
        Assert.Equal((400, "M_NOT_JSON"), (twice.Status, (string)Json(twice)["errcode"]!));
    }

    [Fact]
    public async Task Tokens_of_application_services_cannot_be_guessed_and_a_bridge_that_knows_its_own_is_not_held_up()
    {
        JsonObject Bridged(string name) => new() { ["type"] = "m.login.application_service", ["username"] = name };
        for (var number = 0; number < 40; number++)
            Assert.Equal(200, (await PostAsync(Bridged($"_bridge_{number}"), bearer: Accounts.BridgeToken)).Status);
        for (var guess = 0; guess < 4; guess++)
            Assert.Equal(401, (await PostAsync(Bridged("_bridge_eve"), bearer: $"guess {guess}")).Status);
        // One that no header should hold is as wrong, and not the homeserver's fault.
        using var odd = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { BaseAddress = service.Url };
        odd.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer gäss");
        using (var refused = await odd.PostAsync(new Uri("/_matrix/client/v3/register", UriKind.Relative), Content(Bridged("_bridge_eve").ToJsonString())))
            Assert.Equal(401, (int)refused.StatusCode);
        var before = homeserver.Requests.Count();

        var limited = await PostAsync(Bridged("_bridge_eve"), bearer: Accounts.BridgeToken);

        Assert.Equal((429, "M_LIMIT_EXCEEDED", before), (limited.Status, (string)Json(limited)["errcode"]!, homeserver.Requests.Count()));
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(200, (await PostAsync(Bridged("_bridge_anna"), bearer: Accounts.BridgeToken)).Status);
    }

    [Fact]
    public async Task Validity_is_told_and_guesses_are_limited()
    {
        var (_, code) = await service.InviteAsync();
        Assert.True((bool)Json(await ValidityAsync(code))["valid"]!);
        for (var guess = 0; guess < 5; guess++)
            Assert.False((bool)Json(await ValidityAsync($"guess{guess}"))["valid"]!);
        var limited = await ValidityAsync(code);
        Assert.Equal((429, "M_LIMIT_EXCEEDED"), (limited.Status, (string)Json(limited)["errcode"]!));
        Assert.Equal(900_000, (long)Json(limited)["retry_after_ms"]!);
        Assert.Equal(900, limited.RetryAfter);
    }

    [Theory]
    [InlineData("", 400, "M_NOT_JSON")]
    [InlineData("[]", 400, "M_BAD_JSON")]
    [InlineData("""{"auth":"x"}""", 400, "M_BAD_JSON")]
    public async Task A_body_that_is_none_is_refused(string body, int status, string code)
    {
        var reply = await service.SendAsync(HttpMethod.Post, "/_matrix/client/v3/register", Content(body));
        Assert.Equal((status, code), (reply.Status, (string)Json(reply)["errcode"]!));
    }

    [Fact]
    public async Task Pages_of_other_sites_may_register_as_everywhere_in_Matrix()
    {
        var preflight = await service.SendAsync(HttpMethod.Options, "/_matrix/client/v3/register");
        Assert.Equal((204, "*"), (preflight.Status, Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Origin"))));
        Assert.Equal("*", Assert.Single((await PostAsync(Account("anna"))).Headers.GetValues("Access-Control-Allow-Origin")));
    }
}
