namespace Registration.Invites;

/// <summary>Leave to make accounts, for a person or a group. Its code is known to whom it was given, and to nobody else.</summary>
internal sealed record Invite
{
    /// <summary>The id of the code that the declaration gives the service.</summary>
    public const string SharedId = "shared";

    /// <summary>How it is spoken of; no secret.</summary>
    public required string Id { get; init; }

    /// <summary>Whom or what it is for.</summary>
    public required string Label { get; init; }

    /// <summary>How many accounts may be made with it; null for any number.</summary>
    public required int? Uses { get; init; }

    /// <summary>From when on it counts no more; null for never.</summary>
    public required DateTimeOffset? Expires { get; init; }

    public required DateTimeOffset? Revoked { get; init; }

    /// <summary>The one user name that it may be used for; null for any.</summary>
    public required string? UserName { get; init; }

    /// <summary>Rooms that the account joins: ids and aliases.</summary>
    public required IReadOnlyList<string> Rooms { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Accounts made with it.</summary>
    public required int Used { get; init; }

    /// <summary>Accounts that are being made with it at this moment.</summary>
    public required int Reserved { get; init; }

    public InviteState StateAt(DateTimeOffset now) =>
        Revoked is not null ? InviteState.Revoked
        : Expires <= now ? InviteState.Expired
        : Used >= Uses ? InviteState.UsedUp
        : Used + Reserved >= Uses ? InviteState.Busy
        : InviteState.Open;
}

internal enum InviteState
{
    Open,

    /// <summary>What is left of it is being used at this moment.</summary>
    Busy,
    UsedUp,
    Expired,
    Revoked,
}

/// <summary>One account that was made with an invite, or is being made.</summary>
internal sealed record InviteUse
{
    public required string UserName { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The network that it came from, not the address.</summary>
    public required string Client { get; init; }

    /// <summary>Through what: the page, the API, or a Matrix client.</summary>
    public required string Via { get; init; }

    /// <summary>What did not work afterwards, such as a room that could not be joined.</summary>
    public required string Note { get; init; }

    /// <summary>Whether it is not known yet that the account was made.</summary>
    public required bool Pending { get; init; }
}

/// <summary>Part of an invite that is kept for one attempt, until that is settled.</summary>
internal sealed record Reservation(long Number, Invite Invite, string UserName);
