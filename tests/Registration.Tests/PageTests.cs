using System.Net;
using System.Text.RegularExpressions;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>The page as a browser without JavaScript sees it.</summary>
public class PageTests
{
    [Fact]
    public async Task The_form_is_complete_without_a_script()
    {
        await using var service = await Service.StartAsync();
        var page = (await service.SendAsync(HttpMethod.Get, "/register/")).Text;
        Assert.Contains("<form method=\"post\" action=\"/register/\"", page);
        foreach (var (id, autocomplete) in new[] { ("username", "username"), ("password", "new-password"), ("invite_code", "off") })
        {
            Assert.Contains($"<label for=\"{id}\">", page);
            Assert.Matches($"<input id=\"{id}\"[^>]*autocomplete=\"{autocomplete}\"", page);
            Assert.Contains($"id=\"{id}-error\" aria-live=\"polite\"", page);
        }
    }

    [Fact]
    public async Task It_loads_nothing_from_elsewhere_and_has_nothing_inline()
    {
        await using var service = await Service.StartAsync();
        var page = (await service.SendAsync(HttpMethod.Get, "/register/")).Text;
        Assert.DoesNotMatch("<style|style=|<script(?![^>]*src=)| on[a-z]+=", page);
        var loaded = Regex.Matches(page, "<(?:script|link|img)[^>]*?(?:src|href)=\"([^\"]+)\"")
            .Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(3, loaded.Count);
        foreach (var path in loaded)
        {
            Assert.StartsWith("/register/", path);
            Assert.Equal(200, (await service.SendAsync(HttpMethod.Get, path)).Status);
        }
    }

    [Fact]
    public async Task All_errors_stand_next_to_their_fields_and_the_password_does_not_come_back()
    {
        await using var service = await Service.StartAsync();
        var page = await service.FormAsync("no spaces", "seven77", "wrong");
        Assert.Equal(403, page.Status);
        Assert.Contains("This invite code is not valid.", ErrorOf("invite_code", page));
        Assert.Contains("Use only the letters", ErrorOf("username", page));
        Assert.Contains("at least 8 characters", ErrorOf("password", page));
        Assert.Equal(3, Regex.Count(page.Text, "aria-invalid=\"true\""));
        Assert.Contains("value=\"no spaces\"", page.Text);
        Assert.DoesNotContain("seven77", page.Text);
    }

    [Fact]
    public async Task What_a_person_wrote_comes_back_as_text_and_never_as_markup()
    {
        await using var service = await Service.StartAsync();
        var page = await service.FormAsync("\"><script>alert(1)</script>", code: "' onfocus='alert(2)' \"autofocus");
        Assert.DoesNotContain("<script>alert", page.Text);
        Assert.DoesNotContain("\"autofocus", page.Text);
        Assert.Contains("value=\"&quot;&gt;&lt;script&gt;", page.Text);
    }

    [Fact]
    public async Task An_empty_form_says_what_each_field_needs()
    {
        await using var service = await Service.StartAsync();
        var page = await service.SendAsync(HttpMethod.Post, "/register/", new FormUrlEncodedContent([]));
        Assert.Equal("Choose a user name.", ErrorOf("username", page));
        Assert.Equal("Choose a password.", ErrorOf("password", page));
        Assert.StartsWith("This invite code", ErrorOf("invite_code", page));
    }

    [Fact]
    public async Task A_form_on_another_site_does_not_make_visitors_guess_codes()
    {
        await using var service = await Service.StartAsync();
        var reply = await service.SendAsync(HttpMethod.Post, "/register/", new FormUrlEncodedContent([]), site: "cross-site");
        Assert.Equal(403, reply.Status);
        Assert.Contains("another site", reply.Text);
    }

    [Fact]
    public async Task Without_a_web_client_the_pages_name_the_homeserver_instead()
    {
        await using var homeserver = await FakeHomeserver.StartAsync(200, """{"user_id":"@alice:example.test"}""");
        await using var without = await Service.StartAsync(homeserver.Url);
        await using var with = await Service.StartAsync(homeserver.Url,
            settings => settings with { WebClientUrl = new Uri("https://chat.example.test/?a=1&b=2") });
        Assert.DoesNotContain("web-client", (await without.FormAsync("alice")).Text);
        Assert.Contains("href=\"https://chat.example.test/?a=1&amp;b=2\"", (await with.FormAsync("alice")).Text);
    }

    [Theory]
    [InlineData(true, "example.test.localhost:8443", ".localhost:8443")]
    [InlineData(true, "example.test.localhost", ".localhost")]
    [InlineData(true, "example.test", "")]
    [InlineData(false, "example.test.localhost:8443", "")]
    public async Task Where_a_machine_is_tried_the_page_leads_to_where_the_browser_finds_its_sites(bool isTried, string host, string behind)
    {
        await using var homeserver = await FakeHomeserver.StartAsync(200, """{"user_id":"@alice:example.test"}""");
        await using var service = await Service.StartAsync(
            homeserver.Url, settings => settings with { LocalNames = isTried, WebClientUrl = new Uri("https://chat.example.test/") });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/register/")
        {
            Content = new FormUrlEncodedContent([new("username", "alice"), new("password", Service.Password), new("invite_code", Service.Code)]),
            Headers = { Host = host },
        };
        using var answer = await service.Client.SendAsync(request);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Contains($"href=\"https://chat.example.test{behind}/\"", page, StringComparison.Ordinal);
        Assert.Contains($"<code id=\"homeserver\">https://matrix.example.test{behind}</code>", page, StringComparison.Ordinal);
    }

    private static string ErrorOf(string field, Reply page) =>
        WebUtility.HtmlDecode(Regex.Match(page.Text, $"id=\"{field}-error\"[^>]*>([^<]*)<").Groups[1].Value);
}
