using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hale.Catalogue.Tests;

namespace Lab.Tests.Ohana;

/// <summary>What a person does with a machine of the example: with a browser, and with the library that Matrix apps are made with.</summary>
internal static class Person
{
    public const string Password = "correct horse battery";

    /// <summary>Makes an account as the page's own script does, by the shared code.</summary>
    public static async Task RegisterAsync(OhanaFixture ohana, string user)
    {
        var code = (await ohana.Machine.SucceedAsync("cat /run/secrets/invite_code")).Trim();
        using var client = ohana.Client();
        var body = new JsonObject { ["username"] = user, ["password"] = Password, ["invite_code"] = code };
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("https://ohana-matrix.xyz/api/register", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Opens a link to the registration page in Chromium and makes an account.</summary>
    /// <returns>The user id that the page shows; where it refuses, the sentence beside the code.</returns>
    public static async Task<string> RegisterInBrowserAsync(OhanaFixture ohana, string link, string user)
    {
        await using var browser = await OhanaBrowser.StartAsync(ohana);
        var page = await browser.OpenAsync(link);
        await page.FillAsync("#username", user);
        await page.FillAsync("#password", Password);
        await OhanaBrowser.ScreenshotAsync(page, "register");
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("#user-id, #invite_code[aria-invalid], #notice:not(:empty)", new() { Timeout = 60_000 });
        await OhanaBrowser.ScreenshotAsync(page, "registered");
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
}
