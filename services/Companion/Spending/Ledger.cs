using System.Globalization;
using Companion.State;

namespace Companion.Spending;

/// <summary>The month's money is used up.</summary>
internal sealed class LimitReachedException(decimal limit, DateTimeOffset until)
    : Exception($"The limit of ${limit:0.00} a month is reached.")
{
    public decimal Limit { get; } = limit;

    /// <summary>The first instant of the next month, UTC.</summary>
    public DateTimeOffset Until { get; } = until;
}

/// <summary>
/// What was spent in each month (UTC), on the disk. A request reserves the most that it may cost before it is sent, and settles for what
/// it did cost: so many requests at once cannot pass the limit together, and one that was cut by a crash counts in full.
/// </summary>
internal sealed class Ledger
{
    private const decimal Nano = 1_000_000_000;
    private readonly Database database;
    private readonly decimal? limit;
    private readonly TimeProvider time;

    public Ledger(Database database, decimal? limit, TimeProvider time)
    {
        (this.database, this.limit, this.time) = (database, limit, time);
        database.Transact(() =>
        {
            foreach (var (month, cost) in database.Query("SELECT month, nanodollars FROM reserved", row => (row.GetString(0), row.GetInt64(1))))
                Add(month, cost);
            database.Execute("DELETE FROM reserved");
        });
    }

    /// <summary>US dollars spent in the current month, not counting what is under way.</summary>
    public decimal SpentThisMonth => Sum("SELECT nanodollars FROM spent WHERE month = $month");

    /// <summary>Sets money aside for one request.</summary>
    /// <returns>What to settle with.</returns>
    /// <exception cref="LimitReachedException">It might pass the limit.</exception>
    public long Reserve(decimal most)
    {
        long id = 0;
        database.Transact(() =>
        {
            var underWay = Sum("SELECT COALESCE(SUM(nanodollars), 0) FROM reserved WHERE month = $month");
            if (limit is { } money && SpentThisMonth + underWay + most > money)
                throw new LimitReachedException(money, NextMonth());
            id = database.Query("INSERT INTO reserved (month, nanodollars) VALUES ($month, $cost) RETURNING id", row => row.GetInt64(0),
                ("$month", Month()), ("$cost", Nanodollars(most)))[0];
        });
        return id;
    }

    /// <summary>Books what the request did cost, in the month in which it was sent.</summary>
    public void Settle(long reservation, decimal cost) => database.Transact(() =>
    {
        foreach (var month in database.Query("DELETE FROM reserved WHERE id = $id RETURNING month", row => row.GetString(0), ("$id", reservation)))
            Add(month, Nanodollars(cost));
    });

    private void Add(string month, long nanodollars) => database.Execute("""
        INSERT INTO spent (month, nanodollars) VALUES ($month, $cost)
        ON CONFLICT (month) DO UPDATE SET nanodollars = nanodollars + excluded.nanodollars
        """, ("$month", month), ("$cost", nanodollars));

    private decimal Sum(string sql) => database.Query(sql, row => row.GetInt64(0), ("$month", Month())).Sum() / Nano;

    private string Month() => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    private DateTimeOffset NextMonth()
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
    }

    private static long Nanodollars(decimal dollars) => (long)decimal.Ceiling(dollars * Nano);
}
