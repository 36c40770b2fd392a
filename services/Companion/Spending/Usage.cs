namespace Companion.Spending;

/// <summary>What one request used, as the API counts it.</summary>
internal sealed record Usage
{
    /// <summary>Neither read from the cache nor written to it.</summary>
    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    public long CacheReadTokens { get; init; }

    /// <summary>Written to the cache for five minutes.</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Written to the cache for an hour.</summary>
    public long LongCacheWriteTokens { get; init; }

    public long WebSearches { get; init; }

    /// <summary>Everything that the model read.</summary>
    public long PromptTokens => InputTokens + CacheReadTokens + CacheWriteTokens + LongCacheWriteTokens;
}
