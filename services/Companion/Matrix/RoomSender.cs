using System.Text.Json.Nodes;
using Companion.Crypto;

namespace Companion.Matrix;

/// <summary>Sends into rooms; what a room with encryption gets is encrypted.</summary>
internal sealed class RoomSender(MatrixClient client, Encryption? encryption)
{
    /// <summary>A name for one sending: used again where it is tried again, so that it happens once.</summary>
    public static string NewTransaction() => $"companion-{Guid.NewGuid():N}";

    /// <param name="room">Where to.</param>
    /// <param name="content">Of an m.room.message.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="isOnce">The next one has this text too: it is not worth a second attempt.</param>
    /// <param name="transaction">The sending's name, where it may have been tried before.</param>
    /// <returns>The id of the event.</returns>
    public async Task<string> SendAsync(string room, JsonObject content, CancellationToken stop, bool isOnce = false, string? transaction = null)
    {
        var (type, sent) = encryption is null ? ("m.room.message", content) : await encryption.WriteAsync(room, "m.room.message", content, stop);
        return await client.SendEventAsync(room, type, sent, transaction ?? NewTransaction(), stop, isOnce);
    }
}
