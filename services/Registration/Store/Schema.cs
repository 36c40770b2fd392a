using Sqlite;

namespace Registration.Store;

/// <summary>The tables, step by step: a store of any earlier version is brought to today's, one that is newer is left alone.</summary>
internal static class Schema
{
    // A step that was released is never changed; what is new is a new step.
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE invites (
          id TEXT PRIMARY KEY,
          -- SHA-256 of the code; of the shared code, which a person may have thought up, a slow hash with salt.
          code_hash BLOB NOT NULL,
          salt BLOB,
          label TEXT NOT NULL,
          uses INTEGER,               -- at most; NULL for any number
          expires INTEGER,            -- seconds since 1970, as all times here; NULL for never
          revoked INTEGER,
          user_name TEXT,             -- the one name that it may be used for
          rooms TEXT NOT NULL,        -- a JSON array of ids and aliases
          created INTEGER NOT NULL,
          created_by TEXT NOT NULL
        ) STRICT;
        CREATE INDEX invites_by_code ON invites (substr(code_hash, 1, 8)) WHERE salt IS NULL;
        CREATE TABLE uses (
          number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given to another attempt
          invite TEXT NOT NULL REFERENCES invites (id),
          user_name TEXT NOT NULL,
          at INTEGER NOT NULL,
          -- While the homeserver is asked: when to look whether the account was made, should nobody say so before. NULL once it was.
          settle_after INTEGER,
          asked INTEGER NOT NULL DEFAULT 0,
          client TEXT NOT NULL,       -- shortened: a network, not an address
          via TEXT NOT NULL,
          note TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX uses_by_invite ON uses (invite);
        CREATE UNIQUE INDEX one_reservation_a_name ON uses (user_name) WHERE settle_after IS NOT NULL;
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <exception cref="StoreException">A newer program has written the store.</exception>
    public static void Migrate(SqliteFile file, string path)
    {
        var version = file.Rows(row => row.GetInt32(0), "PRAGMA user_version")[0];
        if (version > Version)
            throw new StoreException(
                $"{path} was written by a newer version of this service (format {version}, this one knows {Version}). Deploy the newer one again.");
        for (; version < Version; version++)
            file.Transact(() => file.Run(Steps[version]) + file.Run($"PRAGMA user_version = {version + 1}"));
    }
}
