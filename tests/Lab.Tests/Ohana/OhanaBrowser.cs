using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Lab.Tests.Ohana;

/// <summary>Debian's Chromium, headless, that finds the family's names at the machine.</summary>
internal sealed class OhanaBrowser : IAsyncDisposable
{
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly ConcurrentQueue<string> complaints = new();

    private OhanaBrowser(IPlaywright playwright, IBrowser browser) => (this.playwright, this.browser) = (playwright, browser);

    /// <summary>Errors of the console.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    public static async Task<OhanaBrowser> StartAsync(OhanaFixture ohana)
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                // The browser's own store has no such authority; that the chain is right is what MachineClient checks.
                "--ignore-certificate-errors",
                $"--host-resolver-rules=MAP ohana-matrix.xyz:443 127.0.0.1:{ohana.Https}, MAP *.ohana-matrix.xyz:443 127.0.0.1:{ohana.Https}",
            ],
        });
        return new OhanaBrowser(playwright, browser);
    }

    /// <summary>Opens a page as a new visitor.</summary>
    public async Task<IPage> OpenAsync(string url)
    {
        var context = await browser.NewContextAsync(new() { IgnoreHTTPSErrors = true });
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                complaints.Enqueue(message.Text);
        };
        page.PageError += (_, error) => complaints.Enqueue(error);
        await page.GotoAsync(url);
        return page;
    }

    /// <summary>HALE_SCREENSHOTS names a folder to keep them in, for a person to look at.</summary>
    public static async Task ScreenshotAsync(IPage page, string name)
    {
        var picture = await page.ScreenshotAsync();
        Assert.NotEmpty(picture);
        if (Environment.GetEnvironmentVariable("HALE_SCREENSHOTS") is { Length: > 0 } folder)
            await File.WriteAllBytesAsync(Path.Combine(folder, $"ohana-{name}.png"), picture);
    }

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        playwright.Dispose();
    }
}
