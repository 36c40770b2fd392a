using System.Text.Json;
using System.Text.Json.Nodes;

namespace Registration.Invites;

/// <summary>Invites as JSON, for the store and for <c>hale invite --json</c>.</summary>
internal static class InviteJson
{
    public static string Rooms(IReadOnlyList<string> rooms) => new JsonArray([.. rooms.Select(room => JsonValue.Create(room))]).ToJsonString();

    public static IReadOnlyList<string> Rooms(string json) =>
        [.. JsonElement.Parse(json).EnumerateArray().Select(room => room.GetString()!)];

    public static JsonObject Of(Invite invite, DateTimeOffset now) => new()
    {
        ["id"] = invite.Id,
        ["label"] = invite.Label,
        ["state"] = invite.StateAt(now) switch
        {
            InviteState.UsedUp => "used up",
            var state => state.ToString().ToLowerInvariant(),
        },
        ["uses"] = invite.Uses,
        ["used"] = invite.Used,
        ["reserved"] = invite.Reserved,
        ["expires"] = Time(invite.Expires),
        ["revoked"] = Time(invite.Revoked),
        ["user"] = invite.UserName,
        ["rooms"] = new JsonArray([.. invite.Rooms.Select(room => JsonValue.Create(room))]),
        ["created"] = Time(invite.Created),
        ["created_by"] = invite.CreatedBy,
    };

    public static JsonObject Of(InviteUse use) => new()
    {
        ["user"] = use.UserName,
        ["at"] = Time(use.At),
        ["pending"] = use.Pending,
        ["client"] = use.Client,
        ["via"] = use.Via,
        ["note"] = use.Note,
    };

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
