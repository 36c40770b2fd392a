using System.Net;
using Registration.Checks;
using Registration.Limits;
using ServiceHost;

namespace Registration.Invites;

/// <summary>Decides who may use an invite: judges codes within the limits, and keeps a use for an attempt.</summary>
/// <param name="book">The invites.</param>
/// <param name="limiter">How often is too often.</param>
/// <param name="reserved">A name that no invite makes; null for none.</param>
/// <param name="time">The clock.</param>
internal sealed class Doorkeeper(InviteBook book, AttemptLimiter limiter, string? reserved, TimeProvider time)
{
    /// <summary>The invite that a code stands for, if it can be used at this moment.</summary>
    public (Invite? Invite, Refusal? Refusal) Judge(string code, IPAddress? client)
    {
        // Nothing given is a slip, not a guess.
        if (string.IsNullOrWhiteSpace(code))
            return (null, Refusals.InvalidCode);
        // Looked up before the limiter is asked, so that the time it takes says nothing about the limit either.
        var invite = book.Find(code);
        var (verdict, wait) = limiter.Judge(ClientAddress.Key(client), invite is not null);
        return verdict switch
        {
            CodeVerdict.TooMany => (null, Refusals.TooMany(wait)),
            CodeVerdict.Wrong => (null, Refusals.InvalidCode),
            _ when limiter.AttemptWith(invite!.Id) is { } later => (null, Refusals.TooMany(later)),
            _ => Refusal(invite.StateAt(time.GetUtcNow())) is { } refusal ? (null, refusal) : (invite, null),
        };
    }

    /// <summary>What stands against using an invite for this name; null where nothing does.</summary>
    public Refusal? Against(Invite invite, string userName) =>
        invite.UserName is { } only && only != userName ? Refusals.InviteOfAnother(only)
        : userName == reserved ? Refusals.NameReserved
        : null;

    /// <summary>Keeps a use of the invite for this name; or goes on with what was kept for the same attempt <paramref name="earlier"/>.</summary>
    public (Reservation? Reservation, Refusal? Refusal) Reserve(Invite invite, string userName, IPAddress? client, string via, Reservation? earlier = null)
    {
        var (reservation, why) = book.Reserve(invite.Id, userName, client, via, earlier);
        return (reservation, reservation is null ? Refusal(why) ?? Refusals.NameBusy : null);
    }

    private static Refusal? Refusal(InviteState state) => state switch
    {
        InviteState.Revoked => Refusals.InviteRevoked,
        InviteState.Expired => Refusals.InviteExpired,
        InviteState.UsedUp => Refusals.InviteUsedUp,
        InviteState.Busy => Refusals.InviteBusy,
        _ => null,
    };
}
