using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Homeserver;
using Registration.Settings;
using ServiceHost;

namespace Registration.Admin;

/// <summary>How signing in ended: the user id, or why not.</summary>
internal readonly record struct SignedIn(string? UserId, string Problem = "", int Status = 200);

/// <summary>
/// Finds out who somebody is and whether he may make invites: one of the declared administrators, or one of the homeserver's. An access
/// that was made for this is ended at once; one that somebody brought is his own, and is forgotten.
/// </summary>
internal sealed class SignIn(ServiceSettings settings, HomeserverHttp http, HomeserverClient homeserver, ILogger log)
{
    private static readonly SignedIn Away = new(null, "The homeserver cannot be reached at the moment. Please try again in a few minutes.", 502);

    public async Task<SignedIn> WithPasswordAsync(string user, string password, IPAddress? client)
    {
        try
        {
            var answer = await http.SendAsync(HttpMethod.Post, "/_matrix/client/v3/login", new JsonObject
            {
                ["type"] = "m.login.password",
                ["identifier"] = new JsonObject { ["type"] = "m.id.user", ["user"] = user },
                ["password"] = password,
                ["initial_device_display_name"] = "Invites",
            }, client);
            if (answer.Status != 200 || answer.String("access_token") is not { } token || answer.String("user_id") is not { } userId)
                return answer.Status switch
                {
                    403 => new(null, "The user name or the password is not right.", 403),
                    429 => new(null, "Too many attempts. Please wait a few minutes.", 429),
                    >= 500 => Away,
                    _ => new(null, $"The homeserver says: {answer.String("error") ?? "no"}", 403),
                };
            var access = new SecretText(token);
            try
            {
                return await JudgeAsync(userId, access);
            }
            finally
            {
                await homeserver.LogOutAsync(access);
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            log.HomeserverAway(settings.HomeserverUrl, error.Message);
            return Away;
        }
    }

    public async Task<SignedIn> WithTokenAsync(string token, IPAddress? client)
    {
        var access = new SecretText(token);
        try
        {
            var answer = await http.SendAsync(HttpMethod.Get, "/_matrix/client/v3/account/whoami", null, client, access);
            return answer.Status == 200 && answer.String("user_id") is { } userId
                ? await JudgeAsync(userId, access)
                : new(null, "The homeserver does not know this access token.", 403);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            log.HomeserverAway(settings.HomeserverUrl, error.Message);
            return Away;
        }
        catch (FormatException)
        {
            return new(null, "This is no access token.", 403);
        }
    }

    private async Task<SignedIn> JudgeAsync(string userId, SecretText access)
    {
        if (settings.Admins.Contains(userId))
            return new(userId);
        // Synapse answers its administrators alone; another homeserver does not know the path.
        var answer = await http.SendAsync(HttpMethod.Get, $"/_synapse/admin/v1/users/{Uri.EscapeDataString(userId)}/admin", null, null, access);
        if (answer.Status == 200 && answer.Body.ValueKind == JsonValueKind.Object
            && answer.Body.TryGetProperty("admin", out var admin) && admin.ValueKind == JsonValueKind.True)
            return new(userId);
        log.NoAdministrator(userId);
        return new(null, "This account may not make invites here.", 403);
    }
}
