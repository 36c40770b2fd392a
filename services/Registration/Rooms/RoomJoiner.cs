using Registration.Homeserver;
using ServiceHost;

namespace Registration.Rooms;

/// <summary>Brings a new account into the rooms of its invite: by its own access, and let in by a member where the room asks for that.</summary>
internal sealed class RoomJoiner(HomeserverHttp http, Inviter inviter, ILogger log)
{
    /// <summary>Joins each room, in their order: one may open the next, as a Space does.</summary>
    /// <returns>Those that could not be joined.</returns>
    public async Task<IReadOnlyList<string>> JoinAsync(string userId, SecretText accessToken, IEnumerable<string> rooms)
    {
        var missed = new List<string>();
        foreach (var room in rooms)
        {
            var reason = await TryJoinAsync(accessToken, room);
            if (reason is not null && await inviter.LetInAsync(userId, room))
                reason = await TryJoinAsync(accessToken, room);
            if (reason is null)
                continue;
            log.RoomMissed(userId, room, reason);
            missed.Add(room);
        }
        return missed;
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
