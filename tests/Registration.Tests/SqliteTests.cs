using Registration.Tests.Harness;
using Sqlite;
using Xunit;

namespace Registration.Tests;

public sealed class SqliteTests
{
    private static readonly byte[] Bytes = [0, 1, 255];

    [Fact]
    public void What_is_written_is_read_again()
    {
        using var folder = new TemporaryFolder();
        using var file = SqliteFile.Open(Path.Combine(folder.Path, "a.db"));
        Assert.Equal(0, file.Run("CREATE TABLE t (a TEXT, b INTEGER, c BLOB) STRICT; -- nothing else\n"));
        Assert.Equal(1, file.Run("INSERT INTO t VALUES ($a, $b, $c)", ("$c", Bytes), ("$a", "ü'\U0001F600"), ("$b", long.MinValue)));
        Assert.Equal(1, file.Run("INSERT INTO t VALUES ($a, $b, $c)", ("$a", ""), ("$b", 7), ("$c", Array.Empty<byte>())));
        Assert.Equal(1, file.Run("INSERT INTO t VALUES ($a, $b, $c)", ("$a", null), ("$b", null), ("$c", null)));
        Assert.Equal(
            [("ü'\U0001F600", long.MinValue, "0001ff"), ("", 7, ""), (null, null, null)],
            file.Rows(row => (row.StringOrNull(0), row.Int64OrNull(1), row.IsNull(2) ? null : Convert.ToHexStringLower(row.GetBytes(2))), "SELECT * FROM t"));
        Assert.Throws<InvalidOperationException>(() => file.Rows(row => row.GetString(0), "SELECT NULL"));
        Assert.Throws<OverflowException>(() => file.Rows(row => row.GetInt32(0), "SELECT 4294967296"));
    }

    [Fact]
    public void A_transaction_that_fails_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var file = SqliteFile.Open(Path.Combine(folder.Path, "a.db"));
        file.Run("CREATE TABLE t (a INTEGER PRIMARY KEY)");
        var error = Assert.Throws<SqliteException>(() => file.Transact(() => file.Run("INSERT INTO t VALUES (1)") + file.Run("INSERT INTO t VALUES (1)")));
        Assert.Contains("UNIQUE constraint failed: t.a", error.Message);
        Assert.Equal(2, file.Transact(() => file.Run("INSERT INTO t VALUES (1), (2)")));
        Assert.Equal([1, 2], file.Rows(row => row.GetInt64(0), "SELECT a FROM t ORDER BY a"));
    }

    [Fact]
    public void What_cannot_be_meant_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "a.db");
        using var file = SqliteFile.Open(path);
        Assert.Throws<ArgumentException>(() => file.Run("SELECT $a", ("$b", 1)));
        Assert.Throws<ArgumentException>(() => file.Run("SELECT $a"));
        Assert.Throws<ArgumentException>(() => file.Run("SELECT 1", ("$a", 1)));
        Assert.Throws<ArgumentException>(() => file.Run("SELECT $a", ("$a", 1.5)));
        Assert.Contains("syntax error", Assert.Throws<SqliteException>(() => file.Run("SELEKT 1")).Message);
        File.WriteAllText($"{path}2", "this is no database, however long it may be");
        using var other = SqliteFile.Open($"{path}2");
        Assert.Contains("not a database", Assert.Throws<SqliteException>(() => other.Run("PRAGMA journal_mode = WAL")).Message);
        Assert.Contains("unable to open", Assert.Throws<SqliteException>(() => SqliteFile.Open(Path.Combine(folder.Path, "none", "a.db"))).Message);
    }
}
