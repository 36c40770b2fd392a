using System.Text.Json;
using Anthropic.Models.Messages;
using Companion.Conversation;
using Companion.Settings;
using Companion.Tools;

namespace Companion.Claude;

/// <summary>Composes requests. Pure: the same conversation gives the same bytes, which is what the API's cache needs.</summary>
internal static class Requests
{
    private const int MostSearches = 5;

    /// <summary>What one search is taken to bring at most, in tokens; the API names no bound.</summary>
    private const int TokensOfSearch = 10_000;

    public static MessageCreateParams Of(
        ClaudeSettings claude, bool webSearch, IReadOnlyList<ToolDescription> tools, IEnumerable<Turn> history, string question,
        IReadOnlyList<Round> rounds, bool mayUseTools)
    {
        var messages = new List<MessageParam>();
        foreach (var turn in history)
        {
            messages.Add(new UserMessageParam(turn.Question));
            messages.Add(new AssistantMessageParam(turn.Answer));
        }
        // Everything up to the question is read from the cache in the next round, and in the next turn.
        messages.Add(new UserMessageParam(new MessageContentParam([new TextBlockParam(question) { CacheControl = new() }], null)));
        foreach (var round in rounds)
        {
            messages.Add(round.Reply.AsMessage);
            if (round.Results.Count > 0)
                messages.Add(Results(round, isLast: round == rounds[^1]));
        }
        var all = tools.Select(tool => (ToolUnion)new Tool
        {
            Name = tool.Name,
            Description = tool.Description,
            InputSchema = InputSchema.FromRawUnchecked(tool.Schema.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value)),
        }).ToList();
        if (webSearch)
            all.Add(new WebSearchTool20250305 { MaxUses = MostSearches });
        var request = new MessageCreateParams
        {
            Model = claude.Model,
            MaxTokens = claude.MaxTokens,
            System = new List<TextBlockParam> { new(claude.SystemPrompt) { CacheControl = new() } },
            Messages = messages,
        };
        if (all.Count > 0)
            request = request with { Tools = all };
        return all.Count > 0 && !mayUseTools ? request with { ToolChoice = new ToolChoiceNone() } : request;
    }

    // What tools gave may be long, and is read again in each round that follows: the last of it is where the cache ends.
    private static UserMessageParam Results(Round round, bool isLast) => new(new MessageContentParam(
        [.. round.Results.Select(result => new ContentBlockParam(isLast && result == round.Results[^1] ? result with { CacheControl = new() } : result))], null));

    /// <summary>The most dollars that a request may cost: all of it written to the cache, and an answer of full length.</summary>
    public static decimal MostCost(MessageCreateParams request, Spending.PriceList prices, Spending.ModelPrice price)
    {
        // A token is at least two bytes of the request's JSON on average, even where each character is one.
        var prompt = JsonSerializer.SerializeToUtf8Bytes(request.RawBodyData).Length / 2;
        var searches = request.Tools?.Any(tool => tool.TryPickWebSearchTool20250305(out _)) == true ? MostSearches : 0;
        return MostCost(prompt, searches, request.MaxTokens, prices, price);
    }

    /// <summary>The same of a request that says nothing: a limit below that allows no answer at all.</summary>
    public static decimal LeastReserve(ClaudeSettings claude, bool mayUseWebSearch, Spending.PriceList prices, Spending.ModelPrice price) =>
        MostCost(0, mayUseWebSearch ? MostSearches : 0, claude.MaxTokens, prices, price);

    // Within one request the model reads all of it again after each search, and what the searches before have brought.
    private static decimal MostCost(int prompt, int searches, long answer, Spending.PriceList prices, Spending.ModelPrice price) =>
        prices.Cost(price, new Spending.Usage
        {
            CacheWriteTokens = prompt * (searches + 1) + TokensOfSearch * searches * (searches + 1) / 2,
            OutputTokens = answer,
            WebSearches = searches,
        });
}
