using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Settings;
using ServiceHost;

namespace Registration.Homeserver;

/// <summary>Makes accounts at the homeserver, as any Matrix client would, with the registration token that people never see.</summary>
internal sealed class HomeserverClient(ServiceSettings settings, HomeserverHttp http, ILogger log)
{
    /// <summary>Where the homeserver registers.</summary>
    public const string RegisterPath = "/_matrix/client/v3/register";

    /// <summary>How long the homeserver is listened to that may be making an account: its answer says what became of a use.</summary>
    public static readonly TimeSpan LongestMaking = TimeSpan.FromMinutes(10);

    // One stage each for the token and for nothing, one to begin with, and one to spare.
    private const int MostRounds = 4;

    /// <summary>
    /// Registers a name. The first request carries no authentication: a homeserver refuses a taken or forbidden name there, before
    /// it hashes a password. Each further one does the stage that the homeserver asks for next.
    /// </summary>
    /// <param name="signIn">Whether the account's access is wanted. Otherwise the homeserver makes no device, which nobody would use.</param>
    /// <param name="client">Whom it is for; told to the homeserver, whose own limits count by it.</param>
    /// <param name="asked">Called before the first request that can make the account.</param>
    /// <param name="longest">How long each request that can make the account may take; null for as long as any other.</param>
    public async Task<Outcome> RegisterAsync(
        string username, string password, bool signIn, IPAddress? client, Action asked, TimeSpan? longest = null)
    {
        var body = new JsonObject { ["username"] = username, ["password"] = password, ["inhibit_login"] = !signIn };
        if (signIn)
            body["initial_device_display_name"] = "Registration";
        string? attempted = null;
        for (var round = 0; round < MostRounds; round++)
        {
            if (attempted is not null && round == 1)
                asked();
            HomeserverAnswer answer;
            try
            {
                answer = await http.SendAsync(HttpMethod.Post, RegisterPath, body, client, longest: attempted is null ? null : longest);
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                log.HomeserverAway(settings.HomeserverUrl, error.Message);
                return new Outcome.Refused(Refusals.HomeserverAway) { InDoubt = attempted is not null && !HomeserverHttp.NothingWasSent(error) };
            }

            if (answer.Status == 200 && answer.Body.ValueKind == JsonValueKind.Object)
                return new Outcome.Created(answer.String("user_id") ?? UserId(username))
                {
                    AccessToken = answer.String("access_token") is { } token ? new SecretText(token) : null,
                };
            if (answer.Status != 401)
                return new Outcome.Refused(answer.ToRefusal()) { InDoubt = attempted is not null && answer.IsDoubtful };
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
            body["auth"] = Stage(stage, uiaa.Session);
        }
        return new Outcome.Refused(Refusals.HomeserverStrange);
    }

    /// <summary>How long whoever wants an account waits for it: the first request, and those that make it.</summary>
    public TimeSpan Patience => 2 * http.Patience;

    /// <summary>The whole id of a local name.</summary>
    public string UserId(string username) => $"@{username}:{settings.ServerName}";

    /// <summary>Whether there is an account of this name. Null where the homeserver does not say.</summary>
    public async Task<bool?> ExistsAsync(string username)
    {
        try
        {
            var answer = await AvailableAsync(username, null);
            return answer.Status == 200 ? false
                : answer.String("errcode") switch
                {
                    "M_USER_IN_USE" => true,
                    "M_INVALID_USERNAME" or "M_EXCLUSIVE" => false,
                    _ => null,
                };
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            log.HomeserverAway(settings.HomeserverUrl, error.Message);
            return null;
        }
    }

    /// <summary>Asks whether a name can be had; the answer as the homeserver gives it.</summary>
    public Task<HomeserverAnswer> AvailableAsync(string username, IPAddress? client) =>
        http.SendAsync(HttpMethod.Get, $"{RegisterPath}/available?username={Uri.EscapeDataString(username)}", null, client);

    /// <summary>Ends an access that nobody is to have.</summary>
    public async Task LogOutAsync(SecretText accessToken)
    {
        try
        {
            var answer = await http.SendAsync(HttpMethod.Post, "/_matrix/client/v3/logout", [], accessToken: accessToken);
            if (answer.Status != 200)
                log.NotLoggedOut(answer.String("error") ?? $"status {answer.Status}");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            log.NotLoggedOut(error.Message);
        }
    }

    /// <summary>What does a stage that needs nothing, or nothing but the token.</summary>
    public JsonObject Stage(string stage, string session)
    {
        var auth = new JsonObject { ["type"] = stage, ["session"] = session };
        if (stage == Uiaa.RegistrationToken)
            auth["token"] = settings.RegistrationToken.Reveal();
        return auth;
    }
}
