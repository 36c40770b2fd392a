using System.Text.Json.Nodes;
using Companion.Matrix;

namespace Companion.Crypto;

/// <summary>Sends messages to devices, each its own.</summary>
internal sealed class ToDevice(MatrixClient client)
{
    public async Task SendAsync(string type, IReadOnlyDictionary<Device, JsonObject> messages, CancellationToken stop)
    {
        if (messages.Count == 0)
            return;
        var byUser = messages.GroupBy(pair => pair.Key.User).Select(user => KeyValuePair.Create<string, JsonNode?>(user.Key,
            new JsonObject(user.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key.Id, pair.Value)))));
        await client.SendAsync(HttpMethod.Put, $"/_matrix/client/v3/sendToDevice/{type}/{RoomSender.NewTransaction()}",
            new JsonObject { ["messages"] = new JsonObject(byUser) }, stop);
    }
}
