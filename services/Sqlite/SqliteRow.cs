using SQLitePCL;

namespace Sqlite;

/// <summary>The row that a statement has come to. It is over when the next one is read; columns count from zero.</summary>
public readonly struct SqliteRow
{
    private readonly sqlite3_stmt statement;

    internal SqliteRow(sqlite3_stmt statement) => this.statement = statement;

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    /// <exception cref="InvalidOperationException">It is NULL.</exception>
    public string GetString(int column) => StringOrNull(column) ?? throw Null(column);

    /// <exception cref="InvalidOperationException">It is NULL.</exception>
    public long GetInt64(int column) => Int64OrNull(column) ?? throw Null(column);

    /// <exception cref="InvalidOperationException">It is NULL.</exception>
    /// <exception cref="OverflowException">It is larger than that.</exception>
    public int GetInt32(int column) => checked((int)GetInt64(column));

    /// <exception cref="InvalidOperationException">It is NULL.</exception>
    public byte[] GetBytes(int column) => IsNull(column) ? throw Null(column) : raw.sqlite3_column_blob(statement, column).ToArray();

    public string? StringOrNull(int column) => IsNull(column) ? null : raw.sqlite3_column_text(statement, column).utf8_to_string();

    public long? Int64OrNull(int column) => IsNull(column) ? null : raw.sqlite3_column_int64(statement, column);

    private static InvalidOperationException Null(int column) => new($"Column {column} is NULL.");
}
