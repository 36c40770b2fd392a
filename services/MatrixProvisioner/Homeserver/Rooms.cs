using System.Text.Json.Nodes;

namespace MatrixProvisioner;

/// <summary>What a room holds now: the content of each piece of its state.</summary>
internal sealed class RoomState(IReadOnlyDictionary<(string Type, string Key), JsonObject> content)
{
    public JsonObject? Of(string type, string key = "") => content.GetValueOrDefault((type, key));

    /// <summary>The room that takes the place of this one, which is over; null where it is not.</summary>
    public string? Replacement =>
        Of("m.room.tombstone")?["replacement_room"] is JsonValue value && value.TryGetValue<string>(out var room) && room.Length > 0 ? room : null;

    /// <summary><c>join</c>, <c>invite</c>, <c>leave</c>, <c>ban</c>, <c>knock</c>; null for who never had to do with it.</summary>
    public string? MembershipOf(string userId) => (string?)Of("m.room.member", userId)?["membership"];
}

/// <summary>Makes and changes rooms in one account's name (Matrix client-server specification, "Rooms").</summary>
internal sealed class Rooms(Homeserver homeserver)
{
    /// <summary>Where the mark of a room stands in the event that creates it.</summary>
    public const string MarkName = "io.hale.mark";

    private const string Client = "/_matrix/client/v3";

    /// <returns>The new room's id.</returns>
    public async Task<string> CreateAsync(Session session, JsonObject request)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Post, $"{Client}/createRoom", request, session.AccessToken.Reveal());
        return answer.Status == 200 && answer.Text("room_id") is { } id ? id : throw ProvisionError.Unexpected("to make a room", answer);
    }

    /// <summary>The room that was made with this mark; null where none of the account's rooms has it.</summary>
    public async Task<string?> FindAsync(Session session, string mark)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Get, $"{Client}/joined_rooms", null, session.AccessToken.Reveal());
        if (answer.Status != 200 || answer.Body["joined_rooms"] is not JsonArray joined)
            throw ProvisionError.Unexpected($"for the rooms of {session.UserId}", answer);
        foreach (var room in joined.Select(node => (string?)node).OfType<string>())
        {
            var created = await homeserver.SendAsync(HttpMethod.Get, $"{Path(room)}/state/m.room.create", null, session.AccessToken.Reveal());
            if (created.Status == 200 && created.Text(MarkName) == mark)
                return room;
        }
        return null;
    }

    /// <returns>Null where the account is not in the room, or there is none.</returns>
    public async Task<RoomState?> StateAsync(Session session, string room)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Get, $"{Path(room)}/state", null, session.AccessToken.Reveal());
        if (answer.Status is 403 or 404)
            return null;
        if (answer.Status != 200 || answer.Content is not JsonArray events)
            throw ProvisionError.Unexpected($"for the state of {room}", answer);
        var content = new Dictionary<(string, string), JsonObject>();
        foreach (var one in events.OfType<JsonObject>())
            if ((string?)one["type"] is { } type && (string?)one["state_key"] is { } key && one["content"] is JsonObject of)
                content[(type, key)] = of;
        return new RoomState(content);
    }

    public async Task SetAsync(Session session, string room, string type, string key, JsonObject content)
    {
        var path = $"{Path(room)}/state/{type}{(key.Length == 0 ? "" : $"/{Uri.EscapeDataString(key)}")}";
        var answer = await homeserver.SendAsync(HttpMethod.Put, path, content, session.AccessToken.Reveal());
        if (answer.Status != 200)
            throw ProvisionError.Unexpected($"to set {type} of {room}", answer);
    }

    public async Task InviteAsync(Session session, string room, string userId)
    {
        var answer = await homeserver.SendAsync(
            HttpMethod.Post, $"{Path(room)}/invite", new JsonObject { ["user_id"] = userId }, session.AccessToken.Reveal());
        if (answer.Status != 200)
            throw ProvisionError.Unexpected($"to invite {userId} to {room}", answer);
    }

    public async Task JoinAsync(Session session, string room)
    {
        if (await AskToJoinAsync(session, room) is { Status: not 200 } answer)
            throw Refused(session, room, answer);
    }

    /// <summary>Joins where that is allowed.</summary>
    /// <returns>Whether the account is in the room now.</returns>
    public async Task<bool> TryJoinAsync(Session session, string room)
    {
        var answer = await AskToJoinAsync(session, room);
        return answer.Status is 200 or 403 or 404 ? answer.Status == 200 : throw Refused(session, room, answer);
    }

    private Task<Answer> AskToJoinAsync(Session session, string room) =>
        homeserver.SendAsync(HttpMethod.Post, $"{Path(room)}/join", [], session.AccessToken.Reveal());

    private static ProvisionError Refused(Session session, string room, Answer answer) => ProvisionError.Unexpected($"to let {session.UserId} into {room}", answer);

    public async Task LeaveAsync(Session session, string room)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Post, $"{Path(room)}/leave", [], session.AccessToken.Reveal());
        if (answer.Status != 200)
            throw ProvisionError.Unexpected($"to let {session.UserId} out of {room}", answer);
    }

    private static string Path(string room) => $"{Client}/rooms/{Uri.EscapeDataString(room)}";
}
