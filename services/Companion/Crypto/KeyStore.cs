using System.Text;
using Companion.State;
using ServiceHost;

namespace Companion.Crypto;

/// <summary>Another device, by its keys. A device whose keys change keeps the first ones: whoever changes them is somebody else.</summary>
internal sealed record Device(string User, string Id, string IdentityKey, string SigningKey);

/// <summary>The session that one room's messages of the assistant are encrypted with.</summary>
internal sealed record OutboundState(string Pickle, DateTimeOffset Created, int Messages, string SharedWith);

/// <summary>A session of another device, and whose it is.</summary>
internal sealed record InboundState(string Pickle, string SenderKey, string User);

/// <summary>All keys, on the disk, each as a pickle that the pickle key encrypts.</summary>
internal sealed class KeyStore(Database database, SecretText pickleKey, TimeProvider time)
{
    private readonly byte[] key = Encoding.UTF8.GetBytes(pickleKey.Reveal());

    public void Together(Action work) => database.Transact(work);

    /// <exception cref="OlmException">The pickle key is not the one that it was written with.</exception>
    public OlmAccount? LoadAccount(string device) =>
        database.Query("SELECT pickle FROM olm_account WHERE device = $device", row => row.GetString(0), ("$device", device)).FirstOrDefault() is { } pickle
            ? OlmAccount.Unpickle(key, pickle)
            : null;

    /// <summary>The keys of another device of ours are of no use to this one, and neither is anything that was made with them.</summary>
    public void BeginAccount(string device, OlmAccount account) => database.Transact(() =>
    {
        foreach (var table in (string[])["olm_account", "olm_session", "inbound_group", "outbound_group", "seen_index"])
            database.Execute($"DELETE FROM {table}");
        database.Execute("INSERT INTO olm_account (id, device, pickle) VALUES (1, $device, $pickle)", ("$device", device), ("$pickle", account.Pickle(key)));
    });

    public void SaveAccount(OlmAccount account) => database.Execute("UPDATE olm_account SET pickle = $pickle", ("$pickle", account.Pickle(key)));

    /// <summary>The sessions with a device, those used last first. Each is made when it is asked for, and the caller's to dispose of.</summary>
    public IEnumerable<OlmSession> Sessions(string senderKey) => database.Query(
        "SELECT pickle FROM olm_session WHERE sender_key = $key ORDER BY used DESC, rowid DESC LIMIT 10", row => row.GetString(0), ("$key", senderKey))
        .Select(pickle => OlmSession.Unpickle(key, pickle));

    public OlmSession? FindLatestSession(string senderKey) => Sessions(senderKey).FirstOrDefault();

    public void SaveSession(string senderKey, OlmSession session) => database.Execute("""
        INSERT INTO olm_session (sender_key, session, pickle, used) VALUES ($key, $session, $pickle, $used)
        ON CONFLICT (sender_key, session) DO UPDATE SET pickle = excluded.pickle, used = excluded.used
        """, ("$key", senderKey), ("$session", session.Id), ("$pickle", session.Pickle(key)), ("$used", time.GetUtcNow().ToUnixTimeMilliseconds()));

    public InboundState? FindInbound(string room, string session) => database.Query(
        "SELECT pickle, sender_key, user FROM inbound_group WHERE room = $room AND session = $session",
        row => new InboundState(row.GetString(0), row.GetString(1), row.GetString(2)), ("$room", room), ("$session", session)).FirstOrDefault();

    public InboundGroup Open(InboundState state) => InboundGroup.Unpickle(key, state.Pickle);

    public void SaveInbound(string room, InboundGroup session, Device sender) => database.Execute("""
        INSERT OR REPLACE INTO inbound_group (room, session, sender_key, signing_key, user, pickle) VALUES ($room, $session, $sender, $signing, $user, $pickle)
        """, ("$room", room), ("$session", session.Id), ("$sender", sender.IdentityKey), ("$signing", sender.SigningKey), ("$user", sender.User),
        ("$pickle", session.Pickle(key)));

    /// <summary>Notes which event a message of a session is.</summary>
    /// <returns>False where another event was that message before: somebody shows it a second time.</returns>
    public bool IsFirstSight(string session, uint index, string eventId)
    {
        database.Execute("INSERT OR IGNORE INTO seen_index (session, message_index, event) VALUES ($session, $index, $event)",
            ("$session", session), ("$index", (long)index), ("$event", eventId));
        return database.Query("SELECT event FROM seen_index WHERE session = $session AND message_index = $index", row => row.GetString(0),
            ("$session", session), ("$index", (long)index))[0] == eventId;
    }

    public OutboundState? FindOutbound(string room) => database.Query(
        "SELECT pickle, created, messages, shared FROM outbound_group WHERE room = $room",
        row => new OutboundState(row.GetString(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetInt32(2), row.GetString(3)),
        ("$room", room)).FirstOrDefault();

    public List<(string Room, OutboundState State)> Outbounds() => database.Query(
        "SELECT room, pickle, created, messages, shared FROM outbound_group",
        row => (row.GetString(0), new OutboundState(row.GetString(1), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)), row.GetInt32(3), row.GetString(4))));

    public void SaveShared(string room, string shared) =>
        database.Execute("UPDATE outbound_group SET shared = $shared WHERE room = $room", ("$shared", shared), ("$room", room));

    public OutboundGroup Open(OutboundState state) => OutboundGroup.Unpickle(key, state.Pickle);

    public void SaveOutbound(string room, OutboundGroup session, OutboundState state) => database.Execute("""
        INSERT OR REPLACE INTO outbound_group (room, pickle, created, messages, shared) VALUES ($room, $pickle, $created, $messages, $shared)
        """, ("$room", room), ("$pickle", session.Pickle(key)), ("$created", state.Created.ToUnixTimeMilliseconds()), ("$messages", state.Messages),
        ("$shared", state.SharedWith));

    public List<Device> DevicesOf(string user) => database.Query(
        "SELECT user, device, identity_key, signing_key FROM device WHERE user = $user",
        row => new Device(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3)), ("$user", user));

    /// <summary>Takes a list of a user's devices for the present one.</summary>
    public void SaveDevices(string user, IReadOnlyList<Device> devices) => database.Transact(() =>
    {
        var known = DevicesOf(user).ToDictionary(device => device.Id);
        database.Execute("DELETE FROM device WHERE user = $user", ("$user", user));
        foreach (var device in devices)
        {
            var kept = known.GetValueOrDefault(device.Id, device);
            // One identity key is one device's: whoever shows somebody else's as their own would get between the two.
            database.Execute("""
                INSERT INTO device (user, device, identity_key, signing_key) SELECT $user, $device, $identity, $signing
                WHERE NOT EXISTS (SELECT 1 FROM device WHERE identity_key = $identity)
                """,
                ("$user", user), ("$device", kept.Id), ("$identity", kept.IdentityKey), ("$signing", kept.SigningKey));
        }
        database.Execute("INSERT OR REPLACE INTO device_list (user, outdated) VALUES ($user, 0)", ("$user", user));
    });

    public bool IsOutdated(string user) =>
        database.Query("SELECT outdated FROM device_list WHERE user = $user", row => row.GetInt64(0), ("$user", user)) is not [0];

    public void Outdate(string user) => database.Execute("UPDATE device_list SET outdated = 1 WHERE user = $user", ("$user", user));

    public void OutdateAll() => database.Execute("UPDATE device_list SET outdated = 1");

    /// <summary>A room that is encrypted stays so, whatever its state says later.</summary>
    public void MarkEncrypted(string room, long rotationMilliseconds, long rotationMessages) => database.Execute("""
        INSERT INTO encrypted_room (room, rotation_ms, rotation_messages) VALUES ($room, $ms, $messages)
        ON CONFLICT (room) DO UPDATE SET rotation_ms = excluded.rotation_ms, rotation_messages = excluded.rotation_messages
        """, ("$room", room), ("$ms", rotationMilliseconds), ("$messages", rotationMessages));

    public (TimeSpan Age, long Messages)? Rotation(string room) => database.Query(
        "SELECT rotation_ms, rotation_messages FROM encrypted_room WHERE room = $room", row => ((TimeSpan, long)?)(TimeSpan.FromMilliseconds(row.GetInt64(0)), row.GetInt64(1)),
        ("$room", room)).FirstOrDefault();
}
