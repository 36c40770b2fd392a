using System.Security.Cryptography;

namespace CallTokens.Names;

/// <summary>What LiveKit calls rooms and people: hashes, so that it learns no Matrix identifier (MSC4195); the older endpoint names people in plain text.</summary>
internal static class CallNames
{
    /// <summary>The slot that calls of the older endpoint are in.</summary>
    public const string LegacySlot = "m.call#ROOM";

    public static string Room(string roomId, string slotId) => Hash(GoJson.Array(roomId, slotId));

    public static string Identity(string userId, string deviceId, string memberId) => Hash(GoJson.Array(userId, deviceId, memberId));

    public static string LegacyIdentity(string userId, string deviceId) => $"{userId}:{deviceId}";

    private static string Hash(byte[] json) => Convert.ToBase64String(SHA256.HashData(json)).TrimEnd('=');
}
