using System.Text.Json;
using System.Text.Json.Nodes;
using Markdig;

namespace Companion.Matrix;

/// <summary>The contents of the events that the assistant writes (specification v1.11: threading, event replacements, mentions).</summary>
internal static class MessageContent
{
    /// <summary>
    /// Of the text and its HTML together, as they are written in JSON, where a picture character has twelve bytes: an encrypted event is a third
    /// longer, and has 65,536 bytes at most.
    /// </summary>
    private const int MostWritten = 44_000;

    // Tags in what the model writes are text, not markup.
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseEmphasisExtras().UseAutoLinks().DisableHtml().Build();

    /// <summary>An answer in the thread of <paramref name="question"/>.</summary>
    public static JsonObject Answer(RoomEvent question, string markdown, bool isNotice = false)
    {
        var content = Body(markdown, isNotice);
        content["m.mentions"] = new JsonObject { ["user_ids"] = new JsonArray(question.Sender) };
        content["m.relates_to"] = new JsonObject
        {
            ["rel_type"] = "m.thread",
            ["event_id"] = question.ThreadRoot,
            ["m.in_reply_to"] = new JsonObject { ["event_id"] = question.EventId },
            ["is_falling_back"] = true,
        };
        return content;
    }

    /// <summary>What replaces the answer <paramref name="eventId"/>. It mentions nobody a second time.</summary>
    public static JsonObject Edit(RoomEvent question, string eventId, string markdown, bool isNotice = false)
    {
        var content = Body("", isNotice);
        // Clients without edits show this; the whole text twice would halve what fits into an event.
        content["body"] = $"* {(markdown.Length > 200 ? markdown[..200] + "…" : markdown)}";
        content.Remove("format");
        content.Remove("formatted_body");
        var replacement = Body(markdown, isNotice);
        replacement["m.mentions"] = new JsonObject { ["user_ids"] = new JsonArray(question.Sender) };
        content["m.new_content"] = replacement;
        content["m.mentions"] = new JsonObject();
        content["m.relates_to"] = new JsonObject { ["rel_type"] = "m.replace", ["event_id"] = eventId };
        return content;
    }

    private static JsonObject Body(string markdown, bool isNotice)
    {
        var html = Html(markdown);
        var content = new JsonObject { ["msgtype"] = isNotice ? "m.notice" : "m.text", ["body"] = markdown };
        // A plain paragraph needs no second form, and an event has no room for one that markup makes many times as long.
        if (html is not null && html != $"<p>{markdown}</p>" && Written(markdown) + Written(html) <= MostWritten)
        {
            content["format"] = "org.matrix.custom.html";
            content["formatted_body"] = html;
        }
        return content;
    }

    // Nobody writes hundreds of quotes within quotes, but a model may be asked to.
    private static string? Html(string markdown)
    {
        try
        {
            return Markdown.ToHtml(markdown, Pipeline).Trim();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static int Written(string text) => JsonEncodedText.Encode(text, MatrixClient.Compact.Encoder).EncodedUtf8Bytes.Length;
}
