using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>The pages on which administrators make invites, at a real Synapse.</summary>
[Collection(RealSynapse.Name)]
public partial class AdminPageTests(SynapseServer synapse)
{
    private const string Home = "/register/invites";

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Only_administrators_are_let_in_and_no_access_of_theirs_stays()
    {
        await using var service = await StartAsync();
        await service.ApiAsync("adminjoe", from: "203.0.113.211");

        var wrong = await SignInAsync(service, "hale", "not the password");
        var other = await SignInAsync(service, "adminjoe", Service.Password);
        var admin = await SignInAsync(service, "hale", SynapseServer.AdminPassword);

        Assert.Equal(403, wrong.Status);
        Assert.Contains("The user name or the password is not right.", wrong.Text);
        Assert.Equal(403, other.Status);
        Assert.Contains("This account may not make invites here.", other.Text);
        Assert.Equal(303, admin.Status);
        var cookie = Assert.Single(admin.Headers.GetValues("Set-Cookie"));
        foreach (var flag in (string[])["path=/register/invites", "secure", "httponly", "samesite=strict"])
            Assert.Contains(flag, cookie, StringComparison.OrdinalIgnoreCase);
        foreach (var (user, password) in new[] { ("hale", SynapseServer.AdminPassword), ("adminjoe", Service.Password) })
        {
            var (_, session) = await synapse.LogInAsync(user, password);
            var (_, devices) = await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/devices", null, (string)session["access_token"]!);
            Assert.DoesNotContain(devices["devices"]!.AsArray(), device => (string?)device!["display_name"] == "Invites");
            await synapse.LogOutAsync(session);
        }
        Assert.DoesNotContain(SynapseServer.AdminPassword, service.Log.Text);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_declared_administrator_may_and_an_access_token_will_do()
    {
        await using var service = await StartAsync("@adminann:example.test");
        await service.ApiAsync("adminann", from: "203.0.113.212");
        var (_, session) = await synapse.LogInAsync("adminann", Service.Password);
        var token = (string)session["access_token"]!;

        var reply = await PostAsync(service, "sign-in", new() { ["token"] = token });

        Assert.Equal(303, reply.Status);
        // It was lent, and still is its owner's.
        Assert.Equal(200, (await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/account/whoami", null, token)).Status);
        Assert.Equal(403, (await PostAsync(service, "sign-in", new() { ["token"] = "syt_of_nobody" })).Status);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task Nothing_is_made_without_the_sessions_own_secret_nor_for_another_site_nor_twice()
    {
        var time = new ManualTime();
        await using var service = await StartAsync(time: time);
        var cookie = Cookie(await SignInAsync(service, "hale", SynapseServer.AdminPassword));
        var overview = await GetAsync(service, cookie);
        var fields = new Dictionary<string, string> { ["csrf"] = Hidden(overview, "csrf"), ["form"] = Hidden(overview, "form"), ["label"] = "Nana <3", ["uses"] = "1", ["expires"] = "7d" };

        Assert.Equal(403, (await PostAsync(service, "create", new(fields) { ["csrf"] = "guessed" }, cookie)).Status);
        Assert.Equal(403, (await PostAsync(service, "create", fields, cookie, site: "cross-site")).Status);
        Assert.Equal(403, (await PostAsync(service, "create", fields, cookie, site: "same-site")).Status);
        Assert.Equal(403, (await PostAsync(service, "create", fields)).Status);
        Assert.Equal(403, (await PostAsync(service, "create", fields, $"hale_invites={new string('0', 64)}")).Status);
        Assert.Single(await ListAsync(service));

        var wrong = await PostAsync(service, "create", new(fields) { ["uses"] = "many", ["expires"] = "soon", ["rooms"] = "kitchen" }, cookie);
        Assert.Equal(400, wrong.Status);
        Assert.Matches("id=\"uses-error\">This is not a number.", wrong.Text);
        Assert.Matches("id=\"expires-error\">This is no span of time.", wrong.Text);
        Assert.Matches("id=\"rooms-error\">&quot;kitchen&quot; is neither", wrong.Text);

        var made = await PostAsync(service, "create", new(fields) { ["rooms"] = "#nowhere:example.test" }, cookie);
        Assert.Equal(200, made.Status);
        Assert.Contains("There is no room #nowhere:example.test here.", made.Text);
        var code = CodePattern().Match(made.Text).Value;
        Assert.Equal(200, (await service.ApiAsync("adminguest", code: code, from: "203.0.113.213")).Status);
        // A double click shows the answer to its second half alone.
        Assert.Contains(code, (await PostAsync(service, "create", fields, cookie)).Text);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(303, (await PostAsync(service, "create", fields, cookie)).Status);
        var listed = await ListAsync(service);
        Assert.Equal(2, listed.Count);
        var invite = listed.Single(one => (string)one!["label"]! == "Nana <3")!;
        Assert.Equal("@hale:example.test", (string)invite["created_by"]!);
        Assert.Contains("Nana &lt;3", (await GetAsync(service, cookie)).Text);
        Assert.DoesNotContain(code, (await GetAsync(service, cookie)).Text);

        Assert.Equal(303, (await PostAsync(service, "revoke", new() { ["csrf"] = fields["csrf"], ["id"] = (string)invite["id"]! }, cookie)).Status);
        Assert.Equal("revoked", (string)(await service.ShowAsync((string)invite["id"]!))["invite"]!["state"]!);
        Assert.Equal(303, (await PostAsync(service, "sign-out", new() { ["csrf"] = fields["csrf"] }, cookie)).Status);
        Assert.Contains("name=\"password\"", (await GetAsync(service, cookie)).Text);
    }

    [NeedsFact("root", "unshare", "mmdebstrap", "chromium")]
    public async Task In_a_browser_without_scripts_an_invite_is_made_and_used_and_nothing_keeps_people_out()
    {
        await using var service = await StartAsync(pageOf: true);
        await using var browser = await Browser.StartAsync();
        foreach (var (name, options) in Looks())
        {
            var page = await browser.OpenAsync(service, Home, $"203.0.113.{(name.Contains("dark") ? 221 : 222)}", options);
            await SoundAsync(page, $"invites-sign-in-{name}");
            await page.FillAsync("#user", "hale");
            await page.FillAsync("#password", SynapseServer.AdminPassword);
            await page.ClickAsync("button:has-text('Sign in')");
            // As long as a label may be, with nothing to break it at, and in letters that run the other way.
            await page.FillAsync("#label", $"סבתא (2) <b>{name}</b> ".PadRight(100, 'W'));
            await page.FillAsync("#uses", "none");
            await page.ClickAsync("button:has-text('Make invite')");
            await SoundAsync(page, $"invites-errors-{name}");
            await page.FillAsync("#uses", "2");
            await page.ClickAsync("button:has-text('Make invite')");
            var link = (await page.TextContentAsync("#invite-link"))!;
            await SoundAsync(page, $"invites-made-{name}");
            await page.GotoAsync(new Uri(service.Url, Home).ToString());
            await SoundAsync(page, $"invites-{name}");

            var guest = await browser.OpenAsync(service, "/register/" + new Uri(link).Fragment, "203.0.113.223", options);
            await guest.FillAsync("#username", $"guest{name.Replace("-", "")}");
            await guest.FillAsync("#password", Service.Password);
            if (options.JavaScriptEnabled == false)
                await guest.FillAsync("#invite_code", Uri.UnescapeDataString(new Uri(link).Fragment["#code=".Length..]));
            await SoundAsync(guest, $"register-{name}");
            await guest.ClickAsync("button[type=submit]");
            await guest.WaitForSelectorAsync("#user-id");
            await SoundAsync(guest, $"registered-{name}");
        }
        Assert.Empty(browser.Complaints.Where(complaint => !complaint.Contains("status of 400", StringComparison.Ordinal)));
    }

    private static IEnumerable<(string Name, BrowserNewContextOptions Options)> Looks() =>
    [
        ("light", new() { ColorScheme = ColorScheme.Light, ViewportSize = new() { Width = 1100, Height = 900 }, JavaScriptEnabled = true }),
        ("dark-phone", new() { ColorScheme = ColorScheme.Dark, ViewportSize = new() { Width = 320, Height = 740 }, JavaScriptEnabled = true }),
        ("plain-phone", new() { ColorScheme = ColorScheme.Light, ViewportSize = new() { Width = 360, Height = 740 }, JavaScriptEnabled = false }),
    ];

    /// <summary>Nothing that keeps people out, nothing wider than the screen; a picture for who wants to see it.</summary>
    private static async Task SoundAsync(IPage page, string name)
    {
        await Browser.ShootAsync(page, name);
        // Without scripts axe does not run either; it is the same page.
        if (name.Contains("plain", StringComparison.Ordinal))
            return;
        Assert.Empty(await Axe.FindAsync(page));
        Assert.False(await Axe.IsTooWideAsync(page), $"{name} is wider than its window");
    }

    private async Task<Service> StartAsync(string? admin = null, bool pageOf = false, TimeProvider? time = null)
    {
        Assert.Equal(0, (await Provision.RunAsync(synapse.Url, Service.Token)).Code);
        return await Service.StartAsync(
            synapse.Url, settings => settings with { Admins = admin is null ? [] : [admin], Inviter = "usherpage", WebClientUrl = pageOf ? new Uri("https://chat.example.test/") : null },
            options => (options.Limits, options.Time) = (new() { AttemptsPerClient = new(1000, TimeSpan.FromMinutes(1)) }, time ?? TimeProvider.System));
    }

    private static Task<Reply> SignInAsync(Service service, string user, string password) =>
        PostAsync(service, "sign-in", new() { ["user"] = user, ["password"] = password });

    private static async Task<Reply> PostAsync(
        Service service, string what, Dictionary<string, string> fields, string? cookie = null, string? site = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Home}/{what}") { Content = new FormUrlEncodedContent(fields) };
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (site is not null)
            request.Headers.Add("Sec-Fetch-Site", site);
        return await SendAsync(service, request);
    }

    private static async Task<Reply> GetAsync(Service service, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Home);
        request.Headers.Add("Cookie", cookie);
        return await SendAsync(service, request);
    }

    private static async Task<Reply> SendAsync(Service service, HttpRequestMessage request)
    {
        using var response = await service.Client.SendAsync(request);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);
    }

    private static string Cookie(Reply reply) => Assert.Single(reply.Headers.GetValues("Set-Cookie")).Split(';')[0];

    private static string Hidden(Reply page, string name) => Regex.Match(page.Text, $"name=\"{name}\" value=\"([0-9a-f]+)\"").Groups[1].Value;

    private static async Task<List<JsonNode?>> ListAsync(Service service) =>
        [.. (await service.AdminAsync(new() { ["verb"] = "list" }))["invites"]!.AsArray()];

    [GeneratedRegex("[2-9a-z]{4}(-[2-9a-z]{4}){3}")]
    private static partial Regex CodePattern();
}
