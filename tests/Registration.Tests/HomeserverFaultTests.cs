using Registration.Tests.Harness;
using static Registration.Tests.Harness.FakeHomeserver;

namespace Registration.Tests;

/// <summary>Homeservers that are away, strange, or ask for what this service cannot do.</summary>
public class HomeserverFaultTests
{
    private const string TokenFlow = """{"session":"s","flows":[{"stages":["m.login.registration_token"]}],"params":{}}""";

    [Fact]
    public async Task A_homeserver_that_is_down_is_a_502_and_once_it_is_back_all_is_well()
    {
        var port = Tools.FreePort();
        await using var service = await Service.StartAsync(new Uri($"http://127.0.0.1:{port}"));
        var reply = await service.ApiAsync("alice");
        Assert.Equal((502, "failed to contact homeserver"), (reply.Status, reply.Error));
        Assert.Contains($"http://127.0.0.1:{port}", service.Log.Text);

        await using var homeserver = await StartAsync(200, """{"user_id":"@alice:example.test"}""", port);
        Assert.Equal(200, (await service.ApiAsync("alice")).Status);
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_request_was_sent_is_not_tried_again()
    {
        await using var homeserver = await StartAsync((http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        await using var service = await Service.StartAsync(homeserver.Url);
        var reply = await service.ApiAsync("alice");
        Assert.Equal((502, "failed to contact homeserver"), (reply.Status, reply.Error));
        Assert.Single(homeserver.Requests);
    }

    [Fact]
    public async Task A_homeserver_that_does_not_answer_is_given_up()
    {
        await using var homeserver = await StartAsync((http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted));
        await using var service = await Service.StartAsync(homeserver.Url,
            configure: options => options.HomeserverTimeout = TimeSpan.FromMilliseconds(300));
        var reply = await service.ApiAsync("alice");
        Assert.Equal((502, "failed to contact homeserver"), (reply.Status, reply.Error));
        Assert.Single(homeserver.Requests);
    }

    [Fact]
    public async Task The_homeserver_learns_who_asks_and_that_it_was_over_https()
    {
        (string From, string Scheme) told = default;
        await using var homeserver = await StartAsync((http, _) =>
        {
            told = (http.Request.Headers["X-Forwarded-For"].ToString(), http.Request.Headers["X-Forwarded-Proto"].ToString());
            return Task.CompletedTask;
        });
        await using var service = await Service.StartAsync(homeserver.Url);

        await service.ApiAsync("alice", from: "203.0.113.7");

        Assert.Equal(("203.0.113.7", "https"), told);
    }

    [Theory]
    [InlineData(401, "{}")]
    [InlineData(401, """{"session":"s"}""")]
    [InlineData(401, """{"session":"s","flows":[]}""")]
    [InlineData(401, """{"session":7,"flows":{"stages":[]}}""")]
    [InlineData(401, """{"flows":[{"stages":["m.login.dummy"]}]}""")]
    [InlineData(200, "<html>")]
    [InlineData(200, "[]")]
    [InlineData(302, "{}")]
    [InlineData(404, "<html>not here</html>")]
    [InlineData(500, """{"error":42}""")]
    public async Task An_answer_that_makes_no_sense_is_a_502(int status, string body)
    {
        await using var homeserver = await StartAsync(status, body);
        await using var service = await Service.StartAsync(homeserver.Url);
        var reply = await service.ApiAsync("alice");
        Assert.Equal((502, "unexpected response from homeserver"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        await using var homeserver = await StartAsync(200, $"{{\"user_id\":\"{new string('x', 100_000)}\"}}");
        await using var service = await Service.StartAsync(homeserver.Url);
        Assert.Equal(502, (await service.ApiAsync("alice")).Status);
    }

    [Theory]
    [InlineData(400, "M_EXCLUSIVE", "reserved by a bridge")]
    [InlineData(400, "M_WEAK_PASSWORD", "too weak")]
    [InlineData(403, "M_FORBIDDEN", "registration is closed")]
    [InlineData(500, "M_UNKNOWN", "database is locked")]
    public async Task Its_errors_pass_through_with_status_and_text(int status, string errcode, string error)
    {
        await using var homeserver = await StartAsync(status, $$"""{"errcode":"{{errcode}}","error":"{{error}}"}""");
        await using var service = await Service.StartAsync(homeserver.Url);
        var reply = await service.ApiAsync("alice");
        Assert.Equal((status, error), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task What_the_homeserver_says_is_text_on_the_page_and_never_markup()
    {
        await using var homeserver = await StartAsync(400, """{"errcode":"M_UNKNOWN","error":"<script>alert(1)</script>\"'&"}""");
        await using var service = await Service.StartAsync(homeserver.Url);
        var page = await service.FormAsync("alice");
        Assert.DoesNotContain("<script>alert", page.Text);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page.Text);
    }

    [Fact]
    public async Task Open_registration_is_a_success_at_the_first_request()
    {
        await using var homeserver = await StartAsync(200, """{"user_id":"@alice:example.test"}""");
        await using var service = await Service.StartAsync(homeserver.Url);
        Assert.Equal(200, (await service.ApiAsync("alice")).Status);
        Assert.True(Assert.Single(homeserver.Requests)["inhibit_login"]!.GetValue<bool>());
    }

    [Fact]
    public async Task A_flow_that_can_be_done_is_chosen_among_those_that_cannot()
    {
        const string flows = """{"session":"s","flows":[{"stages":["m.login.email.identity"]},{"stages":["m.login.registration_token"]}]}""";
        await using var homeserver = await StartAsync((http, body) => body["auth"] is null
            ? ReplyAsync(http, 401, flows)
            : ReplyAsync(http, 200, """{"user_id":"@alice:example.test"}"""));
        await using var service = await Service.StartAsync(homeserver.Url);
        Assert.Equal(200, (await service.ApiAsync("alice")).Status);
        var auth = homeserver.Requests.Last()["auth"]!;
        Assert.Equal(("m.login.registration_token", Service.Token, "s"),
            (auth["type"]!.GetValue<string>(), auth["token"]!.GetValue<string>(), auth["session"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Where_no_flow_can_be_done_the_steps_in_the_way_are_named()
    {
        await using var homeserver = await StartAsync(401,
            """{"session":"s","flows":[{"stages":["m.login.registration_token","m.login.terms"]},{"stages":["m.login.recaptcha"]}]}""");
        await using var service = await Service.StartAsync(homeserver.Url);
        var reply = await service.ApiAsync("alice");
        Assert.Equal(502, reply.Status);
        Assert.Equal("homeserver asks for a step that this page cannot do: m.login.terms, m.login.recaptcha", reply.Error);
        Assert.Single(homeserver.Requests);
    }

    [Fact]
    public async Task A_homeserver_that_goes_in_circles_is_left()
    {
        await using var homeserver = await StartAsync(401, """
            {
              "session": "s",
              "flows": [{"stages": ["m.login.registration_token", "m.login.dummy"]}],
              "completed": ["m.login.registration_token", "m.login.dummy"]
            }
            """);
        await using var service = await Service.StartAsync(homeserver.Url);
        Assert.Equal(502, (await service.ApiAsync("alice")).Status);
        Assert.InRange(homeserver.Requests.Count, 1, 4);
    }

    [Fact]
    public async Task No_secret_is_ever_logged()
    {
        await using var homeserver = await StartAsync(401, TokenFlow);
        await using var service = await Service.StartAsync(homeserver.Url);
        await service.ApiAsync("alice");
        await service.FormAsync("alice");
        await service.ApiAsync("alice", code: "a wrong guess");
        await service.SendJsonAsync($$"""{"password":"{{Service.Password}}","invite_code":"{{Service.Code}}" oops""");
        foreach (var secret in new[] { Service.Code, Service.Token, Service.Password, "a wrong guess" })
            Assert.DoesNotContain(secret, service.Log.Text);
        // The log is not simply empty.
        Assert.Contains("invalid invite code", service.Log.Text);
        Assert.Contains("m.login.registration_token", service.Log.Text);
    }
}
