using System.Net;
using System.Security.Cryptography;
using Registration.Store;
using ServiceHost;
using Sodium;
using Sqlite;

namespace Registration.Invites;

/// <summary>
/// The invites in the store. A use is reserved before the homeserver is asked and settled after: whatever happens in between,
/// no invite is used more often than it allows, and none loses a use to an account that was not made.
/// </summary>
internal sealed class InviteBook(Database database, SecretText? sharedCode, TimeProvider time)
{
    /// <summary>How long after its last request the homeserver may still be making an account that nobody heard of.</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromSeconds(60);

    private const string Columns = """
        SELECT id, label, uses, expires, revoked, user_name, rooms, created, created_by,
          (SELECT count(*) FROM uses WHERE invite = invites.id AND settle_after IS NULL),
          (SELECT count(*) FROM uses WHERE invite = invites.id AND settle_after IS NOT NULL), code_hash
        FROM invites
        """;

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Makes the code that the declaration names an invite like any other, without bounds. A new code lifts a revocation of the old.</summary>
    public void KeepShared()
    {
        if (sharedCode is null)
        {
            database.Write(store => store.Run(
                // A hash that matches nothing: the same code, declared again later, is a new one.
                "UPDATE invites SET revoked = $now, code_hash = x'00' WHERE id = $id AND revoked IS NULL", ("$now", Now), ("$id", Invite.SharedId)));
            return;
        }
        var known = database.Read(store => store.Rows(
            row => (Hash: row.GetBytes(0), Salt: row.GetBytes(1)),
            "SELECT code_hash, salt FROM invites WHERE id = $id", ("$id", Invite.SharedId))).FirstOrDefault();
        if (known.Salt is not null
            && CryptographicOperations.FixedTimeEquals(known.Hash, InviteCode.SlowHash(sharedCode.Reveal(), known.Salt)))
            return;
        var salt = SodiumRandom.Bytes(16);
        database.Write(store => store.Run(
            """
            INSERT INTO invites (id, code_hash, salt, label, rooms, created, created_by)
            VALUES ($id, $hash, $salt, 'Shared code', '[]', $now, 'the declaration')
            ON CONFLICT (id) DO UPDATE SET code_hash = $hash, salt = $salt, revoked = NULL, created = $now
            """,
            ("$id", Invite.SharedId), ("$hash", InviteCode.SlowHash(sharedCode.Reveal(), salt)), ("$salt", salt), ("$now", Now)));
    }

    /// <summary>Makes an invite. The code is told this once: only its hash is kept.</summary>
    public (Invite Invite, string Code) Create(InviteRequest request, string by)
    {
        var code = InviteCode.Make();
        var id = InviteCode.MakeId();
        database.Write(store => store.Run(
            """
            INSERT INTO invites (id, code_hash, label, uses, expires, user_name, rooms, created, created_by)
            VALUES ($id, $hash, $label, $uses, $expires, $user, $rooms, $now, $by)
            """,
            ("$id", id), ("$hash", InviteCode.Hash(code)), ("$label", request.Label), ("$uses", request.Uses),
            ("$expires", request.ExpiresIn is { } span ? Now + (long)span.TotalSeconds : null), ("$user", request.UserName),
            ("$rooms", InviteJson.Rooms(request.Rooms)), ("$now", Now), ("$by", by)));
        return (Get(id)!, code);
    }

    /// <summary>All of them, the newest first.</summary>
    public List<Invite> All() => database.Read(store => store.Rows(Read, $"{Columns} ORDER BY created DESC, id"));

    public Invite? Get(string id) => database.Read(store => One(store, id));

    /// <summary>The accounts that were made with an invite, the newest first.</summary>
    public List<InviteUse> Uses(string id) => database.Read(store => store.Rows(
        row => new InviteUse
        {
            UserName = row.GetString(0),
            At = At(row.GetInt64(1)),
            Pending = !row.IsNull(2),
            Client = row.GetString(3),
            Via = row.GetString(4),
            Note = row.GetString(5),
        },
        "SELECT user_name, at, settle_after, client, via, note FROM uses WHERE invite = $id ORDER BY number DESC", ("$id", id)));

    /// <summary>Takes an invite back; what it was used for stays.</summary>
    /// <returns>Null where there is no such invite; otherwise whether it was in force.</returns>
    public bool? Revoke(string id) => database.Write<bool?>(store =>
        store.Run("UPDATE invites SET revoked = $now WHERE id = $id AND revoked IS NULL", ("$now", Now), ("$id", id)) == 1 ? true
        : One(store, id) is null ? null : false);

    /// <summary>The invite of a code, whatever its state. Null where there is none; how long that takes says nothing about the code.</summary>
    public Invite? Find(string given)
    {
        var hash = InviteCode.Hash(given);
        var isShared = sharedCode is not null && InviteCode.AreSame(sharedCode.Reveal(), given.Trim());
        return database.Read(store => isShared
            ? One(store, Invite.SharedId)
            // The index narrows it down by a part of the hash, which nobody can steer; the rest is compared in constant time.
            : store.Rows(
                row => (Invite: Read(row), Hash: row.GetBytes(11)),
                $"{Columns} WHERE substr(code_hash, 1, 8) = $start AND salt IS NULL", ("$start", hash[..8]))
                .FirstOrDefault(one => CryptographicOperations.FixedTimeEquals(one.Hash, hash)).Invite);
    }

    /// <summary>
    /// Keeps one use for an attempt. In one transaction: of a hundred attempts with an invite for one, one gets it.
    /// </summary>
    /// <param name="id">The invite.</param>
    /// <param name="userName">The name of the account.</param>
    /// <param name="client">Whose attempt it is.</param>
    /// <param name="via">Through what.</param>
    /// <param name="earlier">
    /// What was kept for the same attempt before, where its end was not heard: as long as that is in doubt, or counted by now, the account
    /// is that one, and takes no second use.
    /// </param>
    /// <returns>The reservation, or the state that forbids it. <see cref="InviteState.Open"/> stands for a name that another attempt has.</returns>
    public (Reservation? Reservation, InviteState Why) Reserve(
        string id, string userName, IPAddress? client, string via, Reservation? earlier = null) => database.Write(store =>
    {
        var invite = One(store, id) ?? throw new InvalidOperationException($"There is no invite {id}.");
        var state = invite.StateAt(time.GetUtcNow());
        // What was taken back makes no account any more; one that the earlier attempt made stands.
        if (earlier is not null && state != InviteState.Revoked && store.Run(
            "UPDATE uses SET settle_after = iif(settle_after IS NULL, NULL, $settle) WHERE number = $number",
            ("$settle", Now + (long)Doubt.TotalSeconds), ("$number", earlier.Number)) == 1)
            return (earlier, InviteState.Open);
        if (state != InviteState.Open)
            return (null, state);
        var inserted = store.Rows(
            row => row.GetInt64(0),
            """
            INSERT INTO uses (invite, user_name, at, settle_after, client, via) VALUES ($id, $user, $now, $settle, $client, $via)
            ON CONFLICT DO NOTHING RETURNING number
            """,
            ("$id", id), ("$user", userName), ("$now", Now), ("$settle", Now + (long)Doubt.TotalSeconds), ("$client", ShortAddress.Of(client)),
            ("$via", via));
        return inserted is [var number] ? (new Reservation(number, invite, userName), state) : (null, state);
    });

    /// <summary>From here on the homeserver may make the account.</summary>
    /// <exception cref="InvalidOperationException">It took so long to come here, as on a computer that slept, that the use is free again.</exception>
    public void Asked(Reservation reservation)
    {
        if (database.Write(store => store.Run("UPDATE uses SET asked = 1 WHERE number = $number", ("$number", reservation.Number))) == 0)
            throw new InvalidOperationException($"The reservation {reservation.Number} is over.");
    }

    /// <summary>The account was made. It counts also where nobody believed in it any more.</summary>
    public void Commit(Reservation reservation, string userName, string note = "") => database.Write(store => store.Run(
        """
        INSERT INTO uses (number, invite, user_name, at, client, via, note) VALUES ($number, $invite, $user, $now, '', 'late', $note)
        ON CONFLICT (number) DO UPDATE SET settle_after = NULL, user_name = $user, note = $note
        """,
        ("$number", reservation.Number), ("$invite", reservation.Invite.Id), ("$user", userName), ("$now", Now), ("$note", note)));

    /// <summary>Adds what did not work after the account was made.</summary>
    public void Note(Reservation reservation, string note) => database.Write(store => store.Run(
        "UPDATE uses SET note = $note WHERE number = $number", ("$number", reservation.Number), ("$note", note)));

    /// <summary>No account was made: the use is free again.</summary>
    public void Release(Reservation reservation) =>
        database.Write(store => store.Run("DELETE FROM uses WHERE number = $number AND settle_after IS NOT NULL", ("$number", reservation.Number)));

    /// <summary>No account was made of what was <see cref="Due"/>: the use is free again, unless the attempt goes on meanwhile.</summary>
    /// <returns>Whether it is free.</returns>
    public bool ReleaseDue(Reservation reservation) => database.Write(store => store.Run(
        "DELETE FROM uses WHERE number = $number AND settle_after <= $now", ("$number", reservation.Number), ("$now", Now))) == 1;

    /// <summary>Whether the invite has made this account.</summary>
    public bool HasMade(string id, string userId) => database.Read(store => store.Rows(
        row => row.GetInt64(0),
        "SELECT 1 FROM uses WHERE invite = $id AND user_name = $user AND settle_after IS NULL", ("$id", id), ("$user", userId))).Count > 0;

    /// <summary>Nobody knows whether the account was made: it is looked at once the homeserver must be done with it.</summary>
    public void Doubtful(Reservation reservation) => database.Write(store => store.Run(
        "UPDATE uses SET asked = 1, settle_after = $settle WHERE number = $number AND settle_after IS NOT NULL",
        ("$number", reservation.Number), ("$settle", Now + (long)Doubt.TotalSeconds)));

    /// <summary>What has waited long enough to be looked at. The homeserver was never asked for the others: those are free again.</summary>
    public List<Reservation> Due() => database.Write(store =>
    {
        // Nothing is ever due so late but where the clock was set back meanwhile.
        store.Run("UPDATE uses SET settle_after = $latest WHERE settle_after > $latest", ("$latest", Now + (long)Doubt.TotalSeconds));
        store.Run("DELETE FROM uses WHERE asked = 0 AND settle_after <= $now", ("$now", Now));
        return store.Rows(
            row => (Number: row.GetInt64(0), Invite: row.GetString(1), UserName: row.GetString(2)),
            "SELECT number, invite, user_name FROM uses WHERE settle_after <= $now", ("$now", Now))
            .ConvertAll(row => new Reservation(row.Number, One(store, row.Invite)!, row.UserName));
    });

    private static Invite? One(SqliteFile store, string id) => store.Rows(Read, $"{Columns} WHERE id = $id", ("$id", id)).FirstOrDefault();

    private static Invite Read(SqliteRow row) => new()
    {
        Id = row.GetString(0),
        Label = row.GetString(1),
        Uses = (int?)row.Int64OrNull(2),
        Expires = At(row.Int64OrNull(3)),
        Revoked = At(row.Int64OrNull(4)),
        UserName = row.StringOrNull(5),
        Rooms = InviteJson.Rooms(row.GetString(6)),
        Created = At(row.GetInt64(7)),
        CreatedBy = row.GetString(8),
        Used = row.GetInt32(9),
        Reserved = row.GetInt32(10),
    };

    private static DateTimeOffset At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static DateTimeOffset? At(long? seconds) => seconds is { } value ? At(value) : null;
}
