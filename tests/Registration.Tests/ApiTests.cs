using System.Text;
using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>The surface of the service, where no homeserver needs to be asked.</summary>
public class ApiTests
{
    [Fact]
    public async Task The_page_has_one_address_and_its_short_form_leads_there()
    {
        await using var service = await Service.StartAsync();
        var redirect = await service.SendAsync(HttpMethod.Get, "/register");
        Assert.Equal((301, "/register/"), (redirect.Status, redirect.Headers.Location?.OriginalString));
        var page = await service.SendAsync(HttpMethod.Get, "/register/");
        Assert.Equal((200, "text/html"), (page.Status, page.ContentHeaders.ContentType?.MediaType));
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/REGISTER/")]
    [InlineData("GET", "/register/x")]
    [InlineData("GET", "/register//")]
    [InlineData("GET", "/register/app.css/")]
    [InlineData("POST", "/api/register/")]
    [InlineData("GET", "/_matrix/client/versions")]
    [InlineData("GET", "/_synapse/admin/v1/register")]
    [InlineData("GET", "/%2e%2e/etc/passwd")]
    public async Task Nothing_else_is_there_and_nothing_is_passed_on(string method, string path)
    {
        await using var homeserver = await FakeHomeserver.StartAsync(200, "{}");
        await using var service = await Service.StartAsync(homeserver.Url);
        Assert.Equal(404, (await service.SendAsync(new HttpMethod(method), path)).Status);
        Assert.Empty(homeserver.Requests);
    }

    [Theory]
    [InlineData("GET", "/api/register", "POST")]
    [InlineData("PUT", "/api/register", "POST")]
    [InlineData("OPTIONS", "/api/register", "POST")]
    [InlineData("DELETE", "/register/", "GET, HEAD, POST")]
    [InlineData("POST", "/register", "GET, HEAD")]
    [InlineData("POST", "/healthz", "GET, HEAD")]
    public async Task Other_methods_are_refused_and_the_allowed_ones_named(string method, string path, string allowed)
    {
        await using var service = await Service.StartAsync();
        var reply = await service.SendAsync(new HttpMethod(method), path);
        Assert.Equal((405, allowed), (reply.Status, string.Join(", ", reply.ContentHeaders.Allow)));
    }

    [Fact]
    public async Task Health_is_told_and_HEAD_works()
    {
        await using var service = await Service.StartAsync();
        var health = await service.SendAsync(HttpMethod.Get, "/healthz");
        Assert.Equal((200, "ok\n"), (health.Status, health.Text));
        var head = await service.SendAsync(HttpMethod.Head, "/register/");
        Assert.Equal((200, ""), (head.Status, head.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"username\":1}")]
    [InlineData("{\"username\":\"a\",\"username\":\"b\"}")]
    [InlineData("{\"username\":\"a\"} trailing")]
    [InlineData("{\"username\":\"\\ud800\"}")]
    public async Task What_is_not_the_right_JSON_is_an_invalid_body(string json)
    {
        await using var service = await Service.StartAsync();
        var reply = await service.SendJsonAsync(json);
        Assert.Equal((400, "invalid request body"), (reply.Status, reply.Error));
    }

    // The order matters: who has no code learns nothing about the rest.
    [Theory]
    [InlineData("", "", "wrong", 403, "invalid invite code")]
    [InlineData("alice", "long enough", "", 403, "invalid invite code")]
    [InlineData("", "", Service.Code, 400, "username and password are required")]
    [InlineData("  ", "long enough", Service.Code, 400, "username and password are required")]
    [InlineData("alice", "", Service.Code, 400, "username and password are required")]
    [InlineData("al ice", "short", Service.Code, 400, "username must be 1 to 255 characters of a-z, 0-9 and . _ = - /")]
    [InlineData("ali\u010de", "long enough", Service.Code, 400, "username must be 1 to 255 characters of a-z, 0-9 and . _ = - /")]
    [InlineData("@alice:example.test", "long enough", Service.Code, 400, "username must be 1 to 255 characters of a-z, 0-9 and . _ = - /")]
    [InlineData("al\nice", "long enough", Service.Code, 400, "username must be 1 to 255 characters of a-z, 0-9 and . _ = - /")]
    [InlineData("alice", "seven77", Service.Code, 400, "password must be at least 8 characters")]
    [InlineData("alice", "long enough", Service.Code, 502, "failed to contact homeserver")]
    public async Task Checks_come_in_order_each_with_its_own_text(string username, string password, string code, int status, string error)
    {
        await using var service = await Service.StartAsync();
        var reply = await service.ApiAsync(username, password, code);
        Assert.Equal((status, error), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task A_name_of_255_characters_passes_and_one_more_does_not()
    {
        await using var service = await Service.StartAsync();
        Assert.Equal(502, (await service.ApiAsync(new string('a', 255))).Status);
        Assert.Equal(400, (await service.ApiAsync(new string('a', 256))).Status);
    }

    [Theory]
    [InlineData("/api/register", "text/plain")]
    [InlineData("/api/register", "application/x-www-form-urlencoded")]
    [InlineData("/api/register", "application/json; charset=utf-16")]
    [InlineData("/api/register", "")]
    [InlineData("/register/", "application/json")]
    [InlineData("/register/", "multipart/form-data; boundary=x")]
    public async Task Another_content_type_is_refused(string path, string contentType)
    {
        await using var service = await Service.StartAsync();
        var content = new ByteArrayContent("{}"u8.ToArray());
        if (contentType.Length > 0)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        Assert.Equal(415, (await service.SendAsync(HttpMethod.Post, path, content)).Status);
    }

    [Theory]
    [InlineData("/api/register", "application/json", false)]
    [InlineData("/api/register", "application/json", true)]
    [InlineData("/register/", "application/x-www-form-urlencoded", false)]
    [InlineData("/register/", "application/x-www-form-urlencoded", true)]
    public async Task A_body_beyond_16_KiB_is_refused_whether_or_not_it_says_its_length(string path, string contentType, bool chunked)
    {
        await using var service = await Service.StartAsync();
        var text = $"{{\"username\":\"{new string('a', 17 * 1024)}\"}}";
        HttpContent content = chunked ? new Chunked(text) : new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = new(contentType);
        Assert.Equal(413, (await service.SendAsync(HttpMethod.Post, path, content)).Status);
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers_and_only_assets_may_be_kept()
    {
        await using var service = await Service.StartAsync();
        foreach (var path in new[] { "/register/", "/healthz", "/nowhere", "/api/register", "/register/app.js" })
        {
            var reply = await service.SendAsync(HttpMethod.Get, path);
            var policy = reply.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy);
            Assert.DoesNotContain("unsafe", policy);
            Assert.Equal("nosniff", reply.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal(path != "/register/app.js", reply.Headers.CacheControl!.NoStore);
            Assert.False(reply.Headers.Contains("Server"));
        }
    }

    private sealed class Chunked(string text) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    [Theory]
    [InlineData("/_matrix/client/v3/register/")]
    [InlineData("/_matrix/client/V3/register")]
    [InlineData("/_matrix//client/v3/register")]
    [InlineData("/_matrix/client/v3/login")]
    [InlineData("/_synapse/admin/v1/register")]
    public async Task Nothing_else_of_the_homeserver_is_behind_it(string path)
    {
        await using var service = await Service.StartAsync();
        Assert.Equal(404, (await service.SendAsync(HttpMethod.Post, path, new StringContent("{}"))).Status);
    }

    [Theory]
    [InlineData("PUT", "/_matrix/client/v3/register", 405)]
    [InlineData("POST", "/_matrix/client/v1/register/m.login.registration_token/validity", 405)]
    [InlineData("POST", "/_matrix/client/v3/Register", 404)]
    public async Task A_client_that_asks_for_what_is_not_there_reads_an_error_of_Matrix(string method, string path, int status)
    {
        await using var service = await Service.StartAsync();
        var reply = await service.SendAsync(new HttpMethod(method), path, new StringContent("{}"));
        Assert.Equal((status, "M_UNRECOGNIZED"), (reply.Status, (string)JsonNode.Parse(reply.Text)!["errcode"]!));
        Assert.Equal("*", Assert.Single(reply.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task A_body_that_does_not_arrive_is_given_up_and_told_so_at_every_path()
    {
        await using var service = await Service.StartAsync();
        const string json = "application/json", form = "application/x-www-form-urlencoded";

        var answers = await Task.WhenAll(new[]
        {
            ("/api/register", json), ("/register/", form), ("/_matrix/client/v3/register", json), ("/register/invites/sign-in", form), ("/register/invites/create", form),
        }.Select(async one => (one.Item1, Answer: await StalledRequest.AskAsync(service.Url, one.Item1, one.Item2))));

        Assert.All(answers, one => Assert.Equal((one.Item1, 408), (one.Item1, one.Answer.Status)));
        Assert.All(answers, one => Assert.Contains("too long", one.Answer.Text, StringComparison.Ordinal));
        Assert.All(answers, one => Assert.True(one.Answer.After < TimeSpan.FromSeconds(30), one.ToString()));
    }
}
