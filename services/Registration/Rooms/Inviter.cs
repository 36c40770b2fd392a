using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Homeserver;

namespace Registration.Rooms;

/// <summary>Something about a room that whoever makes an invite should know.</summary>
internal sealed record RoomNote(string Message, string Hint);

/// <summary>Lets new people into rooms that only members may invite to, as a member of them.</summary>
internal sealed class Inviter(InviterAccount account, ILogger log)
{
    private const string V3 = "/_matrix/client/v3";
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Joins the rooms of an invite that is being made, where it may: so that their members need to invite it once, and learn now rather
    /// than from the first guest.
    /// </summary>
    /// <returns>What stands against bringing new people into them.</returns>
    public async Task<IReadOnlyList<RoomNote>> LookAsync(IReadOnlyCollection<string> rooms)
    {
        if (rooms.Count == 0 || account.UserId is null)
            return [];
        try
        {
            return [.. (await Task.WhenAll(rooms.Select(LookAsync)).WaitAsync(LongestLook)).OfType<RoomNote>()];
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or TimeoutException)
        {
            return [new($"The homeserver did not answer: whether new people can be brought into {string.Join(", ", rooms)} will show.", "The invite is good nevertheless.")];
        }
    }

    /// <summary>Invites a new account into a room.</summary>
    /// <returns>Whether it may join now.</returns>
    public async Task<bool> LetInAsync(string userId, string room)
    {
        try
        {
            // Joining a room that it is in already only gives the room's id; an invitation of its members is taken so.
            if (await JoinAsync(room) is not { Status: 200 } joined || joined.String("room_id") is not { } id)
                return false;
            var answer = await account.SendAsync(HttpMethod.Post, $"{V3}/rooms/{Uri.EscapeDataString(id)}/invite", new JsonObject { ["user_id"] = userId });
            if (answer is { Status: 200 })
                return true;
            log.NotLetIn(userId, room, answer?.String("error") ?? $"status {answer?.Status}");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            log.NotLetIn(userId, room, error.Message);
        }
        return false;
    }

    private Task<HomeserverAnswer?> JoinAsync(string room) => account.SendAsync(HttpMethod.Post, $"{V3}/join/{Uri.EscapeDataString(room)}", []);

    private async Task<RoomNote?> LookAsync(string room)
    {
        if (await JoinAsync(room) is not { } joined)
            return new($"{account.UserId}, which would let new people into {room}, cannot sign in.", "The journal of registration.service says why.");
        if (joined.Status != 200 || joined.String("room_id") is not { } id)
            return IsOfAnotherServer(room)
                ? new($"{account.UserId} cannot get into {room}, a room of another server. The homeserver says: {joined.String("error") ?? $"status {joined.Status}"}",
                    $"Where this server does not federate, name a room of its own; otherwise invite {account.UserId} there, once.")
                : joined.Status == 404
                ? new($"There is no room {room} here.", "Look at its spelling; a room gets an alias in its settings.")
                : new($"{account.UserId} is not in {room}, so that only those who may join by themselves will get in.", $"Invite {account.UserId} there, once.");
        // Synapse takes everybody's power from a room that it upgrades: to give it back would be no help.
        if ((await StateAsync(id, "m.room.tombstone"))?.String("replacement_room") is { Length: > 0 } next)
            return new($"{room} was upgraded: it is over, and {next} takes its place.", "Name that one, or its alias.");
        if ((await StateAsync(id, "m.room.join_rules"))?.String("join_rule") == "public" || MayInvite((await StateAsync(id, "m.room.power_levels"))?.Body))
            return null;
        return new($"{account.UserId} is in {room} but may not invite people there.", "Give it the power to, in the room's settings.");
    }

    private Task<HomeserverAnswer?> StateAsync(string id, string type) => account.SendAsync(HttpMethod.Get, $"{V3}/rooms/{Uri.EscapeDataString(id)}/state/{type}");

    // Ids of today's room versions name no server.
    private bool IsOfAnotherServer(string room) => room.IndexOf(':') is > 0 and var colon && room[(colon + 1)..] != account.ServerName;

    // Client-server API, "m.room.power_levels": who is not named has users_default, and inviting takes 0 where nothing else is said.
    private bool MayInvite(JsonElement? levels)
    {
        if (levels is not { ValueKind: JsonValueKind.Object } said)
            return true;
        var own = said.TryGetProperty("users", out var users) && users.ValueKind == JsonValueKind.Object ? Level(users, account.UserId!) : null;
        return (own ?? Level(said, "users_default") ?? 0) >= (Level(said, "invite") ?? 0);
    }

    private static long? Level(JsonElement of, string name) =>
        of.TryGetProperty(name, out var level) && level.ValueKind == JsonValueKind.Number && level.TryGetInt64(out var value) ? value : null;
}
