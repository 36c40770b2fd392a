namespace Hale.Catalogue.Tests;

/// <summary>Debian's own Caddy serves what the module renders.</summary>
public sealed class CaddyServesTests
{
    private const string Name = "www.example.org";

    [DebianFact]
    public void The_real_Caddy_finds_the_configuration_valid_and_a_damaged_one_not()
    {
        var json = Fleets.Evaluate(new Caddy { Email = "admin@example.org" }, new Matrix(), new Registration()).Single().CaddyJson();

        var valid = RunningCaddy.Validate(json);
        Assert.True(valid.ExitCode == 0, valid.Output);
        Assert.NotEqual(0, RunningCaddy.Validate(json.Replace("\"max_size\"", "\"max_sise\"", StringComparison.Ordinal)).ExitCode);
    }

    [DebianFact]
    public async Task An_answer_that_came_before_the_body_is_handed_on_when_its_time_is_over()
    {
        using var upstream = new Upstream(readsBody: false);
        using var caddy = await RunningCaddy.StartAsync(Site(new VirtualHost(Name)
        {
            Routes = [new ReverseProxy(upstream.Address) { MaxRequestBody = 1000, RequestBodyTime = TimeSpan.FromSeconds(1) }],
        }));

        // Nothing of the body ever comes; without a time, nothing of the answer would either.
        var answer = await caddy.Https.SendAsync(Name, "POST", "/slow", "", "Content-Length: 100");

        Assert.Equal((200, "POST /slow"), (answer.Status, answer.Body));
        Assert.Equal("close", answer.Headers["Connection"]);
        Assert.Equal("POST /quick", (await caddy.Https.SendAsync(Name, "POST", "/quick", "{}")).Body);
    }

    [DebianFact]
    public async Task Routes_of_several_contributors_join_and_answer_in_order()
    {
        using var upstream = new Upstream();
        using var caddy = await RunningCaddy.StartAsync(Site(
            new VirtualHost(Name) { Routes = [new Respond(200, "the rest"), new Respond(200, "files") { Paths = ["/files/*"] }] },
            new VirtualHost(Name)
            {
                Routes =
                [
                    new Respond(200, "one file") { Paths = ["/files/one"] },
                    new Respond(200, "deep") { Paths = ["/files/deep/*", "/x"] },
                    new Respond(200, "posted") { Paths = ["/files/*"], Methods = ["POST"] },
                    new Respond(403, "no") { PathPattern = "^/files/deep/secret(/|$)", Order = -1 },
                    Respond.Json("""{"uri":"{http.request.uri}","home":"{env.HOME}"}""") with { Paths = ["/json"], AllowAnyOrigin = true },
                    new Redirect("https://example.com/{http.request.uri}") { Paths = ["/away"] },
                    new Redirect("/files/", 302) { Paths = ["/files"] },
                    new ReverseProxy(upstream.Address) { Paths = ["/app/*"], StripPrefix = "/app" },
                    new ReverseProxy(upstream.Address) { Paths = ["/raw/*"], MaxRequestBody = 1000, Headers = [("content-type", "text/x-ours")] },
                    new Respond(200, "headed") { Paths = ["/headed"], Headers = [("X-Frame-Options", "SAMEORIGIN"), ("X-Literal", "{http.request.uri} 'self'")] },
                ],
            }));

        foreach (var (path, body) in new Dictionary<string, string>
        {
            ["/"] = "the rest",
            ["/files/two"] = "files",
            ["/files/one"] = "one file",
            ["/files/deep/er"] = "deep",
            ["/x"] = "deep",
            ["/xy"] = "the rest",
            ["/files/deep/secret"] = "no",
            ["/files//deep/./secret/x"] = "no",
            ["/files/deep/%73ecret"] = "no",
            ["/files/deep/secrets"] = "deep",
            ["/app/a%20b?c=d"] = "GET /a%20b?c=d",
            ["/raw/x"] = "GET /raw/x",
        })
            Assert.Equal((path, body), (path, (await caddy.Https.GetAsync(Name, path)).Body));
        Assert.Equal("one file", (await caddy.Https.SendAsync(Name, "POST", "/files/one?x", "{}")).Body);
        Assert.Equal("posted", (await caddy.Https.SendAsync(Name, "POST", "/files/two", "{}")).Body);

        var json = await caddy.Https.GetAsync(Name, "/json");
        Assert.Equal("""{"uri":"{http.request.uri}","home":"{env.HOME}"}""", json.Body);
        Assert.Equal(("application/json", "*"), (json.Headers["Content-Type"], json.Headers["Access-Control-Allow-Origin"]));
        Assert.False((await caddy.Https.GetAsync(Name, "/x")).Headers.ContainsKey("Access-Control-Allow-Origin"));

        var headed = await caddy.Https.GetAsync(Name, "/headed");
        Assert.Equal(("SAMEORIGIN", "{http.request.uri} 'self'"), (headed.Headers["X-Frame-Options"], headed.Headers["X-Literal"]));
        Assert.Equal("text/x-ours", (await caddy.Https.GetAsync(Name, "/raw/x")).Headers["Content-Type"]);

        var away = await caddy.Https.GetAsync(Name, "/away");
        Assert.Equal((308, "https://example.com/{http.request.uri}"), (away.Status, away.Headers["Location"]));
        var folder = await caddy.Https.GetAsync(Name, "/files");
        Assert.Equal((302, "/files/"), (folder.Status, folder.Headers["Location"]));

        Assert.Equal(200, (await caddy.Https.SendAsync(Name, "POST", "/raw/x", new string('x', 1000))).Status);
        Assert.Equal(413, (await caddy.Https.SendAsync(Name, "POST", "/raw/x", new string('x', 1001))).Status);
    }

    [DebianFact]
    public async Task Where_a_server_fails_each_route_answers_as_it_said_and_the_others_as_before()
    {
        using var upstream = new Upstream();
        using var caddy = await RunningCaddy.StartAsync(Site(new VirtualHost(Name)
        {
            Routes =
            [
                new ReverseProxy(upstream.Address) { Paths = ["/*"], MaxRequestBody = 10, Failures = [new Respond(413, "too much"), new Respond(502, "{away}") { AllowAnyOrigin = true }] },
                new ReverseProxy("127.0.0.1:1") { Paths = ["/away/*"], StripPrefix = "/away", MaxRequestBody = 10, Failures = [new Respond(502, "gone")] },
                new ReverseProxy("127.0.0.1:1") { Paths = ["/away/mute"], MaxRequestBody = 10 },
            ],
        }));

        Assert.Equal((413, "too much"), Said(await caddy.Https.SendAsync(Name, "POST", "/x", "01234567890")));
        Assert.Equal((200, "POST /x"), Said(await caddy.Https.SendAsync(Name, "POST", "/x", "0123456789")));
        var answers = await Task.WhenAll(caddy.Https.GetAsync(Name, "/away/x"), caddy.Https.GetAsync(Name, "/away/mute"));
        Assert.Equal([(502, "gone"), (502, "")], answers.Select(Said));
        upstream.Dispose();
        var away = await caddy.Https.GetAsync(Name, "/x");
        Assert.Equal(((502, "{away}"), "*"), (Said(away), away.Headers["Access-Control-Allow-Origin"]));

        static (int, string) Said(RawAnswer answer) => (answer.Status, answer.Body);
    }

    [DebianFact]
    public async Task Names_are_kept_apart_and_plain_http_goes_to_https()
    {
        using var caddy = await RunningCaddy.StartAsync(Site(
            new VirtualHost(Name) { Routes = [new Respond(200, "www")] },
            new VirtualHost("other.example.org") { Routes = [new Respond(200, "other") { Paths = ["/here"] }] }));

        Assert.Equal("www", (await caddy.Https.GetAsync($"{Name}.localhost", "/")).Body);
        Assert.Equal("other", (await caddy.Https.GetAsync("other.example.org", "/here")).Body);
        Assert.Equal(404, (await caddy.Https.GetAsync("other.example.org", "/there")).Status);
        var plain = await caddy.Http.GetAsync(Name, "/a?b=c");
        Assert.Equal((308, $"https://{Name}:{caddy.HttpsPort}/a?b=c"), (plain.Status, plain.Headers["Location"]));
        Assert.Equal(421, (await caddy.Http.GetAsync("unknown.example.org", "/")).Status);
        await Assert.ThrowsAnyAsync<Exception>(() => caddy.Https.GetAsync("unknown.example.org", "/"));
    }

    [DebianFact]
    public async Task Static_files_change_with_their_folder_although_their_times_are_the_same()
    {
        var folder = Directory.CreateTempSubdirectory("hale-static-");
        try
        {
            var files = new LocalPath("page", "./page");
            Put("<p>one");
            using var caddy = await RunningCaddy.StartAsync(
                Site(new VirtualHost(Name) { Routes = [new StaticFiles(files) { Paths = ["/page/*"], StripPrefix = "/page" }] }),
                new Dictionary<string, string> { [files.Path] = folder.FullName });

            var first = await caddy.Https.GetAsync(Name, "/page/");
            Assert.Equal((200, "<p>one", $"\"{folder.FullName}\""), (first.Status, first.Body, first.Headers["Etag"]));
            Assert.StartsWith("text/html", first.Headers["Content-Type"], StringComparison.Ordinal);
            Assert.False(first.Headers.ContainsKey("Last-Modified"));
            Assert.Equal(304, (await caddy.Https.GetAsync(Name, "/page/", $"If-None-Match: {first.Headers["Etag"]}")).Status);

            Put("<p>two");
            Assert.Equal("<p>two", (await caddy.Https.GetAsync(Name, "/page/", "If-None-Match: \"/an/older/folder\"", "If-Modified-Since: Thu, 01 Jan 1970 00:00:01 GMT")).Body);
            var missing = await caddy.Https.GetAsync(Name, "/page/../../../etc/passwd");
            Assert.Equal(404, missing.Status);
            Assert.Equal(404, (await caddy.Https.GetAsync(Name, "/page/%2e%2e/%2e%2e/etc/passwd")).Status);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        void Put(string text)
        {
            var file = Path.Combine(folder.FullName, "index.html");
            File.WriteAllText(file, text);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddSeconds(1));
        }
    }

    internal static Host Site(params VirtualHost[] sites)
    {
        var host = new Host("one") { Modules = { new Caddy() } };
        foreach (var site in sites)
            host.Contributions.Add(site);
        return host;
    }
}
