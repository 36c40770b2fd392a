using Microsoft.Playwright;
using Registration.Tests.Harness;
using Registration.Tests.Invites;

namespace Registration.Tests;

/// <summary>The page for people who use a keyboard, a small window, no scripts, or colours of their own, in headless Chromium.</summary>
public class ComfortTests : IAsyncLifetime
{
    private const string LongName = "a-rather-long-name-of-a-server-that-nobody-would-choose.families-of-the-valley.example.test";

    // The colour of the outline against that of the page, as WCAG 2.2 counts it ("contrast ratio"); 0 where there is none.
    private const string Outline = """
        () => {
          const channels = text => text.match(/[\d.]+/g).map(Number);
          const behind = channels(getComputedStyle(document.querySelector('main')).backgroundColor);
          const light = ([r, g, b]) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
            const c = [r, g, b][i] / 255;
            return sum + weight * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
          }, 0);
          const style = getComputedStyle(document.activeElement);
          if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return 0;
          const [r, g, b, alpha = 1] = channels(style.outlineColor);
          const seen = [r, g, b].map((c, i) => c * alpha + behind[i] * (1 - alpha));
          const [one, other] = [light(seen) + 0.05, light(behind) + 0.05];
          return Math.max(one, other) / Math.min(one, other);
        }
        """;

    private Accounts homeserver = null!;
    private Service service = null!;

    public async Task InitializeAsync()
    {
        homeserver = await Accounts.StartAsync();
        service = await Service.StartAsync(homeserver.Url, settings => settings with { ServerName = LongName, WebClientUrl = new Uri("https://chat.example.test") });
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        await homeserver.DisposeAsync();
    }

    [NeedsFact("chromium")]
    public async Task Whatever_the_keyboard_leads_to_can_be_seen_and_a_button_looks_like_one()
    {
        await using var browser = await Browser.StartAsync();
        foreach (var (name, options) in new (string, BrowserNewContextOptions)[]
        {
            ("light", new() { ColorScheme = ColorScheme.Light }),
            ("dark", new() { ColorScheme = ColorScheme.Dark }),
            ("forced", new() { ForcedColors = ForcedColors.Active }),
        })
            foreach (var (path, stops) in new[] { ("/register/", 7), ("/register/invites", 5) })
            {
                var page = await browser.OpenAsync(service, path, "203.0.113.106", options);
                for (var stop = 0; stop < stops; stop++)
                {
                    await page.Keyboard.PressAsync("Tab");
                    var what = await page.EvaluateAsync<string>("document.activeElement.outerHTML");
                    Assert.False(what.StartsWith("<body", StringComparison.Ordinal), $"{path} has {stop} stops");
                    Assert.True(await page.EvaluateAsync<double>(Outline) >= 3, $"{name}: {what}");
                }
                await Browser.ShootAsync(page, $"focus-{name}-{stops}");
                Assert.Equal("solid", await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('button[type=submit]')).borderStyle"));
            }
    }

    [NeedsFact("chromium")]
    public async Task In_the_smallest_window_everything_fits_and_what_went_wrong_is_in_sight()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(service, "/register/", "203.0.113.107",
            new() { ViewportSize = new() { Width = 320, Height = 568 }, ReducedMotion = ReducedMotion.Reduce });
        Assert.False(await Axe.IsTooWideAsync(page));
        Assert.Equal("none", await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('button')).transitionProperty"));
        await page.FillAsync("#username", "olga-with-quite-a-long-name");
        await page.FillAsync("#password", Service.Password);
        await page.FillAsync("#invite_code", Service.Code);

        homeserver.Away = true;
        await SendByKeyboardAsync(page);
        await SeesNoticeAsync(page, "The homeserver cannot be reached at the moment.");
        await service.DisposeAsync();
        await SendByKeyboardAsync(page);
        await SeesNoticeAsync(page, "The server cannot be reached.");
        await Browser.ShootAsync(page, "smallest-gone");

        homeserver.Away = false;
        service = await Service.StartAsync(homeserver.Url);
        page = await browser.OpenAsync(service, "/register/#code=" + Service.Code, "203.0.113.107", new() { ViewportSize = new() { Width = 320, Height = 568 } });
        await page.FillAsync("#username", "olga-with-quite-a-long-name");
        await page.FillAsync("#password", Service.Password);
        await SendByKeyboardAsync(page);
        await page.WaitForSelectorAsync("#user-id");
        Assert.False(await Axe.IsTooWideAsync(page));
    }

    [NeedsFact("chromium")]
    public async Task A_page_that_is_loaded_again_still_has_the_code_of_its_link()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(service, $"/register/#code={Service.Code}&name=nana", "203.0.113.109");
        await page.ReloadAsync();
        Assert.Equal((Service.Code, "nana"), (await page.InputValueAsync("#invite_code"), await page.InputValueAsync("#username")));
        Assert.StartsWith("@nana:", await page.TextContentAsync("#preview"));
        // What somebody wrote since counts more, also when the form comes back from the server.
        await page.FillAsync("#invite_code", "not the code");
        await page.FillAsync("#password", Service.Password);
        await SendByKeyboardAsync(page);
        await page.WaitForSelectorAsync("#invite_code[aria-invalid]");
        Assert.Equal("not the code", await page.InputValueAsync("#invite_code"));

        await page.FillAsync("#invite_code", Service.Code);
        await SendByKeyboardAsync(page);
        await page.WaitForSelectorAsync("#user-id");
        await page.ReloadAsync();
        Assert.Equal("", await page.InputValueAsync("#invite_code"));

        // Another link in the same window.
        await page.FillAsync("#username", "somebody");
        await page.EvaluateAsync("location.hash = 'code=abcd-efgh-jkmn-pqrs&name=opa'");
        await page.WaitForFunctionAsync("document.getElementById('preview').textContent.startsWith('@opa:')");
        Assert.Equal("abcd-efgh-jkmn-pqrs", await page.InputValueAsync("#invite_code"));
        Assert.DoesNotContain("code", page.Url);
    }

    [NeedsFact("chromium")]
    public async Task Without_a_script_people_learn_where_in_a_link_their_code_is()
    {
        await using var browser = await Browser.StartAsync();
        foreach (var scripts in new[] { false, true })
        {
            var page = await browser.OpenAsync(service, "/register/#code=abcd", "203.0.113.108", new() { JavaScriptEnabled = scripts });
            Assert.Equal(!scripts, (await page.InnerTextAsync("#invite_code-hint")).Contains("what follows “code=”", StringComparison.Ordinal));
        }
    }

    private static async Task SendByKeyboardAsync(IPage page)
    {
        await page.FocusAsync("button[type=submit]");
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task SeesNoticeAsync(IPage page, string beginning)
    {
        await page.WaitForFunctionAsync("beginning => document.getElementById('notice').textContent.startsWith(beginning)", beginning);
        await page.WaitForFunctionAsync("document.activeElement.id === 'notice'");
        Assert.True(await page.EvaluateAsync<bool>(
            "(() => { const { top, bottom } = document.getElementById('notice').getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; })()"));
    }
}
