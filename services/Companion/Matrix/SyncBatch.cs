using System.Text.Json;

namespace Companion.Matrix;

/// <summary>An invitation to the assistant.</summary>
internal sealed record Invitation(string RoomId, string By);

/// <summary>What one answer of /sync says, as far as the assistant is concerned.</summary>
internal sealed record SyncBatch(string NextBatch, JsonElement Raw)
{
    public static SyncBatch Read(JsonElement answer) => new(answer.Text("next_batch") ?? "", answer);

    public IEnumerable<Invitation> InvitationsTo(string userId) =>
        from room in Raw.Entries("rooms", "invite")
        from change in room.Value.Items("invite_state", "events")
        where change.Text("type") == "m.room.member" && change.Text("state_key") == userId && change.Text("content", "membership") == "invite"
        select new Invitation(room.Name, change.Text("sender") ?? "");

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
