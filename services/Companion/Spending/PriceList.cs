using System.Collections.Immutable;
using System.Text.Json;

namespace Companion.Spending;

/// <summary>What Anthropic's API costs, in US dollars. prices.json says of which day.</summary>
internal sealed record PriceList(ImmutableSortedDictionary<string, ModelPrice> Models, decimal WebSearch)
{
    /// <summary>The built-in list, with what <paramref name="own"/> says instead. Its problems name what is wrong.</summary>
    public static PriceList Read(string? own, List<string> problems)
    {
        using var stream = typeof(PriceList).Assembly.GetManifestResourceStream("prices.json")
            ?? throw new InvalidOperationException("prices.json is not part of the program.");
        using var builtIn = JsonDocument.Parse(stream);
        var list = Add(new PriceList(ImmutableSortedDictionary<string, ModelPrice>.Empty.WithComparers(StringComparer.Ordinal), 0),
            builtIn.RootElement, "prices.json", problems);
        if (own is null)
            return list;
        using var document = JsonDocument.Parse(own);
        return Add(list, document.RootElement, "spending.prices", problems);
    }

    /// <summary>The price of a model. A name with a date, as the API gives back, has the price of the name without.</summary>
    public ModelPrice? Find(string model) =>
        Models.TryGetValue(model, out var exact) ? exact
        : model.LastIndexOf('-') is var dash && dash > 0 && model.Length - dash == 9 && model[(dash + 1)..].All(char.IsAsciiDigit)
            ? Models.GetValueOrDefault(model[..dash])
            : null;

    public decimal Cost(ModelPrice price, Usage usage) => price.For(usage.PromptTokens).Cost(usage) + usage.WebSearches * WebSearch;

    private static PriceList Add(PriceList list, JsonElement json, string where, List<string> problems)
    {
        var models = list.Models.ToBuilder();
        foreach (var (name, entry) in json.Entries("models").Select(model => (model.Name, model.Value)))
        {
            var rates = ReadRates(entry, $"{where}: {name}", problems);
            var longRates = entry.Get("long_prompt") is { } long_ ? ReadRates(long_, $"{where}: {name}.long_prompt", problems) : null;
            if (rates is not null)
                models[name] = new ModelPrice(rates) { LongPrompt = entry.Number("long_prompt", "above_tokens"), LongRates = longRates };
        }
        var search = json.Get("web_search") is { ValueKind: JsonValueKind.Number } price ? price.GetDecimal() : list.WebSearch;
        return new PriceList(models.ToImmutable(), search);
    }

    private static Rates? ReadRates(JsonElement entry, string where, List<string> problems)
    {
        decimal? Rate(string name)
        {
            if (entry.Get(name) is { ValueKind: JsonValueKind.Number } number && number.GetDecimal() is >= 0 and <= 100_000 and var rate)
                return rate;
            problems.Add($"{where}: \"{name}\" is not a price in US dollars per million tokens.");
            return null;
        }

        return (Rate("input"), Rate("output"), Rate("cache_read"), Rate("cache_write"), Rate("cache_write_1h")) is
            ({ } input, { } output, { } read, { } write, { } hour)
            ? new Rates { Input = input, Output = output, CacheRead = read, CacheWrite = write, LongCacheWrite = hour }
            : null;
    }
}
