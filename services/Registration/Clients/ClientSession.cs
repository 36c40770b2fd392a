using System.Text.Json.Nodes;
using Registration.Homeserver;
using Registration.Invites;

namespace Registration.Clients;

/// <summary>
/// One registration of a Matrix client on its way through the stages. The homeserver's own session stays here: with the real token's
/// stage done in it, whoever knew it could make an account without an invite.
/// </summary>
internal sealed class ClientSession(string id, DateTimeOffset opened)
{
    public string Id { get; } = id;

    public DateTimeOffset Opened { get; } = opened;

    /// <summary>Only one request of a session is worked on at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>What the client asked for so far; the homeserver is sent all of it each time.</summary>
    public JsonObject Parameters { get; } = [];

    /// <summary>The homeserver's session and flows, as it last said them; null before the first answer.</summary>
    public Uiaa? State { get; set; }

    /// <summary>What the homeserver says about its stages, such as the terms to agree to.</summary>
    public JsonNode? StageParameters { get; set; }

    /// <summary>The invite whose code did the token's stage.</summary>
    public Invite? Invite { get; set; }

    /// <summary>The use that was kept for the account while nobody knows whether it was made: the next try goes on with it.</summary>
    public Reservation? InDoubt { get; set; }

    /// <summary>The account was made.</summary>
    public bool Ended { get; set; }
}
