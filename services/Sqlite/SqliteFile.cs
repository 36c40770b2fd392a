using System.Text;
using SQLitePCL;

namespace Sqlite;

/// <summary>
/// One connection to a database, for one user at a time. It stands on SQLite's own functions: .NET's layer of databases over them
/// (Microsoft.Data.Sqlite, System.Data.Common) costs a process some 4 MB, for pools, types and designers that a service has no use for.
/// </summary>
/// <remarks>A statement is a constant of the program; what comes from outside is among its values, by name (<c>$name</c>).</remarks>
public sealed class SqliteFile : IDisposable
{
    // A backup program may hold the file for a moment.
    private const int PatienceInMilliseconds = 5_000;
    private readonly sqlite3 connection;

    private SqliteFile(sqlite3 connection) => this.connection = connection;

    /// <summary>Opens the file, and makes it where there is none.</summary>
    /// <exception cref="SqliteException">It cannot be opened, or SQLite is not on this computer.</exception>
    public static SqliteFile Open(string path)
    {
        SqliteLibrary.Use();
        var result = raw.sqlite3_open_v2(path, out var connection, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, null);
        var file = new SqliteFile(connection);
        try
        {
            file.Check(result);
            file.Check(raw.sqlite3_extended_result_codes(connection, 1));
            file.Check(raw.sqlite3_busy_timeout(connection, PatienceInMilliseconds));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Runs one statement with its values, or several without any, and leaves aside what they return.</summary>
    /// <returns>How many rows they changed.</returns>
    /// <exception cref="SqliteException">SQLite refuses.</exception>
    public int Run(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var before = raw.sqlite3_total_changes(connection);
        for (ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(sql); !rest.IsEmpty;)
        {
            using var statement = Prepare(rest, out rest);
            // Nothing but white space or a comment.
            if (statement.IsInvalid)
                continue;
            Bind(statement, values);
            while (Step(statement))
            {
            }
        }
        return raw.sqlite3_total_changes(connection) - before;
    }

    /// <summary>What one statement returns.</summary>
    /// <exception cref="SqliteException">SQLite refuses.</exception>
    public List<T> Rows<T>(Func<SqliteRow, T> read, string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var statement = Prepare(Encoding.UTF8.GetBytes(sql), out _);
        Bind(statement, values);
        var rows = new List<T>();
        while (Step(statement))
            rows.Add(read(new(statement)));
        return rows;
    }

    /// <summary>All of the work or nothing; nobody else writes meanwhile.</summary>
    /// <exception cref="SqliteException">SQLite refuses.</exception>
    public T Transact<T>(Func<T> work)
    {
        Run("BEGIN IMMEDIATE");
        try
        {
            var result = work();
            Run("COMMIT");
            return result;
        }
        catch
        {
            // Some errors, as of a full disk, have ended it already.
            if (raw.sqlite3_get_autocommit(connection) == 0)
                Run("ROLLBACK");
            throw;
        }
    }

    public void Dispose() => connection.Dispose();

    private sqlite3_stmt Prepare(ReadOnlySpan<byte> sql, out ReadOnlySpan<byte> rest)
    {
        Check(raw.sqlite3_prepare_v2(connection, sql, out var statement, out rest));
        return statement;
    }

    private void Bind(sqlite3_stmt statement, ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (raw.sqlite3_bind_parameter_count(statement) != values.Length)
            throw new ArgumentException($"The statement has {raw.sqlite3_bind_parameter_count(statement)} names, and there are {values.Length} values.", nameof(values));
        foreach (var (name, value) in values)
        {
            var index = raw.sqlite3_bind_parameter_index(statement, name);
            if (index == 0)
                throw new ArgumentException($"The statement has no {name}.", nameof(values));
            Check(value switch
            {
                null => raw.sqlite3_bind_null(statement, index),
                int number => raw.sqlite3_bind_int64(statement, index, number),
                long number => raw.sqlite3_bind_int64(statement, index, number),
                string text => raw.sqlite3_bind_text(statement, index, text),
                byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(statement, index, 0),
                byte[] bytes => raw.sqlite3_bind_blob(statement, index, bytes),
                _ => throw new ArgumentException($"{name} is a {value.GetType().Name}, which is none of SQLite's.", nameof(values)),
            });
        }
    }

    private bool Step(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW)
            return true;
        if (result != raw.SQLITE_DONE)
            throw Refused(result);
        return false;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw Refused(result);
    }

    private SqliteException Refused(int code) => new(code, $"SQLite: {raw.sqlite3_errmsg(connection).utf8_to_string()} ({code}).");
}
