using System.Net;
using Registration.Checks;
using Registration.Homeserver;
using Registration.Rooms;

namespace Registration.Invites;

/// <summary>One attempt, from what a person sent to how it ended.</summary>
internal sealed class Registrar(Doorkeeper door, InviteBook book, Attempts attempts, HomeserverClient homeserver, RoomJoiner rooms, ILogger log)
{
    /// <param name="via">Through what, for the record: the page or the API.</param>
    public async Task<Outcome> RegisterAsync(RegistrationRequest request, IPAddress? client, string via)
    {
        var refusals = new List<Refusal>();
        var (invite, refusal) = door.Judge(request.InviteCode ?? "", client);
        if (refusal is { Status: 429 })
            return Refuse(client, new Outcome.Refused(refusal));
        if (refusal is not null)
            refusals.Add(refusal);
        // Whose name is settled need not type it.
        if (invite?.UserName is { } only && FormChecks.Username(request).Length == 0)
            request = request with { Username = only };
        var username = FormChecks.Username(request);
        // Sent once more, by somebody who did not hear how it ended, or by a browser.
        if (refusal == Refusals.InviteUsedUp && book.Find(request.InviteCode!) is { } used && book.HasMade(used.Id, homeserver.UserId(username)))
            refusals = [refusal with { Sentence = Refusals.MadeBefore(username), Field = FormField.Username }];
        refusals.AddRange(FormChecks.Problems(request));
        if (invite is not null && refusals.Count == 0 && door.Against(invite, username) is { } against)
            refusals.Add(against);
        if (refusals.Count > 0)
            return Refuse(client, new Outcome.Refused(refusals));

        var (reservation, why) = door.Reserve(invite!, username, client, via);
        if (reservation is null)
            return Refuse(client, new Outcome.Refused(why!));
        var asking = AskAsync(reservation, request.Password!, client);
        return await attempts.AnswerAsync(reservation, asking, homeserver.Patience, async () => await EndAsync(await asking, reservation, client)) is { } outcome
            ? await EndAsync(outcome, reservation, client)
            : Refuse(client, new Outcome.Refused(Refusals.HomeserverSlow));
    }

    private async Task<Outcome> EndAsync(Outcome outcome, Reservation reservation, IPAddress? client)
    {
        if (outcome is not Outcome.Created created)
            return Refuse(client, Explained((Outcome.Refused)outcome, reservation));
        log.Registered(created.UserId, client, reservation.Invite.Id);
        return await FinishAsync(reservation, created);
    }

    private async Task<Outcome> AskAsync(Reservation reservation, string password, IPAddress? client)
    {
        var outcome = default(Outcome);
        try
        {
            outcome = await homeserver.RegisterAsync(
                reservation.UserName, password, signIn: reservation.Invite.Rooms.Count > 0, client, () => book.Asked(reservation), HomeserverClient.LongestMaking);
            return outcome;
        }
        finally
        {
            if (outcome is Outcome.Created created)
                book.Commit(reservation, created.UserId);
            else if (outcome is Outcome.Refused { InDoubt: false })
                book.Release(reservation);
            else
                book.Doubtful(reservation);
        }
    }

    /// <summary>A name that is taken may be so by the account that an earlier attempt made, with this very invite.</summary>
    private Outcome.Refused Explained(Outcome.Refused refused, Reservation reservation) =>
        refused.First is { Field: FormField.Username } taken && book.HasMade(reservation.Invite.Id, homeserver.UserId(reservation.UserName))
            ? refused with { Refusals = [taken with { Sentence = Refusals.MadeBefore(reservation.UserName) }] }
            : refused;

    private async Task<Outcome> FinishAsync(Reservation reservation, Outcome.Created created)
    {
        if (created.AccessToken is not { } access)
            return created;
        var missed = await rooms.JoinAsync(created.UserId, access, reservation.Invite.Rooms);
        await homeserver.LogOutAsync(access);
        if (missed.Count > 0)
            book.Note(reservation, $"could not join {string.Join(", ", missed)}");
        return created with { AccessToken = null, MissedRooms = missed };
    }

    private Outcome.Refused Refuse(IPAddress? client, Outcome.Refused refused)
    {
        log.Refused(client, refused.First.Status, refused.First.Error);
        return refused;
    }
}
