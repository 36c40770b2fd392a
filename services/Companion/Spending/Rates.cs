namespace Companion.Spending;

/// <summary>Prices in US dollars per million tokens.</summary>
internal sealed record Rates
{
    public required decimal Input { get; init; }

    public required decimal Output { get; init; }

    public required decimal CacheRead { get; init; }

    /// <summary>Writing to the cache for five minutes.</summary>
    public required decimal CacheWrite { get; init; }

    /// <summary>Writing to the cache for an hour.</summary>
    public required decimal LongCacheWrite { get; init; }

    public decimal Cost(Usage usage) => (
        usage.InputTokens * Input
        + usage.OutputTokens * Output
        + usage.CacheReadTokens * CacheRead
        + usage.CacheWriteTokens * CacheWrite
        + usage.LongCacheWriteTokens * LongCacheWrite) / 1_000_000;
}

/// <summary>What a model costs; a longer prompt may have prices of its own.</summary>
internal sealed record ModelPrice(Rates Rates)
{
    /// <summary>Prompts of more tokens pay <see cref="LongRates"/> for all of the request.</summary>
    public long? LongPrompt { get; init; }

    public Rates? LongRates { get; init; }

    public Rates For(long promptTokens) => LongRates is { } rates && promptTokens > LongPrompt ? rates : Rates;
}
