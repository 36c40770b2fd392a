namespace Companion.State;

/// <summary>The tables. A pickle is what libolm encrypts with the pickle key; nothing else in here is a key.</summary>
internal static class Schema
{
    /// <summary>What came later, beside the rest: an older program that is put back does not look at it.</summary>
    public const string Added = """
        CREATE TABLE IF NOT EXISTS asked (
            event TEXT PRIMARY KEY,
            room TEXT NOT NULL,
            thread TEXT NOT NULL,
            sender TEXT NOT NULL,
            turn INTEGER) STRICT;
        """;

    public const string Version1 = """
        CREATE TABLE taken_up (event TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;

        CREATE TABLE turn (
            id INTEGER PRIMARY KEY,
            room TEXT NOT NULL,
            thread TEXT NOT NULL,
            question TEXT NOT NULL,
            answer TEXT NOT NULL,
            at INTEGER NOT NULL) STRICT;
        CREATE INDEX turn_of ON turn (room, thread, id);
        CREATE INDEX turn_at ON turn (at);

        CREATE TABLE spent (month TEXT PRIMARY KEY, nanodollars INTEGER NOT NULL) STRICT;
        CREATE TABLE reserved (id INTEGER PRIMARY KEY, month TEXT NOT NULL, nanodollars INTEGER NOT NULL) STRICT;

        CREATE TABLE olm_account (id INTEGER PRIMARY KEY CHECK (id = 1), device TEXT NOT NULL, pickle TEXT NOT NULL) STRICT;
        CREATE TABLE olm_session (
            sender_key TEXT NOT NULL,
            session TEXT NOT NULL,
            pickle TEXT NOT NULL,
            used INTEGER NOT NULL,
            PRIMARY KEY (sender_key, session)) STRICT;
        CREATE TABLE inbound_group (
            room TEXT NOT NULL,
            session TEXT NOT NULL,
            sender_key TEXT NOT NULL,
            signing_key TEXT NOT NULL,
            user TEXT NOT NULL,
            pickle TEXT NOT NULL,
            PRIMARY KEY (room, session)) STRICT;
        CREATE TABLE seen_index (
            session TEXT NOT NULL,
            message_index INTEGER NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (session, message_index)) STRICT;
        CREATE TABLE outbound_group (
            room TEXT PRIMARY KEY,
            pickle TEXT NOT NULL,
            created INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            shared TEXT NOT NULL) STRICT;
        CREATE TABLE device (
            user TEXT NOT NULL,
            device TEXT NOT NULL,
            identity_key TEXT NOT NULL,
            signing_key TEXT NOT NULL,
            PRIMARY KEY (user, device)) STRICT;
        CREATE TABLE device_list (user TEXT PRIMARY KEY, outdated INTEGER NOT NULL) STRICT;
        CREATE TABLE encrypted_room (room TEXT PRIMARY KEY, rotation_ms INTEGER NOT NULL, rotation_messages INTEGER NOT NULL) STRICT;
        """;
}
