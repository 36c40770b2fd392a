using Companion.Spending;
using Companion.State;

namespace Companion.Tests;

/// <summary>What a request costs, and what a month may cost.</summary>
public sealed class SpendingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SettableTime time = new();
    private readonly PriceList prices = PriceList.Read(null, []);

    public void Dispose() => folder.Dispose();

    [Theory]
    // model, input, output, read, written, written for an hour, searches, dollars
    [InlineData("claude-sonnet-5-5", 1_000_000, 0, 0, 0, 0, 0, "2")]
    [InlineData("claude-sonnet-5-5", 0, 1_000_000, 0, 0, 0, 0, "10")]
    [InlineData("claude-sonnet-5-5", 0, 0, 1_000_000, 0, 0, 0, "0.1")]
    [InlineData("claude-sonnet-5-5", 0, 0, 0, 1_000_000, 0, 0, "2.5")]
    [InlineData("claude-sonnet-5-5", 0, 0, 0, 0, 1_000_000, 0, "4")]
    [InlineData("claude-sonnet-5-5", 0, 0, 0, 0, 0, 3, "0.03")]
    [InlineData("claude-sonnet-5-5", 1234, 567, 8901, 234, 0, 1, "0.0196131")]
    [InlineData("claude-haiku-5-5", 100_000, 1000, 0, 0, 0, 0, "0.0105")]
    [InlineData("claude-haiku-5-5", 100_001, 1000, 0, 0, 0, 0, "0.0525005")] // a long prompt makes all of it dearer
    [InlineData("claude-haiku-5-5", 1, 0, 100_000, 0, 0, 0, "0.0050005")] // what comes from the cache counts for its length
    [InlineData("claude-sonnet-4-5-20250929", 1_000_000, 0, 0, 0, 0, 0, "3")]
    public void A_request_costs_what_the_list_says(string model, long input, long output, long read, long written, long hour, long searches, string dollars)
    {
        var usage = new Usage
        {
            InputTokens = input,
            OutputTokens = output,
            CacheReadTokens = read,
            CacheWriteTokens = written,
            LongCacheWriteTokens = hour,
            WebSearches = searches,
        };

        Assert.Equal(decimal.Parse(dollars), prices.Cost(prices.Find(model)!, usage));
    }

    [Fact]
    public void Prices_of_ones_own_add_models_and_replace_them()
    {
        var problems = new List<string>();
        var own = PriceList.Read("""
            {"models": {"my-model": {"input": 1, "output": 2, "cache_read": 0.1, "cache_write": 1, "cache_write_1h": 1}}, "web_search": 0.02}
            """, problems);

        Assert.Empty(problems);
        Assert.Equal(2, own.Find("my-model")!.Rates.Output);
        Assert.Equal(0.02m, own.WebSearch);
        Assert.NotNull(own.Find("claude-sonnet-5-5"));
        Assert.Null(own.Find("claude-unknown"));
    }

    [Fact]
    public void A_price_that_is_none_is_said()
    {
        var problems = new List<string>();
        PriceList.Read("""{"models": {"m": {"input": "two", "output": 2, "cache_read": -1, "cache_write": 1, "cache_write_1h": 1}}}""", problems);

        Assert.Equal(2, problems.Count);
        Assert.Contains("m: \"input\"", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_might_pass_the_limit_is_refused_until_the_next_month()
    {
        using var database = Open();
        var ledger = new Ledger(database, limit: 1.00m, time);
        ledger.Settle(ledger.Reserve(0.5m), 0.75m);

        var refused = Assert.Throws<LimitReachedException>(() => ledger.Reserve(0.26m));
        var fits = ledger.Reserve(0.25m);

        Assert.Equal(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), refused.Until);
        ledger.Settle(fits, 0.25m);
        Assert.Equal(1.00m, ledger.SpentThisMonth);

        time.Now = new DateTimeOffset(2026, 12, 31, 23, 59, 59, TimeSpan.Zero);
        Assert.Throws<LimitReachedException>(() => ledger.Reserve(0.01m));
        time.Now = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(0, ledger.SpentThisMonth);
        ledger.Reserve(0.01m);
    }

    [Fact]
    public void Many_requests_at_once_cannot_pass_the_limit_together()
    {
        using var database = Open();
        var ledger = new Ledger(database, limit: 1.00m, time);
        var granted = 0;

        Parallel.For(0, 100, _ =>
        {
            try
            {
                ledger.Reserve(0.1m);
                Interlocked.Increment(ref granted);
            }
            catch (LimitReachedException)
            {
                // As it should be.
            }
        });

        Assert.Equal(10, granted);
    }

    [Fact]
    public void A_request_that_a_crash_cut_off_counts_in_full()
    {
        using (var database = Open())
            new Ledger(database, limit: 1.00m, time).Reserve(0.4m);

        using var again = Open();
        Assert.Equal(0.4m, new Ledger(again, limit: 1.00m, time).SpentThisMonth);
        Assert.Equal(0.4m, new Ledger(again, limit: 1.00m, time).SpentThisMonth);
    }

    [Fact]
    public void A_request_belongs_to_the_month_in_which_it_was_sent()
    {
        using var database = Open();
        var ledger = new Ledger(database, limit: null, time);
        var sent = ledger.Reserve(0);
        time.Now = time.Now.AddMonths(1);

        ledger.Settle(sent, 0.3m);

        Assert.Equal(0, ledger.SpentThisMonth);
    }

    private Database Open() => Database.Open(Path.Combine(folder.Path, "companion.db"));
}
