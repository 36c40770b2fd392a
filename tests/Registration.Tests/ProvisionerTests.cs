using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>The provisioner at a real Synapse. That it never prints a secret is checked at each run (<see cref="Provision"/>).</summary>
[Collection(RealSynapse.Name)]
public class ProvisionerTests(SynapseServer synapse)
{
    private const string Validity = "/_matrix/client/v1/register/m.login.registration_token/validity";

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task The_token_is_made_once_and_then_found()
    {
        var token = Guid.NewGuid().ToString("n");
        Assert.False(await IsValidAsync(token));
        Assert.Equal((0, "The registration token exists now.\n", ""), await Provision.RunAsync(synapse.Url, token));
        Assert.True(await IsValidAsync(token));
        Assert.Equal((0, "The registration token is valid already.\n", ""), await Provision.RunAsync(synapse.Url, token));
        // Nobody is signed in for that: nothing but the token is needed to be right.
        Assert.Equal(0, (await Provision.RunAsync(synapse.Url, token, "wrong", "wrong")).Code);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_second_token_signs_the_admin_in_by_password_and_no_session_stays()
    {
        Assert.Equal(0, (await Provision.RunAsync(synapse.Url, Guid.NewGuid().ToString("n"))).Code);
        Assert.Equal(0, (await Provision.RunAsync(synapse.Url, Guid.NewGuid().ToString("n"))).Code);
        var (_, session) = await synapse.LogInAsync("hale", SynapseServer.AdminPassword);
        var (_, devices) = await synapse.SendAsync(HttpMethod.Get, "/_matrix/client/v3/devices", null, (string?)session["access_token"]);
        Assert.Equal((string?)session["device_id"], (string?)Assert.Single(devices["devices"]!.AsArray())!["device_id"]);
        await synapse.SendAsync(HttpMethod.Post, "/_matrix/client/v3/logout", [], (string?)session["access_token"]);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_token_that_has_lapsed_is_made_valid_again()
    {
        await Provision.RunAsync(synapse.Url, Guid.NewGuid().ToString("n"));
        var (_, session) = await synapse.LogInAsync("hale", SynapseServer.AdminPassword);
        var admin = (string?)session["access_token"];
        var token = Guid.NewGuid().ToString("n");
        var soon = DateTimeOffset.UtcNow.AddSeconds(1).ToUnixTimeMilliseconds();
        var (made, _) = await synapse.SendAsync(HttpMethod.Post, "/_synapse/admin/v1/registration_tokens/new",
            new JsonObject { ["token"] = token, ["expiry_time"] = soon }, admin);
        Assert.Equal(200, made);
        await Task.Delay(TimeSpan.FromSeconds(1.2));
        await synapse.SendAsync(HttpMethod.Post, "/_matrix/client/v3/logout", [], admin);
        Assert.False(await IsValidAsync(token));
        Assert.Equal((0, "The registration token had lapsed and is valid again.\n", ""), await Provision.RunAsync(synapse.Url, token));
        Assert.True(await IsValidAsync(token));
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task A_wrong_shared_secret_and_a_wrong_password_are_told_apart()
    {
        await Provision.RunAsync(synapse.Url, Guid.NewGuid().ToString("n"));
        var secret = await Provision.RunAsync(synapse.Url, Guid.NewGuid().ToString("n"), sharedSecret: "another secret", admin: "hale2");
        Assert.Equal(1, secret.Code);
        Assert.Contains("does not accept the shared secret", secret.Error);
        var password = await Provision.RunAsync(synapse.Url, Guid.NewGuid().ToString("n"), password: "another password");
        Assert.Equal(1, password.Code);
        Assert.Contains("\"hale\" exists, and admin_password is not its password", password.Error);
    }

    [NeedsFact("root", "unshare", "mmdebstrap")]
    public async Task An_account_of_that_name_that_is_no_administrator_is_named()
    {
        var token = Guid.NewGuid().ToString("n");
        Assert.Equal(0, (await Provision.RunAsync(synapse.Url, Service.Token)).Code);
        await using var service = await Service.StartAsync(synapse.Url);
        Assert.Equal(200, (await service.ApiAsync("mallory", SynapseServer.AdminPassword, from: "203.0.113.50")).Status);
        var result = await Provision.RunAsync(synapse.Url, token, admin: "mallory");
        Assert.Equal(1, result.Code);
        Assert.Contains("\"mallory\" is not an administrator", result.Error);
    }

    [Fact]
    public async Task A_homeserver_that_does_not_come_up_is_named_with_the_time_it_was_given()
    {
        var result = await Provision.RunAsync(Service.Nowhere, Service.Token, waitSeconds: 1);
        Assert.Equal(1, result.Code);
        Assert.StartsWith("The homeserver at http://127.0.0.1:9/ did not come up within 1 s.", result.Error);
    }

    [Fact]
    public async Task A_server_without_an_admin_API_is_told_to_be_no_Synapse()
    {
        await using var homeserver = await FakeHomeserver.StartAsync((http, _) => http.Request.Path.Value switch
        {
            "/_matrix/client/versions" => FakeHomeserver.ReplyAsync(http, 200, """{"versions":["v1.11"]}"""),
            Validity => FakeHomeserver.ReplyAsync(http, 200, """{"valid":false}"""),
            _ => FakeHomeserver.ReplyAsync(http, 404, """{"errcode":"M_UNRECOGNIZED","error":"Not found"}"""),
        });
        var result = await Provision.RunAsync(homeserver.Url, Service.Token);
        Assert.Equal(1, result.Code);
        Assert.Contains("has no admin API", result.Error);
    }

    [Fact]
    public async Task All_that_is_missing_is_told_at_once()
    {
        var result = await Tools.TryAsync("dotnet", [Tools.Program("MatrixProvisioner")], new Dictionary<string, string>());
        Assert.Equal(1, result.Code);
        Assert.Contains("HOMESERVER_URL is not set.", result.Error);
        Assert.Contains("CREDENTIALS_DIRECTORY is not set.", result.Error);
    }

    [Fact]
    public async Task A_token_that_Matrix_does_not_allow_is_refused_before_anybody_is_asked()
    {
        var result = await Provision.RunAsync(Service.Nowhere, new string('a', 65));
        Assert.Equal(1, result.Code);
        Assert.Contains("1 to 64 characters", result.Error);
    }

    private async Task<bool> IsValidAsync(string token) =>
        (bool)(await synapse.SendAsync(HttpMethod.Get, $"{Validity}?token={token}")).Body["valid"]!;
}
