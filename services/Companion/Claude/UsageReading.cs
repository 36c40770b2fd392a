namespace Companion.Claude;

/// <summary>Reads the API's count of tokens.</summary>
internal static class UsageReading
{
    public static Spending.Usage Of(Anthropic.Models.Messages.Usage usage)
    {
        var written = usage.CacheCreationInputTokens ?? 0;
        var hour = usage.CacheCreation?.Ephemeral1hInputTokens ?? 0;
        return new Spending.Usage
        {
            InputTokens = usage.InputTokens,
            OutputTokens = usage.OutputTokens,
            CacheReadTokens = usage.CacheReadInputTokens ?? 0,
            CacheWriteTokens = Math.Max(written - hour, 0),
            LongCacheWriteTokens = hour,
            WebSearches = usage.ServerToolUse?.WebSearchRequests ?? 0,
        };
    }
}
