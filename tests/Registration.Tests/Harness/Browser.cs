using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Registration.Tests.Harness;

/// <summary>The computer's own Chromium, headless, with a profile that is thrown away.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly ConcurrentQueue<string> complaints = new();

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        this.playwright = playwright;
        this.browser = browser;
    }

    /// <summary>Errors and warnings of the console: a policy that was broken, a script that threw.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    public static async Task<Browser> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Tools.Find("chromium"),
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
        return new Browser(playwright, browser);
    }

    /// <summary>Opens a page as a new visitor, who comes from an address of his own.</summary>
    public async Task<IPage> OpenAsync(Service service, string path, string from, BrowserNewContextOptions? options = null)
    {
        options ??= new();
        options.ExtraHTTPHeaders = new Dictionary<string, string> { ["X-Forwarded-For"] = from };
        var page = await (await browser.NewContextAsync(options)).NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                complaints.Enqueue(message.Text);
        };
        page.PageError += (_, error) => complaints.Enqueue(error);
        await page.GotoAsync(new Uri(service.Url, path).ToString());
        return page;
    }

    /// <summary>A picture, for a person to look at: HALE_SCREENSHOTS names the folder.</summary>
    public static async Task ShootAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("HALE_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
    }

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        playwright.Dispose();
    }
}
