using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MatrixProvisioner.Keeping;

namespace MatrixProvisioner.Hive;

/// <summary>
/// The Space and its rooms. Making a room is the one request that must not be made twice: a mark is kept before it is sent and stands in
/// the room's own first event, so that a room whose id never arrived is found again.
/// </summary>
internal sealed class Places(HiveSettings settings, Rooms rooms, KeptState kept, Session admin, Action<string> say)
{
    private const string SpaceChild = "m.space.child";
    private const int MostUpgrades = 10;

    /// <summary>Makes sure of the room, and that its state is as declared.</summary>
    /// <param name="place">The room, or the Space.</param>
    /// <param name="space">The id of the Space that it is in; null for the Space itself.</param>
    /// <returns>Its id, and who is in it.</returns>
    public async Task<(string Id, RoomState State)> EnsureAsync(RoomDeclaration place, string? space)
    {
        var first = kept.RoomId(place.Key).Read() ?? await MakeAsync(place, space);
        kept.RoomMark(place.Key).Delete();
        kept.RoomId(place.Key).Protect();
        var (id, state) = await FollowAsync(place, first, space);
        foreach (var (type, key, content) in Declared(place, space))
            await SetAsync(id, state, type, key, content);
        return (id, state);
    }

    /// <summary>The room that is in use: one that was upgraded is over, and names the one that takes its place (client-server API, "Room Upgrades").</summary>
    private async Task<(string Id, RoomState State)> FollowAsync(RoomDeclaration place, string id, string? space)
    {
        for (var upgrades = 0; ; upgrades++)
        {
            var state = await InsideAsync(place, id);
            if (upgrades == MostUpgrades || state.Replacement is not { } next)
                return (id, state);
            if (!await rooms.TryJoinAsync(admin, next))
                throw new ProvisionError(
                    $"The room {id}, which is kept as \"{place.Key}\", was upgraded to {next}, and {admin.UserId} may not join that one.", HintFor(place));
            if (space is not null)
                await rooms.SetAsync(admin, space, SpaceChild, id, []);
            kept.RoomId(place.Key).Write(next);
            say($"\"{place.Name}\" was upgraded: {next} takes the place of {id}.");
            id = next;
        }
    }

    /// <summary>The state of a room that the admin is in, once more where it had left: Synapse tells who has left what the room was like then.</summary>
    private async Task<RoomState> InsideAsync(RoomDeclaration place, string id)
    {
        if (await rooms.StateAsync(admin, id) is { } state && state.MembershipOf(admin.UserId) == "join")
            return state;
        if (!await rooms.TryJoinAsync(admin, id) || await rooms.StateAsync(admin, id) is not { } again)
            throw new ProvisionError($"{admin.UserId} is not in the room {id}, which is kept as \"{place.Key}\", and may not join it.", HintFor(place));
        say($"{admin.UserId} had left \"{place.Name}\", and is in it again.");
        return again;
    }

    private string HintFor(RoomDeclaration place) => $"Invite it there, or delete {settings.StateFolder}/rooms/{place.Key} to have a new room made.";

    /// <summary>Makes sure that the Space shows the room.</summary>
    public Task ShowAsync(string space, RoomState state, string room) => SetAsync(space, state, SpaceChild, room, Via);

    private JsonObject Via => new() { ["via"] = new JsonArray(settings.ServerName) };

    private IEnumerable<(string Type, string Key, JsonObject Content)> Declared(RoomDeclaration place, string? space)
    {
        yield return ("m.room.name", "", new JsonObject { ["name"] = place.Name });
        if (place.Topic.Length > 0)
            yield return ("m.room.topic", "", new JsonObject { ["topic"] = place.Topic });
        if (space is null)
            yield break;
        yield return ("m.space.parent", space, Via);
        yield return ("m.room.join_rules", "", new JsonObject
        {
            ["join_rule"] = "restricted",
            ["allow"] = new JsonArray(new JsonObject { ["type"] = "m.room_membership", ["room_id"] = space }),
        });
    }

    private async Task SetAsync(string room, RoomState state, string type, string key, JsonObject content)
    {
        // What else a homeserver or a person has put there stays as it is, as long as this is there.
        if (state.Of(type, key) is { } now && content.All(member => JsonNode.DeepEquals(now[member.Key], member.Value)))
            return;
        await rooms.SetAsync(admin, room, type, key, content);
        say($"{room}: {type} set.");
    }

    private async Task<string> MakeAsync(RoomDeclaration place, string? space)
    {
        var file = kept.RoomMark(place.Key);
        var mark = file.Read();
        string? id = null;
        if (mark is not null)
        {
            // It was asked for before, and what came of that is not known.
            id = await rooms.FindAsync(admin, mark);
            if (id is null)
            {
                await Task.Delay(settings.Settling);
                id = await rooms.FindAsync(admin, mark);
            }
        }
        else
        {
            mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            file.Write(mark);
        }
        if (id is null)
        {
            id = await rooms.CreateAsync(admin, Request(place, space, mark));
            say($"{(space is null ? "Space" : "Room")} \"{place.Name}\" made: {id}");
        }
        else
            say($"{(space is null ? "Space" : "Room")} \"{place.Name}\" found: {id}");
        kept.RoomId(place.Key).Write(id);
        return id;
    }

    private JsonObject Request(RoomDeclaration place, string? space, string mark)
    {
        var creation = new JsonObject { [Rooms.MarkName] = mark };
        if (space is null)
            creation["type"] = "m.space";
        return new JsonObject
        {
            ["preset"] = "private_chat",
            ["visibility"] = "private",
            ["room_version"] = settings.Declaration.RoomVersion,
            ["name"] = place.Name,
            ["creation_content"] = creation,
            ["invite"] = new JsonArray([.. place.Members.Select(member => (JsonNode)settings.UserId(member))]),
            ["initial_state"] = new JsonArray([.. Declared(place, space).Where(one => one.Type != "m.room.name")
                .Select(one => (JsonNode)new JsonObject { ["type"] = one.Type, ["state_key"] = one.Key, ["content"] = one.Content })]),
        };
    }
}
