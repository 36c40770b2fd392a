using System.Text.Json;

namespace Companion.Matrix;

/// <summary>An event of a room, as it came or as it was decrypted.</summary>
internal sealed record RoomEvent(string RoomId, string EventId, string Sender, string Type, JsonElement Content)
{
    /// <summary>Set on events of a room's state.</summary>
    public string? StateKey { get; init; }

    /// <summary>The event that it removes.</summary>
    public string? Redacts { get; init; }

    /// <summary>What it relates to. It stands outside of what is encrypted.</summary>
    public JsonElement? Relation { get; init; }

    /// <summary>The root of the thread that it is in, or that an answer to it opens.</summary>
    public string ThreadRoot => Relation?.Text("rel_type") == "m.thread" && Relation?.Text("event_id") is { Length: > 0 } root ? root : EventId;

    public static RoomEvent? Read(string room, JsonElement raw) =>
        raw.Text("event_id") is { } id && raw.Text("sender") is { } sender && raw.Text("type") is { } type && raw.Get("content") is { } content
            ? new RoomEvent(room, id, sender, type, content)
            {
                StateKey = raw.Text("state_key"),
                Redacts = type == "m.room.redaction" ? content.Text("redacts") ?? raw.Text("redacts") : null,
                Relation = content.Get("m.relates_to"),
            }
            : null;
}
