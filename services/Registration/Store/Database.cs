using Microsoft.Data.Sqlite;

namespace Registration.Store;

/// <summary>
/// The file in the state directory: one connection that one at a time uses, which for what SQLite does here (a millisecond a
/// transaction) is faster than many. A transaction that has ended is on the disk: a power cut forgets no use.
/// </summary>
internal sealed class Database : IDisposable
{
    private readonly Lock gate = new();
    private readonly SqliteConnection connection;

    private Database(SqliteConnection connection) => this.connection = connection;

    /// <summary>Opens the store, makes it where there is none, and brings it to today's form.</summary>
    /// <exception cref="StoreException">It cannot be opened, or a newer program wrote it.</exception>
    public static Database Open(string path)
    {
        SqliteLibrary.Use();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            MakePrivate(path);
            connection.Open();
            // A backup program may hold the file for a moment.
            connection.Run("PRAGMA busy_timeout = 5000");
            connection.Run("PRAGMA journal_mode = WAL");
            connection.Run("PRAGMA synchronous = FULL");
            connection.Run("PRAGMA foreign_keys = ON");
            connection.Run("PRAGMA trusted_schema = OFF");
            connection.Run("PRAGMA cache_size = -512");
            Schema.Migrate(connection, path);
            return new Database(connection);
        }
        catch (Exception error)
        {
            connection.Dispose();
            if (error is SqliteException or IOException or UnauthorizedAccessException)
                throw new StoreException($"The store {path} cannot be opened: {error.Message} Look at its folder's owner and space; a backup can take its place.", error);
            throw;
        }
    }

    public T Read<T>(Func<SqliteConnection, T> work)
    {
        lock (gate)
            return work(connection);
    }

    /// <summary>A transaction: all of it is on the disk afterwards, or nothing.</summary>
    public T Write<T>(Func<SqliteConnection, T> work)
    {
        lock (gate)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            var result = work(connection);
            transaction.Commit();
            return result;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            // One whole file while nothing runs: whoever copies it then has everything.
            if (connection.State == System.Data.ConnectionState.Open)
                connection.Run("PRAGMA wal_checkpoint(TRUNCATE)");
            connection.Dispose();
        }
    }

    private static void MakePrivate(string path)
    {
        if (!File.Exists(path) && !OperatingSystem.IsWindows())
            new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
    }
}
