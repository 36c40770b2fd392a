using System.Text.Json.Nodes;

namespace Companion.Matrix;

/// <summary>What the homeserver need not tell the assistant (specification v1.11, "Filtering").</summary>
internal static class SyncFilter
{
    public static string Later { get; } = Make(timeline: 100);

    /// <summary>
    /// For the first request, which asks how things stand. Synapse keeps its answers for two minutes and would give a service that
    /// restarts the one from before: no two of these are the same.
    /// </summary>
    public static string First() => Make(timeline: 1, notRoom: $"!{Guid.NewGuid():N}:nowhere.invalid");

    private static string Make(int timeline, string? notRoom = null)
    {
        var room = new JsonObject
        {
            ["timeline"] = new JsonObject { ["limit"] = timeline },
            ["state"] = new JsonObject { ["types"] = new JsonArray("m.room.encryption", "m.room.member"), ["lazy_load_members"] = true },
            ["ephemeral"] = Nothing,
            ["account_data"] = Nothing,
        };
        if (notRoom is not null)
            room["not_rooms"] = new JsonArray(notRoom);
        return new JsonObject { ["presence"] = Nothing, ["account_data"] = Nothing, ["room"] = room }.ToJsonString();
    }

    private static JsonObject Nothing => new() { ["not_types"] = new JsonArray("*") };
}
