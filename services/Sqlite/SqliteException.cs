namespace Sqlite;

/// <summary>SQLite refuses, in its own words.</summary>
/// <param name="code">Its result code, the extended one: https://sqlite.org/rescode.html. Zero where there is none.</param>
/// <param name="message">What it says.</param>
/// <param name="inner">Why, where .NET knows.</param>
public sealed class SqliteException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;
}
