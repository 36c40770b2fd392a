using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Companion.State;

/// <summary>
/// The one SQLite file of the assistant. One connection, one user at a time: what it does is little, and each of it must be on the
/// disk before anything is sent.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int Version = 1;
    private readonly SqliteConnection connection;
    private readonly Lock gate = new();

    // The package brings a library of its own; the machine's is the one that gets security updates.
    static Database()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly,
            (name, _, _) => name == "e_sqlite3" ? NativeLibrary.Load("libsqlite3.so.0") : 0);
        SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
    }

    private Database(SqliteConnection connection) => this.connection = connection;

    /// <exception cref="IOException">The file cannot be opened, or a newer program made it.</exception>
    public static Database Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            var database = new Database(connection);
            database.Execute("PRAGMA journal_mode=WAL");
            database.Execute("PRAGMA synchronous=FULL");
            var version = database.Query("PRAGMA user_version", row => row.GetInt32(0))[0];
            if (version > Version)
                throw new IOException($"{path} has format {version}; this program knows {Version}. Run the newer one.");
            if (version < Version)
                database.Transact(() =>
                {
                    database.Execute(Schema.Version1);
                    database.Execute($"PRAGMA user_version={Version}");
                });
            return database;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw new IOException($"{path} cannot be opened as a SQLite database: {error.Message}", error);
        }
    }

    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (gate)
        {
            using var command = Command(sql, parameters);
            return command.ExecuteNonQuery();
        }
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (gate)
        {
            using var command = Command(sql, parameters);
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
                rows.Add(read(reader));
            return rows;
        }
    }

    /// <summary>All of it or nothing; on the disk when this returns.</summary>
    public void Transact(Action work)
    {
        lock (gate)
        {
            Execute("BEGIN IMMEDIATE");
            try
            {
                work();
                Execute("COMMIT");
            }
            catch
            {
                Execute("ROLLBACK");
                throw;
            }
        }
    }

    public void Dispose() => connection.Dispose();

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        // No text from outside is ever part of a statement: what varies is in the parameters.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
