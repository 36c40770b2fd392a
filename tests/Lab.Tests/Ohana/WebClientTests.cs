using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;

namespace Lab.Tests.Ohana;

/// <summary>The client at chat., in a real browser, through the gateway.</summary>
[Collection(OhanaMachine.Name)]
public sealed class WebClientTests(OhanaFixture ohana)
{
    private const string Password = "correct horse battery";

    [LabFact]
    public async Task A_person_signs_in_at_the_web_client_and_writes_a_message()
    {
        using var client = ohana.Client();
        var user = $"chat{Environment.TickCount64 % 100_000}";
        await RegisterAsync(client, user);
        var room = await RoomAsync(client, user, "Kitchen");

        await using var browser = await OhanaBrowser.StartAsync(ohana);
        var page = await browser.OpenAsync("https://chat.ohana-matrix.xyz/");
        try
        {
            await SignInAndWriteAsync(page, user);
            Assert.Equal($"Soup is ready, says {user}", await LastMessageAsync(client, room));
            await OhanaBrowser.ScreenshotAsync(page, "chat-room");
        }
        catch (Exception error)
        {
            await OhanaBrowser.ScreenshotAsync(page, "chat-failed");
            Assert.Fail($"{error.Message}\n{await page.InnerTextAsync("body")}\n{string.Join('\n', browser.Complaints)}");
        }

        // Nothing that the page needs is refused by its own policy.
        Assert.DoesNotContain(browser.Complaints, complaint => complaint.Contains("Content Security Policy", StringComparison.Ordinal));
    }

    private static async Task SignInAndWriteAsync(IPage page, string user)
    {
        await page.WaitForSelectorAsync("#password", new() { Timeout = 60_000 });
        await OhanaBrowser.ScreenshotAsync(page, "chat-sign-in");
        await page.FillAsync("#username", user);
        await page.FillAsync("#password", Password);
        await page.ClickAsync(".PasswordLoginView button[type=submit]");
        await page.ClickAsync(".RoomList >> text=Kitchen", new() { Timeout = 120_000 });
        await page.FillAsync(".MessageComposer_input textarea", $"Soup is ready, says {user}", new() { Timeout = 60_000 });
        await page.PressAsync(".MessageComposer_input textarea", "Enter");
    }

    private async Task RegisterAsync(HttpClient client, string user)
    {
        var code = (await ohana.Machine.SucceedAsync("cat /run/secrets/invite_code")).Trim();
        using var answer = await client.PostAsJsonAsync(
            "https://ohana-matrix.xyz/api/register", new { username = user, password = Password, invite_code = code });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<string> RoomAsync(HttpClient client, string user, string name)
    {
        var session = await PostAsync(client, "login", new { type = "m.login.password", identifier = new { type = "m.id.user", user }, password = Password });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.GetProperty("access_token").GetString());
        return (await PostAsync(client, "createRoom", new { name, preset = "private_chat" })).GetProperty("room_id").GetString()!;
    }

    private static async Task<JsonElement> PostAsync<T>(HttpClient client, string path, T content)
    {
        using var answer = await client.PostAsJsonAsync($"https://ohana-matrix.xyz/_matrix/client/v3/{path}", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).Clone();
    }

    private static async Task<string?> LastMessageAsync(HttpClient client, string room)
    {
        for (var tries = 0; tries < 60; tries++)
        {
            var messages = await client.GetFromJsonAsync<JsonElement>(
                $"https://ohana-matrix.xyz/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/messages?dir=b&limit=5");
            foreach (var sent in messages.GetProperty("chunk").EnumerateArray())
                if (sent.GetProperty("type").GetString() == "m.room.message")
                    return sent.GetProperty("content").GetProperty("body").GetString();
            await Task.Delay(500);
        }

        return null;
    }
}
