using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Hale.Catalogue.Tests;
using Microsoft.Playwright;

namespace Lab.Tests.Ohana;

/// <summary>What a member of the family does, through Caddy's TLS, with a real browser and a real client library.</summary>
[Collection(OhanaMachine.Name)]
public sealed class FamilyTests(OhanaFixture ohana)
{
    private const string Password = "correct horse battery";

    [LabFact]
    public async Task A_person_registers_in_a_browser_signs_in_makes_a_room_and_writes_a_message()
    {
        var code = (await ohana.Machine.SucceedAsync("cat /run/secrets/invite_code")).Trim();
        var user = $"nana{Environment.TickCount64 % 100_000}";

        await RegisterInBrowserAsync(user, code);
        var said = await ConverseAsync(user);

        Assert.Equal($"@{user}:ohana-matrix.xyz", said.GetProperty("user_id").GetString());
        Assert.Equal($"Hello from {user}", said.GetProperty("body").GetString());
    }

    [LabFact]
    public async Task The_well_known_documents_lead_clients_and_servers_to_the_gateway()
    {
        using var client = ohana.Client();

        using var answer = await client.GetAsync("https://ohana-matrix.xyz/.well-known/matrix/client");
        var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var server = JsonDocument.Parse(await client.GetStringAsync("https://ohana-matrix.xyz/.well-known/matrix/server")).RootElement;

        Assert.Equal("https://ohana-matrix.xyz", document.GetProperty("m.homeserver").GetProperty("base_url").GetString());
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("ohana-matrix.xyz:443", server.GetProperty("m.server").GetString());
    }

    [LabTheory]
    [InlineData("/_matrix/client/v3/register")]
    [InlineData("/_matrix/client/v3/register/")]
    [InlineData("/_matrix/client/r0/register?kind=guest")]
    [InlineData("/_matrix/client/v3/%72egister")]
    [InlineData("/_matrix//client/v3/register")]
    [InlineData("/_matrix/client/v3/../v3/register")]
    [InlineData("/_synapse/admin/v1/register")]
    public async Task The_homeservers_own_registration_cannot_be_reached_around_the_page(string path)
    {
        using var client = ohana.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("https://ohana-matrix.xyz" + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json"),
        };

        using var answer = await client.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();

        Assert.DoesNotContain("session", body, StringComparison.Ordinal); // what Synapse's own endpoint answers with
        Assert.DoesNotContain("nonce", body, StringComparison.Ordinal);
        Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.PermanentRedirect, $"{answer.StatusCode}: {body}");
    }

    [LabFact]
    public async Task Secrets_are_made_once_readable_by_root_alone_and_stand_in_no_store_path()
    {
        var listing = await ohana.Machine.SucceedAsync("find /var/lib/hale/secrets /run/secrets.d -type f -printf '%m %U %G %s %P\\n' | sort -k5");
        Assert.NotEmpty(listing);
        Assert.All(listing.Trim().Split('\n'), line => Assert.Matches("^[46]00 0 0 ", line));

        // The search would find a secret: it finds one that is planted.
        const string search = "for s in $(find /var/lib/hale/secrets -type f); do grep -rlFf $s /nix/store /etc/hale/system/ 2>/dev/null; done; true";
        await ohana.Machine.SucceedAsync("mkdir -p /nix/store/planted && cp /run/secrets/invite_code /nix/store/planted/");
        Assert.Contains("planted", await ohana.Machine.SucceedAsync(search), StringComparison.Ordinal);
        await ohana.Machine.SucceedAsync("rm -r /nix/store/planted");
        Assert.Equal("", (await ohana.Machine.SucceedAsync(search)).Trim());

        var unreadable = await ohana.Machine.RunAsync("setpriv --reuid=65534 --clear-groups cat /run/secrets/invite_code");
        Assert.NotEqual(0, unreadable.ExitCode);
    }

    private async Task RegisterInBrowserAsync(string user, string code)
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
        await page.GotoAsync($"https://ohana-matrix.xyz/register/#code={code}");
        await page.FillAsync("#username", user);
        await page.FillAsync("#password", Password);
        await page.FillAsync("#invite_code", code);
        await ScreenshotAsync(page, "register");
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("#user-id", new() { Timeout = 30_000 });
        await ScreenshotAsync(page, "registered");
        Assert.Equal($"@{user}:ohana-matrix.xyz", (await page.TextContentAsync("#user-id"))?.Trim());
    }

    private async Task<JsonElement> ConverseAsync(string user)
    {
        var start = new ProcessStartInfo("node", [Repository.At("tests", "Lab.Tests", "client", "conversation.mjs"), $"https://ohana-matrix.xyz:{ohana.Https}", "127.0.0.1", user])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NODE_EXTRA_CA_CERTS"] = ohana.Certificate;
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(Password);
        node.StandardInput.Close();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);
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
