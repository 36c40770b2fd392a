using Sqlite;

namespace Registration.Store;

/// <summary>
/// The file in the state directory: one connection that one at a time uses, which for what SQLite does here (a millisecond a
/// transaction) is faster than many. A transaction that has ended is on the disk: a power cut forgets no use.
/// </summary>
internal sealed class Database : IDisposable
{
    private readonly Lock gate = new();
    private readonly SqliteFile file;
    private bool isDisposed;

    private Database(SqliteFile file) => this.file = file;

    /// <summary>Opens the store, makes it where there is none, and brings it to today's form.</summary>
    /// <exception cref="StoreException">It cannot be opened, or a newer program wrote it.</exception>
    public static Database Open(string path)
    {
        SqliteFile? file = null;
        try
        {
            MakePrivate(path);
            file = SqliteFile.Open(path);
            file.Run("PRAGMA journal_mode = WAL");
            file.Run("PRAGMA synchronous = FULL");
            file.Run("PRAGMA foreign_keys = ON");
            file.Run("PRAGMA trusted_schema = OFF");
            file.Run("PRAGMA cache_size = -512");
            Schema.Migrate(file, path);
            return new Database(file);
        }
        catch (Exception error)
        {
            file?.Dispose();
            if (error is SqliteException or IOException or UnauthorizedAccessException)
                throw new StoreException($"The store {path} cannot be opened: {error.Message} Look at its folder's owner and space; a backup can take its place.", error);
            throw;
        }
    }

    public T Read<T>(Func<SqliteFile, T> work)
    {
        lock (gate)
            return work(file);
    }

    /// <summary>A transaction: all of it is on the disk afterwards, or nothing.</summary>
    public T Write<T>(Func<SqliteFile, T> work)
    {
        lock (gate)
            return file.Transact(() => work(file));
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed)
                return;
            isDisposed = true;
            // One whole file while nothing runs: whoever copies it then has everything.
            file.Run("PRAGMA wal_checkpoint(TRUNCATE)");
            file.Dispose();
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
