using Anthropic.Models.Messages;

namespace Companion.Claude;

/// <summary>Where on the web an answer is from, for its end: who reads it sees nothing of what the model has found. Pure.</summary>
internal static class Sources
{
    private const int Most = 10;

    /// <summary>The pages that the text cites, each once, as links in Markdown; empty where there are none.</summary>
    public static string Of(IEnumerable<ModelReply> replies)
    {
        var links = from reply in replies
                    from block in reply.Blocks
                    from citation in block.TryPickText(out var text) ? text.Citations ?? [] : []
                    select citation.TryPickCitationsWebSearchResultLocation(out var page) ? Link(page) : null;
        var found = links.OfType<string>().Distinct().Take(Most).ToList();
        return found.Count > 0 ? $"\n\nSources: {string.Join(", ", found)}" : "";
    }

    // What comes from the web must not end the link before its end.
    private static string? Link(CitationsWebSearchResultLocation page) =>
        Uri.TryCreate(page.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? $"[{(page.Title is { Length: > 0 } title ? string.Concat(title.Select(Plain)).Trim() : url.Host)}]({url.AbsoluteUri.Replace("(", "%28").Replace(")", "%29")})"
            : null;

    private static char Plain(char one) => one is '[' or ']' or '\\' or '`' or '*' or '_' or '<' || char.IsControl(one) ? ' ' : one;
}
