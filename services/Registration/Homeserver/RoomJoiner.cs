using Registration.Settings;
using ServiceHost;

namespace Registration.Homeserver;

/// <summary>Brings a new account into the rooms of its invite, with the account's own access.</summary>
internal sealed class RoomJoiner(HomeserverHttp http, ILogger log)
{
    /// <summary>Joins each room.</summary>
    /// <returns>Those that could not be joined.</returns>
    public async Task<IReadOnlyList<string>> JoinAsync(string userId, SecretText accessToken, IEnumerable<string> rooms)
    {
        var missed = new List<string>();
        foreach (var room in rooms)
        {
            var reason = await TryJoinAsync(accessToken, room);
            if (reason is null)
                continue;
            log.RoomMissed(userId, room, reason);
            missed.Add(room);
        }
        return missed;
    }

    /// <summary>Ends the access, where nobody is to have it.</summary>
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

    private async Task<string?> TryJoinAsync(SecretText accessToken, string room)
    {
        try
        {
            var answer = await http.SendAsync(
                HttpMethod.Post, $"/_matrix/client/v3/join/{Uri.EscapeDataString(room)}", [], accessToken: accessToken);
            return answer.Status == 200 ? null : answer.String("error") ?? $"status {answer.Status}";
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return error.Message;
        }
    }
}
