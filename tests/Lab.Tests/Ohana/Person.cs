using System.Diagnostics;
using System.Text.Json;
using Hale.Catalogue.Tests;
using Microsoft.Playwright;

namespace Lab.Tests.Ohana;

/// <summary>What a person does with a machine of the example: with a browser, and with the library that Matrix apps are made with.</summary>
internal static class Person
{
    public const string Password = "correct horse battery";

    /// <summary>Opens a link to the registration page in Chromium and makes an account.</summary>
    /// <returns>The user id that the page shows; where it refuses, the sentence beside the code.</returns>
    public static async Task<string> RegisterInBrowserAsync(OhanaFixture ohana, string link, string user)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                $"--host-resolver-rules=MAP ohana-matrix.xyz:443 127.0.0.1:{ohana.Https}",
            ],
        });
        // The browser's own store has no such authority; that the chain is right is what MachineClient checks.
        await using var context = await browser.NewContextAsync(new() { IgnoreHTTPSErrors = true });
        var page = await context.NewPageAsync();
        await page.GotoAsync(link);
        await page.FillAsync("#username", user);
        await page.FillAsync("#password", Password);
        await ScreenshotAsync(page, "register");
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("#user-id, #invite_code[aria-invalid], #notice:not(:empty)", new() { Timeout = 60_000 });
        await ScreenshotAsync(page, "registered");
        return (await page.TextContentAsync(await page.Locator("#user-id").CountAsync() > 0 ? "#user-id" : "#invite_code-error"))!.Trim();
    }

    /// <summary>Runs a script of tests/Lab.Tests/client; what it prints.</summary>
    public static async Task<JsonElement> RunAsync(OhanaFixture ohana, string script, string user, params string[] input)
    {
        var start = new ProcessStartInfo("node", [Repository.At("tests", "Lab.Tests", "client", script), $"https://ohana-matrix.xyz:{ohana.Https}", "127.0.0.1", user])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NODE_EXTRA_CA_CERTS"] = ohana.Certificate;
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(string.Join('\n', input));
        node.StandardInput.Close();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors + output);
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>HALE_SCREENSHOTS names a folder to keep them in, for a person to look at.</summary>
    private static async Task ScreenshotAsync(IPage page, string name)
    {
        var picture = await page.ScreenshotAsync();
        Assert.NotEmpty(picture);
        if (Environment.GetEnvironmentVariable("HALE_SCREENSHOTS") is { Length: > 0 } folder)
            await File.WriteAllBytesAsync(Path.Combine(folder, $"ohana-{name}.png"), picture);
    }
}
