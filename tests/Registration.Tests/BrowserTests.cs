using Microsoft.Playwright;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>
/// The page in headless Chromium, at a real Synapse: with its script and without, wide and narrow, by day and by night.
/// Set HALE_SCREENSHOTS to a folder to look at what was seen.
/// </summary>
[Collection(RealSynapse.Name)]
public class BrowserTests(SynapseServer synapse)
{
    [NeedsFact("root", "unshare", "mmdebstrap", "chromium")]
    public async Task An_invite_link_fills_in_the_code_and_leads_to_an_account()
    {
        await using var service = await StartAsync();
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(service, "/register/#code=garden-otter-42", "203.0.113.101");
        Assert.Equal(Service.Code, await page.InputValueAsync("#invite_code"));
        Assert.DoesNotContain("code", page.Url);
        await Browser.ShootAsync(page, "form");

        await page.FillAsync("#username", "Judy");
        Assert.Equal("@judy:example.test", await page.TextContentAsync("#preview"));
        await page.FillAsync("#password", Service.Password);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("#user-id");
        Assert.Equal("@judy:example.test", await page.TextContentAsync("#user-id"));
        Assert.Equal("https://matrix.example.test", await page.TextContentAsync("#homeserver"));
        Assert.Equal("https://chat.example.test/", await page.GetAttributeAsync("#web-client", "href"));
        await Browser.ShootAsync(page, "success");
        Assert.Equal(200, (await synapse.LogInAsync("judy", Service.Password)).Status);
        Assert.Empty(browser.Complaints);
    }

    [NeedsFact("root", "unshare", "mmdebstrap", "chromium")]
    public async Task Errors_appear_beside_their_fields_and_the_password_is_kept()
    {
        await using var service = await StartAsync();
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(service, "/register/", "203.0.113.102");
        await page.ClickAsync("button[type=submit]");
        Assert.Equal("Choose a user name.", await page.TextContentAsync("#username-error"));
        Assert.Equal("Choose a password.", await page.TextContentAsync("#password-error"));
        Assert.Equal("Enter your invite code.", await page.TextContentAsync("#invite_code-error"));
        Assert.Equal("username", await page.EvaluateAsync<string>("document.activeElement.id"));

        await page.FillAsync("#username", "no spaces");
        Assert.StartsWith("Use only the letters", await page.TextContentAsync("#username-error"));
        await page.FillAsync("#password", "seven77");
        await Browser.ShootAsync(page, "errors");

        // What only the server knows comes back from it, beside the same field.
        await page.FillAsync("#username", "mike");
        await page.FillAsync("#password", Service.Password);
        await page.FillAsync("#invite_code", "not the code");
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("#invite_code[aria-invalid]");
        Assert.StartsWith("This invite code is not valid.", await page.TextContentAsync("#invite_code-error"));
        Assert.Equal(Service.Password, await page.InputValueAsync("#password"));
        Assert.Equal("invite_code", await page.EvaluateAsync<string>("document.activeElement.id"));
        await Browser.ShootAsync(page, "wrong-code");

        await page.FillAsync("#invite_code", Service.Code);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("#user-id");
    }

    [NeedsFact("root", "unshare", "mmdebstrap", "chromium")]
    public async Task Without_a_script_the_form_works_as_forms_do()
    {
        await using var service = await StartAsync();
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(service, "/register/", "203.0.113.103", new() { JavaScriptEnabled = false });
        await page.FillAsync("#username", "nina");
        await page.FillAsync("#password", Service.Password);
        await page.FillAsync("#invite_code", "not the code");
        await page.ClickAsync("button[type=submit]");
        Assert.StartsWith("This invite code is not valid.", await page.TextContentAsync("#invite_code-error"));
        Assert.Equal("nina", await page.InputValueAsync("#username"));
        Assert.Equal("", await page.InputValueAsync("#password"));

        await page.FillAsync("#password", Service.Password);
        await page.FillAsync("#invite_code", Service.Code);
        await page.ClickAsync("button[type=submit]");
        Assert.Equal("@nina:example.test", await page.TextContentAsync("#user-id"));
    }

    [NeedsFact("root", "unshare", "mmdebstrap", "chromium")]
    public async Task The_password_can_be_shown_and_a_server_that_is_gone_is_said_to_be()
    {
        await using var browser = await Browser.StartAsync();
        IPage page;
        await using (var service = await StartAsync())
        {
            page = await browser.OpenAsync(service, "/register/#code=garden-otter-42", "203.0.113.104");
            await page.FillAsync("#username", "olga");
            await page.FillAsync("#password", Service.Password);
            await page.ClickAsync(".toggle");
            Assert.Equal("text", await page.GetAttributeAsync("#password", "type"));
        }
        await page.ClickAsync("button[type=submit]");
        await page.WaitForFunctionAsync("document.getElementById('notice').textContent !== ''");
        Assert.StartsWith("The server cannot be reached.", await page.TextContentAsync("#notice"));
        Assert.True(await page.IsEnabledAsync("button[type=submit]"));
        await Browser.ShootAsync(page, "gone");
    }

    [NeedsFact("root", "unshare", "mmdebstrap", "chromium")]
    public async Task It_fits_a_phone_without_scrolling_sideways()
    {
        await using var service = await StartAsync();
        await using var browser = await Browser.StartAsync();
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var page = await browser.OpenAsync(service, "/register/", "203.0.113.105",
                new() { ViewportSize = new() { Width = 360, Height = 740 }, ColorScheme = scheme });
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
            // Below 16 px a phone zooms into the field.
            Assert.Equal("16px", await page.EvaluateAsync<string>("getComputedStyle(document.getElementById('username')).fontSize"));
            await Browser.ShootAsync(page, $"phone-{scheme}");
            await page.FillAsync("#username", $"peggy-with-quite-a-long-name-{scheme}");
            await page.FillAsync("#password", Service.Password);
            await page.FillAsync("#invite_code", Service.Code);
            await page.ClickAsync("button[type=submit]");
            await page.WaitForSelectorAsync("#user-id");
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
            await Browser.ShootAsync(page, $"phone-success-{scheme}");
        }
    }

    private async Task<Service> StartAsync()
    {
        var (code, _, error) = await Provision.RunAsync(synapse.Url, Service.Token);
        Assert.True(code == 0, error);
        return await Service.StartAsync(synapse.Url, settings => settings with { WebClientUrl = new Uri("https://chat.example.test") });
    }
}
