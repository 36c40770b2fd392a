using System.Text.Json.Nodes;

namespace Companion.Matrix;

/// <summary>Sends into rooms; what a room with encryption gets is encrypted.</summary>
internal sealed class RoomSender(MatrixClient client)
{
    /// <summary>A name for one sending: used again where it is tried again, so that it happens once.</summary>
    public static string NewTransaction() => $"companion-{Guid.NewGuid():N}";

    /// <returns>The id of the event.</returns>
    public Task<string> SendAsync(string room, JsonObject content, CancellationToken stop, int attempts = 6) =>
        client.SendEventAsync(room, "m.room.message", content, NewTransaction(), stop, attempts);
}
