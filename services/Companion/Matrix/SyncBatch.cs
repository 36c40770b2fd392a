using System.Text.Json;

namespace Companion.Matrix;

/// <summary>
/// An invitation to the assistant. What comes along of the room is the word of the server that invites, and may name several who would
/// have sent it: the homeserver's own is among them.
/// </summary>
internal sealed record Invitation(string RoomId, IReadOnlyList<string> By);

/// <summary>What one answer of /sync says, as far as the assistant is concerned.</summary>
internal sealed record SyncBatch(string NextBatch, JsonElement Raw)
{
    public static SyncBatch Read(JsonElement answer) => new(answer.Text("next_batch") ?? "", answer);

    public IEnumerable<Invitation> InvitationsTo(string userId) =>
        from room in Raw.Entries("rooms", "invite")
        let senders = from change in room.Value.Items("invite_state", "events")
                      where change.Text("type") == "m.room.member" && change.Text("state_key") == userId && change.Text("content", "membership") == "invite"
                      select change.Text("sender") ?? ""
        where senders.Any()
        select new Invitation(room.Name, [.. senders.Distinct()]);

    /// <summary>The events of joined rooms; what a room's state was before the timeline comes first.</summary>
    public IEnumerable<(RoomEvent Event, bool IsNew)> Events()
    {
        foreach (var room in Raw.Entries("rooms", "join"))
        {
            foreach (var raw in room.Value.Items("state", "events"))
                if (RoomEvent.Read(room.Name, raw) is { } state)
                    yield return (state, false);
            foreach (var raw in room.Value.Items("timeline", "events"))
                if (RoomEvent.Read(room.Name, raw) is { } happened)
                    yield return (happened, true);
        }
    }

    public IEnumerable<JsonElement> ToDevice => Raw.Items("to_device", "events");
}
