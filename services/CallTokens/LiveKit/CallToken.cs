using System.Text.Json.Nodes;

namespace CallTokens.LiveKit;

/// <summary>What lets a client into one call at LiveKit (LiveKit's documentation, "Authentication").</summary>
internal static class CallToken
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>A token for one person in one room. It may join, not make the room: that only this service does.</summary>
    public static string Make(Jwt jwt, string room, string identity) => jwt.Sign(Lifetime, new JsonObject
    {
        ["sub"] = identity,
        ["video"] = new JsonObject
        {
            ["roomJoin"] = true,
            ["room"] = room,
            ["canPublish"] = true,
            ["canSubscribe"] = true,
            ["canUpdateOwnMetadata"] = true,
        },
    });
}
