using System.Text;
using System.Text.Json.Nodes;
using Registration.Limits;
using Registration.Tests.Harness;
using Registration.Tests.Invites;

namespace Registration.Tests.Clients;

/// <summary>Matrix clients that register at the homeserver's own path: the service, a homeserver, and what clients send.</summary>
public abstract class ClientScenario : IAsyncLifetime
{
    private protected const string Token = "m.login.registration_token";
    private protected const string Dummy = "m.login.dummy";

    private protected readonly ManualTime time = new();
    private protected Accounts homeserver = null!;
    private protected Service service = null!;

    public async Task InitializeAsync()
    {
        homeserver = await Accounts.StartAsync();
        service = await Service.StartAsync(homeserver.Url, configure: options => (options.Time, options.Limits, options.SettleEvery) =
            (time, new AttemptLimits { ClientRequests = new(1000, TimeSpan.FromMinutes(1)), AttemptsPerCode = new(1000, TimeSpan.FromMinutes(1)) }, TimeSpan.FromMilliseconds(50)));
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        await homeserver.DisposeAsync();
    }

    private protected async Task SettledAsync(string id)
    {
        time.Advance(TimeSpan.FromSeconds(61));
        for (var tries = 0; tries < 200 && (int)(await service.ShowAsync(id))["invite"]!["reserved"]! > 0; tries++)
            await Task.Delay(50);
    }

    private protected static JsonObject Account(string username, JsonObject? auth = null)
    {
        var account = new JsonObject { ["username"] = username, ["password"] = Service.Password };
        if (auth is not null)
            account["auth"] = auth;
        return account;
    }

    private protected static JsonObject Auth(string type, string session, string? token = null)
    {
        var auth = new JsonObject { ["type"] = type, ["session"] = session };
        if (token is not null)
            auth["token"] = token;
        return auth;
    }

    private protected static JsonObject Json(Reply reply) => JsonNode.Parse(reply.Text)!.AsObject();

    private protected static string Session(Reply reply) => (string?)Json(reply)["session"] ?? throw new Xunit.Sdk.XunitException($"no session: {reply.Text}");

    private protected static StringContent Content(string json) => new(json, Encoding.UTF8, "application/json");

    private protected Task<Reply> ValidityAsync(string code) =>
        service.SendAsync(HttpMethod.Get, $"/_matrix/client/v1/register/m.login.registration_token/validity?token={code}");

    private protected async Task<Reply> PostAsync(JsonObject body, string version = "v3", string? bearer = null, Service? to = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/_matrix/client/{version}/register") { Content = Content(body.ToJsonString()) };
        if (bearer is not null)
            request.Headers.Authorization = new("Bearer", bearer);
        using var response = await (to ?? service).Client.SendAsync(request);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);
    }
}
