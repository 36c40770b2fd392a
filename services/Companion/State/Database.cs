using Sqlite;

namespace Companion.State;

/// <summary>
/// The one SQLite file of the assistant. One connection, one user at a time: what it does is little, and each of it must be on the
/// disk before anything is sent.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int Version = 1;
    private readonly SqliteFile file;
    private readonly Lock gate = new();

    private Database(SqliteFile file) => this.file = file;

    /// <exception cref="IOException">The file cannot be opened, or a newer program made it.</exception>
    public static Database Open(string path)
    {
        SqliteFile? file = null;
        try
        {
            file = SqliteFile.Open(path);
            file.Run("PRAGMA journal_mode=WAL");
            file.Run("PRAGMA synchronous=FULL");
            var version = file.Rows(row => row.GetInt32(0), "PRAGMA user_version")[0];
            if (version > Version)
                throw new IOException($"{path} has format {version}; this program knows {Version}. Run the newer one.");
            if (version < Version)
                file.Transact(() => file.Run(Schema.Version1) + file.Run($"PRAGMA user_version={Version}"));
            file.Run(Schema.Added);
            return new Database(file);
        }
        catch (Exception error)
        {
            file?.Dispose();
            if (error is SqliteException)
                throw new IOException($"{path} cannot be opened as a SQLite database: {error.Message}", error);
            throw;
        }
    }

    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (gate)
            return file.Run(sql, parameters);
    }

    public List<T> Query<T>(string sql, Func<SqliteRow, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (gate)
            return file.Rows(read, sql, parameters);
    }

    /// <summary>All of it or nothing; on the disk when this returns.</summary>
    public void Transact(Action work)
    {
        lock (gate)
            file.Transact(() =>
            {
                work();
                return true;
            });
    }

    public void Dispose() => file.Dispose();
}
