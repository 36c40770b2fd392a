using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Settings;

namespace Registration.Homeserver;

/// <summary>Makes accounts at the homeserver, as any Matrix client would, with the registration token that people never see.</summary>
internal sealed class HomeserverClient : IDisposable
{
    // One stage each for the token and for nothing, one to begin with, and one to spare.
    private const int MostRounds = 4;
    private static readonly TimeSpan PauseBeforeRetry = TimeSpan.FromMilliseconds(300);

    private readonly ServiceSettings settings;
    private readonly ILogger log;
    private readonly HttpClient http;

    public HomeserverClient(ServiceSettings settings, ILogger log, TimeSpan timeout)
    {
        this.settings = settings;
        this.log = log;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = 64 * 1024 };
    }

    public void Dispose() => http.Dispose();

    /// <summary>
    /// Registers a name. The first request carries no authentication: a homeserver refuses a taken or forbidden name there, before
    /// it hashes a password. Each further one does the stage that the homeserver asks for next.
    /// </summary>
    /// <param name="client">Whom it is for; told to the homeserver, whose own limits count by it.</param>
    public async Task<Outcome> RegisterAsync(string username, string password, IPAddress? client)
    {
        string? attempted = null;
        JsonObject? auth = null;
        for (var round = 0; round < MostRounds; round++)
        {
            HomeserverAnswer answer;
            try
            {
                answer = await PostAsync(username, password, auth, client);
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                log.HomeserverAway(settings.HomeserverUrl, error.Message);
                return new Outcome.Refused(Refusals.HomeserverAway);
            }

            if (answer.Status == 200 && answer.Body.ValueKind == JsonValueKind.Object)
                return new Outcome.Created(answer.String("user_id") ?? $"@{username}:{settings.ServerName}");
            if (answer.Status != 401)
                return new Outcome.Refused(answer.ToRefusal());
            if (Uiaa.Parse(answer.Body) is not { } uiaa)
                return new Outcome.Refused(Refusals.HomeserverStrange);
            if (attempted is not null && !uiaa.Completed.Contains(attempted))
            {
                log.StageFailed(attempted, answer.String("error") ?? "no reason given");
                return new Outcome.Refused(attempted == Uiaa.RegistrationToken ? Refusals.TokenNotAccepted : Refusals.HomeserverStrange);
            }
            if (uiaa.NextStage() is not { } stage)
            {
                log.NoFlow(uiaa.Obstacles);
                return new Outcome.Refused(Refusals.StepNotPossible(uiaa.Obstacles));
            }

            attempted = stage;
            auth = new JsonObject { ["type"] = stage, ["session"] = uiaa.Session };
            if (stage == Uiaa.RegistrationToken)
                auth["token"] = settings.RegistrationToken.Reveal();
        }
        return new Outcome.Refused(Refusals.HomeserverStrange);
    }

    private async Task<HomeserverAnswer> PostAsync(string username, string password, JsonObject? auth, IPAddress? client)
    {
        // inhibit_login: nobody would use the device that the homeserver makes otherwise.
        var body = new JsonObject { ["username"] = username, ["password"] = password, ["inhibit_login"] = true };
        if (auth is not null)
            body["auth"] = auth;
        var json = body.ToJsonString();
        try
        {
            return await SendAsync(json, client);
        }
        catch (HttpRequestException error) when (NothingWasSent(error))
        {
            await Task.Delay(PauseBeforeRetry);
            return await SendAsync(json, client);
        }
    }

    private async Task<HomeserverAnswer> SendAsync(string json, IPAddress? client)
    {
        var url = new Uri(settings.HomeserverUrl.AbsoluteUri.TrimEnd('/') + "/_matrix/client/v3/register");
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        if (client is not null)
            request.Headers.Add("X-Forwarded-For", client.ToString());
        using var response = await http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new HomeserverAnswer((int)response.StatusCode, Json(bytes), response.Headers.RetryAfter);
    }

    // A request that may have arrived is never sent twice: it could have made the account.
    private static bool NothingWasSent(HttpRequestException error) => error.HttpRequestError
        is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    private static JsonElement Json(byte[] bytes)
    {
        try
        {
            return JsonElement.Parse(bytes);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
