using System.Text.Json.Nodes;
using Companion.Account;
using Companion.Matrix;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Registration.Tests.Harness;

namespace Companion.Tests;

/// <summary>How the assistant gets its account, at a real Synapse.</summary>
[Collection(RealSynapse.Name)]
public sealed class AccountTests(SynapseServer synapse) : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient http = new();

    public void Dispose()
    {
        http.Dispose();
        folder.Dispose();
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task The_account_is_made_once_and_its_token_is_for_its_owner_alone()
    {
        await MakeRegistrationTokenAsync("companion-token");
        var file = Path.Combine(folder.Path, "access_token");

        Assert.Equal("@helper:example.test is signed in.", await Make("helper", "companion-token").RunAsync(CancellationToken.None));
        var token = await File.ReadAllTextAsync(file);
        Assert.Equal("The access token of @helper:example.test works.", await Make("helper", "companion-token").RunAsync(CancellationToken.None));

        Assert.Equal(token, await File.ReadAllTextAsync(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        // A token that was revoked, or half written, is replaced by the password alone.
        await File.WriteAllTextAsync(file, "half");
        Assert.Equal("@helper:example.test is signed in.", await Make("helper", "wrong by now").RunAsync(CancellationToken.None));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_wrong_registration_token_and_a_name_of_somebody_else_are_told()
    {
        await Person.MakeAsync(synapse, "taken");

        var wrong = await Assert.ThrowsAsync<MatrixException>(() => Make("helper2", "no-such-token").RunAsync(CancellationToken.None));
        var taken = await Assert.ThrowsAsync<MatrixException>(() => Make("taken", "no-such-token").RunAsync(CancellationToken.None));

        Assert.Contains("Does the homeserver know the registration token?", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("Choose another name", taken.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder.Path, "access_token")));
    }

    [Fact]
    public async Task A_homeserver_that_asks_for_what_a_program_cannot_do_is_told_of()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var homeserver = builder.Build();
        homeserver.Run(async request =>
        {
            var registers = request.Request.Path.Value!.EndsWith("/register", StringComparison.Ordinal);
            request.Response.StatusCode = registers ? 401 : 403;
            await request.Response.WriteAsync(registers
                ? """{"session": "s", "flows": [{"stages": ["m.login.recaptcha", "m.login.dummy"]}, {"stages": ["m.login.registration_token", "m.login.email.identity"]}]}"""
                : """{"errcode": "M_FORBIDDEN", "error": "no"}""");
        });
        await homeserver.StartAsync();
        var settings = new AccountSettings(new Uri(homeserver.Urls.Single()), "@helper:example.test", Path.Combine(folder.Path, "access_token"), new SecretText("t"), new SecretText("p"));

        var error = await Assert.ThrowsAsync<MatrixException>(() => new AccountMaker(settings, http, TimeProvider.System).RunAsync(CancellationToken.None));

        Assert.Contains("asks for m.login.recaptcha and m.login.dummy, or m.login.registration_token and m.login.email.identity; a program can do", error.Message, StringComparison.Ordinal);
    }

    private AccountMaker Make(string name, string registrationToken) => new(
        new AccountSettings(synapse.Url, $"@{name}:example.test", Path.Combine(folder.Path, "access_token"),
            new SecretText(registrationToken), new SecretText("a password of the machine's")),
        http, TimeProvider.System);

    private async Task MakeRegistrationTokenAsync(string token)
    {
        var admin = await Person.MakeAsync(synapse, "token-maker", admin: true);
        await admin.DoAsync(HttpMethod.Post, "/_synapse/admin/v1/registration_tokens/new", new JsonObject { ["token"] = token });
    }
}
